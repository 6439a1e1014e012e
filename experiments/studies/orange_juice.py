"""Shares of eleven orange juice brands in 83 stores: held-out weeks, beside simpler models and the entropy floor.

A store-week is one observation, however much it sold. Figures are mean nats a store-week.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.findings import Findings, Goal, Say
from experiments.models.boosted_shares import boosted_nats
from experiments.models.store_shares import StoreWeeks, floor_nats, plain_nats, popularity_nats, share_model
from features.errors import DataError, StateError
from features.settings import Settings
from training.assortments.choice.panel import Floats
from training.assortments.choice.price import PriceData, against_shelf, ordinary, price_response
from training.drawing import SOFT, STRONG
from training.recommendations.metrics.bootstrap import summary

BEFORE = {"popularity": 2.193, "logit": 2.009, "store effects": 1.978, "entropy floor": 1.819}
"""Nats on weeks 136 to 160 as measured before."""
BOOSTED = "boosted shares"
_EPSILON = 1e-9


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Nats of each model, and the response to price three ways."""
    raw = _read(Path(str(params["path"])))
    data = store_weeks(raw, int(cast("int", params["stores"])))
    held_out = data.week >= int(cast("int", params["held_out_from"]))
    burn_in = data.week < int(cast("int", params["burn_in_until"]))
    say(f"{len(data.week)} store-weeks, {int(held_out.sum())} of them held out")
    logit = share_model(data, held_out, burn_in)
    nats = {
        "popularity": popularity_nats(data, held_out),
        "logit": plain_nats(data, held_out),
        "store shares": logit.nats,
        BOOSTED: boosted_nats(data, logit, held_out, burn_in, settings.seed),
        "entropy floor": floor_nats(data, held_out),
    }
    resamples = int(cast("int", params["resamples"]))
    table = _table(nats, data.store[held_out], resamples, settings.seed)
    say(", ".join(f"{name} {values.mean():.4f}" for name, values in nats.items()))
    say("price response")
    prices = _prices(raw, data, ~held_out & ~burn_in, settings.seed)
    most, found = float(cast("float", params["most_nats"])), float(nats[BOOSTED].mean())
    return Findings(
        headline=f"Held-out shares cost {found:.3f} nats a store-week; a plain logit {nats['logit'].mean():.3f}.",
        metrics={f"{name.replace(' ', '_')}.nats": float(values.mean()) for name, values in nats.items()},
        tables={"held-out nats": table, "price response": prices},
        figures={"held-out nats": _figure(table)},
        goals=(Goal("orange juice", f"{found:.4f} nats", f"at most {most:g}", found <= most),),
    )


def _read(path: Path) -> Mapping[str, pd.DataFrame]:
    """`yx` and `storedemo`. Raises StateError without the file, DataError where it holds something else."""
    if not path.is_file():
        raise StateError(
            f"{path} is not there: it comes with the R package bayesm. Next: `apt-get install r-cran-bayesm`, or set "
            "`path` to the file orangeJuice.rda."
        )
    import rdata

    found = cast("Mapping[str, Any]", rdata.read_rda(str(path))).get("orangeJuice")
    if not isinstance(found, Mapping) or not {"yx", "storedemo"} <= set(found):
        raise DataError(f"{path} holds no `orangeJuice` with `yx` and `storedemo`. Next: take it from bayesm.")
    return found


