"""How good forecasts of real sales are, by category and store tier, against what anyone could make.

Complete Journey is a panel of 2,469 households, not all that stores sold: a store sells a SKU to them once in ten weeks
or less, so that nobody forecasts single store-SKU-weeks well, and intervals of whole units cover more than 80 %. Models
are judged there all the same, and on sums: SKUs of the chain and store tiers, where AutoETS can be fitted too (on most
store-SKU series it sees nothing but zeros). Its 53 weeks hold no second year: "seasonal naive" is the last week. The
cutoffs lie one horizon apart at the end of the year; settings were chosen on the weeks before September. Bias stands
beside WMAPE: a sum can be off by a level that its rows hide.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.findings import Findings, Goal, Say
from experiments.models.totals import entering_shares
from experiments.studies.demand_figures import calibration, forecast_against_truth
from features.clock import Cutoff
from features.engine import session
from features.errors import UserError
from features.panel.panel import panel
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from training.assortments.demand.backtest import Forecast, backtest, store_tiers, unforeseen
from training.assortments.demand.baselines import moving_average, seasonal_naive
from training.assortments.demand.forecast import forecast
from training.assortments.demand.scores import added_up, calibration_curve, point_scores, scores

TOP_SKUS = 20
SUMS = {"SKU in the chain": ["sku"], "store tier": ["tier"], "category": []}


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Params: categories (joined by |), cutoffs, horizon_weeks, ends, stores (0: all), has_plan, seed."""
    warehouse = Warehouse.open(settings)
    horizon, ends = int(str(params["horizon_weeks"])), Cutoff.parse(str(params["ends"]))
    cutoffs = [ends.minus_days(7 * horizon * nth) for nth in range(int(str(params["cutoffs"])), 0, -1)]
    categories = [name.strip() for name in str(params["categories"]).split("|") if name.strip()]
    if not categories or not cutoffs:
        raise UserError("demand: categories or cutoffs is empty. Next: name categories, joined by |, and one cutoff.")
    judged, sums, left_out = [], [], []
    for category in categories:
        say(f"{category}: {len(cutoffs)} cutoffs")
        rows, added, missed = _of_category(settings, warehouse, category, cutoffs, ends, params)
        judged.append(rows.assign(category=category))
        sums.append(added.assign(category=category))
        left_out.append({"category": category, "unforeseen": missed})
    return _findings(pd.concat(judged, ignore_index=True), pd.concat(sums, ignore_index=True), pd.DataFrame(left_out))


