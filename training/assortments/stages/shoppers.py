"""Who shops in which store and what they take instead: the model of choice of a run, with its resamples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from training.assortments.choice.attraction import Attraction, averaged
from training.assortments.choice.classes import choose
from training.assortments.choice.latent_class import LatentClass
from training.assortments.choice.outside_share import outside_for_share
from training.assortments.choice.panel import Panel, checked
from training.assortments.choice.price import PriceData, PriceResponse, price_response
from training.assortments.choice.transfer import refitted
from training.assortments.stages.scope import Scope

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PERIOD_WEEKS = 4
"""Weeks of a situation: a store sells too little of a SKU in one to tell chance from taste."""
PERIODS = 13
MOST_CLASSES = 4
OUTSIDE_SHARES = (0.2, 0.35, 0.6)
"""Shares of visits that leave with nothing: the lowest, the one planned with, the highest. Without footfall nobody
knows; ranges are carried through to the report."""
RESAMPLES = 24
PLANNED = 4
"""Resamples that a plan is made for at once: a search finds what one model overrates, several seldom do the same."""
TRAITS = ("log_price", "display", "mailer")


@dataclass(frozen=True, slots=True, eq=False)
class Shoppers:
    """Attractions of the planned SKUs in every store.

    model     the latent classes
    planned   (S, K·PLANNED, n) the mean of the first PLANNED resamples, classes side by side, at today's prices, no
              display or mailer, the middle share of visits leaving
    low, high the same where the fewest and the most leave
    resamples (S, K, n) the attraction from resampled sales (Bayesian bootstrap over situations, Rubin 1981)
    price     what prices do; None where they hardly moved
    why_no_price  says so
    """

    model: LatentClass
    planned: Attraction
    low: Attraction
    high: Attraction
    resamples: tuple[Attraction, ...]
    price: PriceResponse | None
    why_no_price: str
    held_out: dict[int, float]


def shoppers(scope: Scope, seed: int, resamples: int = RESAMPLES) -> Shoppers:
    """Fit the classes to what stores sold in periods of four weeks, with the price response frozen."""
    seen = choices(scope)
    price, why = _price(scope, seed)
    frozen = {"log_price": min(price.elasticity, 0.0)} if price else {}
    fitted = choose(seen, most=MOST_CLASSES, frozen=frozen)
    traits = np.zeros((len(scope.skus), len(TRAITS)))
    random = np.random.default_rng([seed, 7])
    drawn = [
        refitted(fitted.model, seen.weighted(random.exponential(size=len(seen.store))), frozen=frozen)
        for _ in range(resamples)
    ]

    def left_by(share: float, models: Sequence[LatentClass]) -> list[Attraction]:
        return [one.attraction(traits, outside=outside_for_share(one, traits, scope.listed, share)) for one in models]

    each = left_by(OUTSIDE_SHARES[1], drawn)
    low, high = (averaged(left_by(share, drawn[:PLANNED])) for share in (OUTSIDE_SHARES[0], OUTSIDE_SHARES[-1]))
    held_out = {number: float(nats) for number, nats in fitted.held_out.items()}
    return Shoppers(fitted.model, averaged(each[:PLANNED]), low, high, tuple(each), price, why, held_out)


def _periods(scope: Scope) -> pd.DataFrame:
    """store, sku (codes), period, units, share (of the time on the shelf), log_price against usual, display, mailer."""
    rows = scope.panel[scope.panel["week"] < scope.cutoff.at]
    weeks = ((scope.cutoff.at - rows["week"]).dt.days - 1) // 7
    rows = rows.assign(
        store=rows["store_id"].cat.codes.to_numpy(),
        item=rows["sku"].cat.codes.to_numpy(),
        period=(weeks // PERIOD_WEEKS).to_numpy(),
        share=np.where(rows["is_listed"], rows["available_share"].fillna(1.0), 0.0),
    )
    rows = rows[rows["period"] < PERIODS]
    found = rows.groupby(["store", "item", "period"], as_index=False)[
        ["units", "share", "price", "display", "mailer"]
    ].agg({"units": "sum", "share": "mean", "price": "mean", "display": "mean", "mailer": "mean"})
    usual = scope.catalogue["price_cents"].to_numpy(dtype=float)[found["item"]] / 100
    with np.errstate(divide="ignore", invalid="ignore"):
        found["log_price"] = np.log(found["price"].to_numpy(dtype=float) / usual)
    return found.replace({"log_price": {np.inf: np.nan, -np.inf: np.nan}})


def choices(scope: Scope) -> Panel:
    """What was bought from what stood on the shelf, a situation a store and period."""
    periods = _periods(scope)
    situations, row = np.unique(periods[["store", "period"]].to_numpy(), axis=0, return_inverse=True)
    shape = (len(situations), len(scope.skus))
    column = periods["item"].to_numpy()

    def matrix(name: str) -> Floats:
        values = np.zeros(shape)
        values[row, column] = np.nan_to_num(periods[name].to_numpy(dtype=float))
        return values

    return checked(
        Panel(
            counts=matrix("units"),
            available=matrix("share") >= 0.5,
            store=situations[:, 0].astype(np.int64),
            traits=np.stack([matrix(name) for name in TRAITS], axis=2),
            trait_names=TRAITS,
            no_purchase=None,
            household=None,
            attributes=_attributes(scope.catalogue),
            covariates=_covariates(scope, periods),
        )
    )


def _attributes(catalogue: pd.DataFrame, most: int = 8) -> Floats:
    """(n, ·) brands and subcategories that several SKUs have, as 0 and 1, and the standardised log price."""
    parts = []
    for name in ("brand", "subcategory"):
        counts = catalogue[name].value_counts()
        frequent = sorted(counts[counts > 1].index[:most])
        parts += [(catalogue[name] == value).to_numpy(dtype=float) for value in frequent[1:]]
    price = np.log(np.maximum(catalogue["price_cents"].fillna(catalogue["price_cents"].median()).to_numpy(float), 1))
    parts.append(_standard(np.nan_to_num(price)))
    return np.column_stack(parts)


def _covariates(scope: Scope, periods: pd.DataFrame) -> Floats:
    """(S, 2) how much a store sells of the category, and how dear what it sells is; standardised."""
    stores = len(scope.stores)
    units = np.bincount(periods["store"], periods["units"], minlength=stores)
    price = scope.catalogue["price_cents"].fillna(0).to_numpy(dtype=float)[periods["item"]]
    level = np.bincount(periods["store"], periods["units"] * price, minlength=stores) / np.maximum(units, 1)
    return np.column_stack([_standard(np.log1p(units)), _standard(level)])


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / (values.std() or 1.0))


def _price(scope: Scope, seed: int) -> tuple[PriceResponse | None, str]:
    """The response to price, from weeks in which prices moved; None, and a sentence, where nothing can be learned.

    A row is a SKU's week over all stores: in a single store most weeks sell none, and leaving those out would hide the
    response.
    """
    rows = scope.panel[scope.panel["week"] < scope.cutoff.at]
    rows = rows[rows["is_listed"] & rows["price"].notna()].assign(item=rows["sku"].cat.codes, one=1.0)
    rows = rows.assign(week_nth=((scope.cutoff.at - rows["week"]).dt.days - 1) // 7)
    found = rows.groupby(["item", "week_nth"], as_index=False).agg(
        units=("units", "sum"), price=("price", "mean"), display=("display", "mean"), mailer=("mailer", "mean"),
        shelves=("one", "sum"),
    )  # fmt: skip
    found = found[(found["units"] > 0) & (found["price"] > 0)]
    if not len(found):
        return None, "No price is known, so that nothing is said of what a change of price would do."
    usual = found.groupby("item")[["units", "price"]].transform("mean")
    others = found.groupby("week_nth")["units"].transform("sum") - found["units"]
    data = PriceData(
        log_units=np.log(found["units"].to_numpy(dtype=float) / usual["units"].to_numpy(dtype=float)),
        log_price=np.log(found["price"].to_numpy(dtype=float) / usual["price"].to_numpy(dtype=float)),
        confounders=np.column_stack(
            [found["week_nth"], np.log1p(others), found["display"], found["mailer"], np.log(found["shelves"])]
        ),
        sku=found["item"].to_numpy(dtype=np.int64),
        cluster=found["week_nth"].to_numpy(dtype=np.int64),
    )
    try:
        return price_response(data, seed), ""
    except DataError as error:
        return None, str(error)
