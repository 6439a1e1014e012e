"""Planted demand with known truth: shoppers of one category, who come in weeks, and shelves that run empty under them.

Weeks pass in steps of six hours. A SKU is out because nobody delivered (whole weeks, as a Markov chain) or because it
sold out: deliveries come once a week, up to a level that usual demand needs. A shopper whose SKU is out takes another
with the probabilities of a multinomial logit, or walks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.panel.weeks import WEEK

Doubles = NDArray[np.float64]

STEPS = 28
DISPLAY_LIFT = 1.5
MAILER_LIFT = 1.3
ELASTICITY = -2.0
DISCOUNTS = (0.0, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted.

    units            of a middling SKU in a middling store, a week
    spread           of stores and SKUs, as standard deviations of logarithms
    shape            of the gamma noise of a pair and week: small is erratic
    undelivered      share of weeks in which a SKU is not delivered
    cover            what a delivery fills up to, in weeks of usual demand; 0: what is delivered never runs out
    outside_share    share of shoppers who take nothing although all is there: 1: nobody substitutes
    """

    stores: int = 30
    skus: int = 40
    weeks: int = 104
    units: float = 10.0
    spread: float = 0.5
    shape: float = 8.0
    undelivered: float = 0.2
    cover: float = 1.4
    outside_share: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Planted:
    """The panel that a retailer would see of it, and what really was asked for.

    panel    as of the end of the last week; every week of every pair
    demand   units that shoppers came for first, in the rows of the panel
    expected its mean, given all but chance
    cutoff   the first instant after the last week
    """

    panel: pd.DataFrame
    demand: Doubles
    expected: Doubles
    cutoff: Cutoff

    @property
    def out_share(self) -> float:
        """Share of shelf time in which a SKU was out."""
        return float(1 - self.panel["available_share"].mean())


def planted(plan: Plan, cutoff: Cutoff) -> Planted:
    """Shops of a plan whose last week ends at the cutoff. Same plan, same shops."""
    rng = np.random.default_rng(plan.seed)
    shape = (plan.stores, plan.skus, plan.weeks)
    discount = rng.choice(DISCOUNTS, p=(0.84, 0.1, 0.06), size=shape[1:])
    display, mailer = ((rng.random(shape[1:]) < 0.4) * (discount > 0) for _ in range(2))
    level = plan.units * np.exp(
        rng.normal(0, plan.spread, (plan.stores, 1)) + rng.normal(0, plan.spread, (1, plan.skus))
        + rng.normal(0, plan.spread / 2, shape[:2])
    )  # fmt: skip
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(plan.weeks) / 52) + rng.normal(0, 0.04, plan.weeks)
    lift = (1 - discount) ** ELASTICITY * np.where(display, DISPLAY_LIFT, 1) * np.where(mailer, MAILER_LIFT, 1)
    expected = level[:, :, None] * season * lift
    rate = expected * rng.gamma(plan.shape, 1 / plan.shape, shape)
    is_delivered = _delivered(plan, rng)
    units, demand, available = _sold(plan, rate, level, is_delivered, rng)
    price = rng.uniform(2, 6, plan.skus)
    panel = _panel(plan, cutoff, units, available, price[:, None] * (1 - discount))
    panel["list_price"] = np.broadcast_to(price[:, None], shape).astype(np.float32).ravel()
    panel["display"] = np.broadcast_to(display, shape).astype(np.float32).ravel()
    panel["mailer"] = np.broadcast_to(mailer, shape).astype(np.float32).ravel()
    return Planted(panel[list(_COLUMNS)], demand.ravel(), expected.ravel(), cutoff)


_COLUMNS = (
    *("store_id", "sku", "week", "units", "available_share", "price", "list_price", "display", "mailer"),
    *("is_listed", "event"),
)


def _delivered(plan: Plan, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(stores, SKUs, weeks): outages of two weeks on average."""
    ends, share = 0.5, plan.undelivered
    begins = ends * share / max(1 - share, 1e-9)
    draws = rng.random((plan.stores, plan.skus, plan.weeks))
    out = np.zeros(draws.shape, dtype=bool)
    out[:, :, 0] = draws[:, :, 0] < share
    for week in range(1, plan.weeks):
        out[:, :, week] = np.where(out[:, :, week - 1], draws[:, :, week] >= ends, draws[:, :, week] < begins)
    return ~out


def _sold(
    plan: Plan, rate: Doubles, level: Doubles, is_delivered: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Doubles, Doubles, Doubles]:
    """Units sold, units asked for first, and the share of the week on the shelf, each (stores, SKUs, weeks)."""
    units, demand, available = (np.zeros(rate.shape) for _ in range(3))
    filled = np.maximum(np.ceil(plan.cover * level), 1) if plan.cover else np.full(level.shape, np.inf)
    for week in range(plan.weeks):
        stock = np.where(is_delivered[:, :, week], filled, 0.0)
        weights = rate[:, :, week]
        nothing = weights.sum(axis=1) * plan.outside_share / max(1 - plan.outside_share, 1e-12)
        for _ in range(STEPS):
            asked = rng.poisson(weights / STEPS).astype(float)
            there = stock > 0
            demand[:, :, week] += asked
            wanted = np.where(there, asked, 0.0)
            if plan.outside_share < 1:
                wanted += _taken_instead(asked, there, weights, nothing, rng)
            sold = np.minimum(wanted, stock)
            # of n shoppers at even chances of the step's instants, the stock-th comes after stock / (n + 1) of it
            lasted = np.where(wanted >= stock, stock / (wanted + 1), 1.0) if plan.cover else np.ones(stock.shape)
            available[:, :, week] += there * lasted / STEPS
            stock -= sold
            units[:, :, week] += sold
    return units, demand, available


def _taken_instead(
    asked: Doubles, there: NDArray[np.bool_], weights: Doubles, nothing: Doubles, rng: np.random.Generator
) -> Doubles:
    """Units of what is there that shoppers took because what they came for was out."""
    left = (asked * ~there).sum(axis=1).astype(int)
    attraction = np.column_stack([weights * there, nothing])
    chances = attraction / attraction.sum(axis=1, keepdims=True)
    return rng.multinomial(left, chances)[:, :-1].astype(float)


def _panel(plan: Plan, cutoff: Cutoff, units: Doubles, available: Doubles, price: Doubles) -> pd.DataFrame:
    stores, skus, weeks = (np.arange(count) for count in units.shape)
    store, sku, week = (grid.ravel() for grid in np.meshgrid(stores, skus, weeks, indexing="ij"))
    starts = np.datetime64(cutoff.at, "us") + (weeks - plan.weeks) * np.timedelta64(WEEK)
    return pd.DataFrame(
        {
            "store_id": pd.Categorical.from_codes(store, categories=pd.Index([f"store-{n:04}" for n in stores])),
            "sku": pd.Categorical.from_codes(sku, categories=pd.Index([f"sku-{n:04}" for n in skus])),
            "week": starts[week],
            "units": units.astype(np.float32).ravel(),
            "available_share": available.astype(np.float32).ravel(),
            "price": np.broadcast_to(price, units.shape).astype(np.float32).ravel(),
            "is_listed": True,
            "event": pd.Categorical.from_codes(np.full(units.size, -1), categories=pd.Index([], dtype=object)),
        }
    )