def _of_category(
    settings: Settings,
    warehouse: Warehouse,
    category: str,
    cutoffs: list[Cutoff],
    ends: Cutoff,
    params: Mapping[str, object],
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Judged rows, judged sums, and the share of units of pairs that nobody knew at the cutoff."""
    horizon, most = int(str(params["horizon_weeks"])), int(str(params["stores"]))
    plan_weeks = horizon if params["has_plan"] else 0
    with session() as connection:
        truth = panel(connection, warehouse.folder, ends, category=category)
        stores = None
        if most:
            before = truth[truth["week"] < np.datetime64(cutoffs[0].at)]
            stores = [str(store) for store in store_tiers(before).index[-most:]]
            truth = truth[truth["store_id"].isin(stores)]
        panels = {
            cutoff: panel(connection, warehouse.folder, cutoff, category=category, stores=stores, plan_weeks=plan_weeks)
            for cutoff in cutoffs
        }
    models: dict[str, Forecast] = {
        "model": lambda known, at, weeks, seed: forecast(known, at, weeks, seed, threads=settings.threads),
        "moving average": moving_average,
        "seasonal naive": seasonal_naive,
    }
    rows = backtest(panels.__getitem__, truth, cutoffs, horizon, models, int(str(params["seed"])))
    added = pd.concat(
        [_sums(rows[rows["cutoff"] == cutoff.at], panels[cutoff], truth, cutoff, horizon) for cutoff in cutoffs]
    )
    return rows, added, float(np.mean([unforeseen(rows, truth, cutoff, horizon) for cutoff in cutoffs]))


def _sums(rows: pd.DataFrame, known: pd.DataFrame, truth: pd.DataFrame, cutoff: Cutoff, horizon: int) -> pd.DataFrame:
    """All sales of SKUs, tiers and the category in a week: what came and what each model and AutoETS forecast.

    Models speak of known pairs; their sums are raised by what pairs entering later sold in weeks before the cutoff, of
    the same SKU or tier.
    """
    tiers = store_tiers(known[known["units"].notna()])
    history, came = (_with_tier(table, tiers) for table in (known[known["units"].notna()], truth))
    entered = rows.assign(sku=rows["sku"].astype(object), tier=rows["tier"].fillna("small"))
    weeks = pd.DatetimeIndex(np.sort(rows["week"].unique()))
    top = history.groupby("sku")["units"].sum().sort_values(ascending=False, kind="stable").index[:TOP_SKUS]
    found = []
    for level, keys in SUMS.items():
        tables = [table[table["sku"].isin(top)] if "sku" in keys else table for table in (history, came, entered)]
        past, after, forecasts = tables
        shares = entering_shares(history, cutoff, horizon, keys)
        forecasts = forecasts.merge(shares, on=[*keys, "horizon"], how="left")
        forecasts["mean"] /= 1 - forecasts["share"].fillna(0.0)
        outcome = after[after["week"].isin(weeks)].groupby([*keys, "week"])["units"].sum().rename("came")
        added = added_up(forecasts, ["model", *keys, "week"]).drop(columns="units")
        ets = _auto_ets(past, keys, weeks).assign(model="AutoETS")
        both = pd.concat([added, ets], ignore_index=True).merge(outcome.reset_index(), on=[*keys, "week"], how="left")
        found.append(both.assign(units=both["came"].fillna(0), level=level, cutoff=cutoff.at))
    return pd.concat(found, ignore_index=True)[["level", "model", "cutoff", "week", "units", "mean"]]


def _with_tier(table: pd.DataFrame, tiers: pd.Series) -> pd.DataFrame:
    """With the tier of the store; one that sold nothing before the cutoff is small."""
    plain = table[["store_id", "sku", "week", "units", "is_listed"]].astype({"store_id": object, "sku": object})
    return plain.assign(tier=plain["store_id"].map(tiers).fillna("small"))


def _auto_ets(past: pd.DataFrame, keys: list[str], weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """AutoETS without a season (a year's season needs two years) on each series: the keys, week and mean."""
    from statsforecast.models import AutoETS

    every = pd.DatetimeIndex(np.sort(past["week"].unique()))
    grouped = past.assign(chain="all").groupby(keys or ["chain"])
    found = []
    for key, rows in grouped:
        series = rows.groupby("week")["units"].sum().reindex(every, fill_value=0.0).to_numpy(dtype=np.float64)
        mean = np.maximum(_fitted(AutoETS(season_length=1), series, len(weeks)), 0.0)
        names = dict(zip(keys, key, strict=False))  # the chain has no key
        found.append(pd.DataFrame({**names, "week": weeks, "mean": mean}))
    return pd.concat(found, ignore_index=True)


def _fitted(model: object, series: NDArray[np.float64], weeks: int) -> NDArray[np.float64]:
    made = model.forecast(y=series, h=weeks)  # type: ignore[attr-defined]  # statsforecast's models are untyped
    return np.asarray(made["mean"], dtype=np.float64)


def _findings(judged: pd.DataFrame, sums: pd.DataFrame, left_out: pd.DataFrame) -> Findings:
    models = scores(judged, ["model"])
    added = point_scores(sums, ["level", "model"])
    by_model = models.set_index("model")
    metrics = {
        f"{name}.{figure}": float(by_model[figure].loc[name])
        for name in by_model.index
        for figure in ("wmape", "bias", "pinball", "coverage")
    }
    loss, covered = metrics["model.pinball"], metrics["model.coverage"]
    best = float(by_model["pinball"].drop("model").min())
    wmape, bias = (added.pivot_table(index="level", columns="model", values=name) for name in ("wmape", "bias"))
    for level, name in ((level, name) for level in SUMS for name in wmape.columns):
        metrics |= {f"{level}.{name}.wmape": wmape[name].loc[level], f"{level}.{name}.bias": bias[name].loc[level]}
    ours, simple = wmape["model"], wmape.drop(columns="model").min(axis=1)
    told = "; ".join(
        f"{what} {ours[level]:.1%} (bias {bias['model'].loc[level]:+.1%}), best simple {simple[level]:.1%}"
        for level, what in (("SKU in the chain", "of a SKU's week in the chain"), ("category", "of a category's"))
    )
    headline = f"Pinball loss {loss:.3f} of mean sales, best simple forecast {best:.3f}; WMAPE {told}."
    whole, least = float(ours["category"]), float(simple["category"])
    goals = (
        Goal("pinball loss below simple forecasts", f"{loss:.3f}", f"< {best:.3f}", loss < best),
        Goal("80 % intervals cover", f"{covered:.1%}", "76 % or more", covered >= 0.76),
        Goal("WMAPE of a category's week", f"{whole:.1%}", f"best simple forecast, {least:.1%}", whole <= least),
    )
    return Findings(
        headline,
        {_metric(name): value for name, value in metrics.items()},
        {
            "store_SKU_weeks": models,
            "by_category": scores(judged, ["category", "model"]),
            "by_store_tier": scores(judged, ["tier", "model"]),
            "by_category_and_tier": scores(judged[judged["model"] == "model"], ["category", "tier"]),
            "sums": added,
            "sums_by_category": point_scores(sums, ["category", "level", "model"]),
            "sold_by_pairs_not_known": left_out,
        },
        {
            "forecast_against_truth": forecast_against_truth(judged, ", ".join(dict.fromkeys(judged["category"]))),
            "coverage": calibration(calibration_curve(judged), "store-SKU-weeks"),
        },
        goals,
    )


def _metric(name: str) -> str:
    return name.replace(" ", "_")