def store_weeks(raw: Mapping[str, pd.DataFrame], stores: int) -> StoreWeeks:
    """Sorted by store and week, the first `stores` stores; demographics standardised over stores."""
    sold = raw["yx"].astype(float).sort_values(["store", "week", "brand"])
    sold = sold[sold["store"].isin(np.unique(sold["store"])[:stores])]
    brands = sold["brand"].nunique()
    people = raw["storedemo"].astype(float).set_index("STORE")
    people = (people - people.mean()) / people.std()

    def wide(column: str) -> Floats:
        return np.asarray(sold[column].to_numpy().reshape(-1, brands), dtype=np.float64)

    units = np.exp(wide("logmove"))
    store = wide("store")[:, 0]
    prices = sold[[f"price{brand}" for brand in range(1, brands + 1)]].to_numpy()[::brands]
    return StoreWeeks(
        share=units / units.sum(axis=1, keepdims=True),
        log_price=np.log(prices),
        deal=wide("deal"),
        feature=wide("feat"),
        demographics=people.reindex(pd.Index(store)).to_numpy(),
        store=store.astype(np.int64),
        week=wide("week")[:, 0].astype(np.int64),
    )


def _prices(
    raw: Mapping[str, pd.DataFrame], data: StoreWeeks, known: "np.ndarray[Any, Any]", seed: int
) -> pd.DataFrame:
    """Response of log share to log price, against the shelf: plain, by double machine learning, with cost beside it.

    Cost is price less the store's margin: it moves price, not the taste for a brand.
    """
    sold = raw["yx"].astype(float).sort_values(["store", "week", "brand"])
    sold = sold[sold["store"].isin(np.unique(data.store))]
    margin = sold["profit"].to_numpy().reshape(data.share.shape)[known]
    rows, brands = data.share[known].shape
    shelf = np.repeat(np.arange(rows), brands)
    brand = np.tile(np.arange(brands), rows)
    people = np.repeat(data.demographics[known], brands, axis=0)
    flat = [values[known].ravel() for values in (data.deal, data.feature)]
    dummies = (brand[:, None] == np.arange(brands)).astype(np.float64)
    cost = data.log_price[known] + np.log(np.maximum(1 - margin / 100, 0.05))
    observed = PriceData(
        log_units=against_shelf(np.log(data.share[known]).ravel(), shelf),
        log_price=against_shelf(data.log_price[known].ravel(), shelf),
        confounders=np.column_stack([dummies, *flat, people, np.repeat(data.week[known], brands)]),
        sku=brand,
        cluster=np.repeat(data.week[known], brands),
        instrument=against_shelf(cost.ravel(), shelf),
    )
    without = PriceData(observed.log_units, observed.log_price, observed.confounders, observed.sku, observed.cluster)
    plain, plain_error = ordinary(observed)
    rows_told = [("plain regression", plain, plain_error)]
    for name, each in (("double machine learning", without), ("with cost as instrument", observed)):
        response = price_response(each, seed)
        rows_told.append((name, response.elasticity, response.error))
    told = pd.DataFrame(rows_told, columns=["method", "response", "error"])
    told["low"], told["high"] = told["response"] - 1.96 * told["error"], told["response"] + 1.96 * told["error"]
    return told


def _table(nats: Mapping[str, Floats], store: "np.ndarray[Any, Any]", resamples: int, seed: int) -> pd.DataFrame:
    """Mean and 95 % interval, stores drawn with all their weeks."""
    stores = pd.Series(store).reset_index(drop=True)
    told = summary(pd.DataFrame(nats), stores, resamples, seed).rename_axis("model").reset_index()
    told["before"] = told["model"].replace({"store shares": "store effects"}).map(BEFORE)
    return told


def _figure(table: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(9.0, 2.6), layout="constrained")
    axes = figure.add_subplot()
    colours = [STRONG if model == BOOSTED else SOFT for model in table["model"]]
    axes.barh(table["model"], table["mean"], color=colours)
    axes.errorbar(
        table["mean"],
        range(len(table)),
        xerr=np.maximum([table["mean"] - table["low"], table["high"] - table["mean"]], _EPSILON),
        fmt="none",
        color="black",
    )
    axes.set_xlim(left=float(table["mean"].min()) - 0.1)
    axes.invert_yaxis()
    axes.set_xlabel("nats a held-out store-week, lower is better")
    axes.set_title("Shares of orange juice brands by store and week", loc="left", fontsize=10)
    return figure
