"""Whether primary demand is recovered where shelves run empty, and whether intervals of its forecast hold.

Stock-outs are planted, so that the truth is known (experiments.planted_demand). Nothing here was tuned on these shops.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.findings import Findings, Goal, Say
from experiments.models.zero_runs import availability
from experiments.planted_demand import Plan, Planted, planted
from experiments.studies.demand_figures import calibration, forecast_against_truth
from features.clock import Cutoff
from features.settings import Settings
from training.assortments.demand.backtest import backtest
from training.assortments.demand.baselines import moving_average, seasonal_naive
from training.assortments.demand.censoring import untruncate
from training.assortments.demand.forecast import forecast
from training.assortments.demand.scores import calibration_curve, scores

ENDS = Cutoff.parse("2025-01-06")
MOST_BIAS = 0.03
COVERAGE = (0.76, 0.84)


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of shop, and how its demand is untruncated.

    assumed       outside share given to the estimator; None: estimated
    is_counted    whether the estimator sees stock
    is_goal       whether it is held to MOST_BIAS
    """

    name: str
    plan: Plan
    assumed: float | None
    is_counted: bool = True
    is_goal: bool = False


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Params: stores, skus, weeks, seeds (shops of each kind), units, horizon_weeks, seed."""
    size = {name: int(str(params[name])) for name in ("stores", "skus", "weeks", "seeds", "horizon_weeks", "seed")}
    base = Plan(size["stores"], size["skus"], size["weeks"], units=float(str(params["units"])), cover=1.6)
    rows = [
        _recovered(case, replace(case.plan, seed=size["seed"] + nth), say)
        for case in cases(base)
        for nth in range(size["seeds"])
    ]
    shops = [planted(replace(base, undelivered=0.2, seed=size["seed"] + nth), ENDS) for nth in range(size["seeds"])]
    judged = pd.concat(
        [
            _forecast(shop, size["horizon_weeks"], nth, settings.threads, say).assign(shop=nth)
            for nth, shop in enumerate(shops)
        ],
        ignore_index=True,
    )
    return _findings(pd.DataFrame(rows), judged)


def cases(base: Plan) -> tuple[Case, ...]:
    """Stock-outs of a quarter of the shelf time in every case."""
    selling_out = replace(base, undelivered=0.2)
    whole_weeks = replace(base, undelivered=0.26, cover=0)
    taken_instead = replace(base, undelivered=0.21, cover=2.0, outside_share=0.3)
    return (
        Case("nobody delivered; who misses a SKU walks", whole_weeks, 1.0, is_goal=True),
        Case("sold out or not delivered; who misses a SKU walks", selling_out, 1.0, is_goal=True),
        Case("70 % take another SKU, known", taken_instead, 0.3, is_goal=True),
        Case("70 % take another SKU, estimated from traffic", taken_instead, None),
        Case("70 % take another SKU, taken for walking", taken_instead, 1.0),
        Case("no stock table, whole weeks: zero runs", whole_weeks, 1.0, is_counted=False),
        Case("no stock table, sold out within weeks: zero runs", selling_out, 1.0, is_counted=False),
    )


def _recovered(case: Case, plan: Plan, say: Say) -> dict[str, object]:
    shop = planted(plan, ENDS)
    seen = shop.panel
    if not case.is_counted:
        seen = availability(seen.assign(available_share=np.float32(np.nan)), ENDS)
    primary = untruncate(seen, ENDS, case.assumed)
    bias = float(primary.demand.sum() / shop.demand.sum() - 1)
    say(f"{case.name}, shop {plan.seed}: bias {bias:+.2%}")
    return {
        "case": case.name,
        "out_of_stock": shop.out_share,
        "sales_bias": float(shop.panel["units"].sum() / shop.demand.sum() - 1),
        "bias": bias,
        "sku_bias": _mean_absolute_bias(shop, primary.demand),
        "outside_share": primary.outside_share,
        "is_goal": case.is_goal,
    }


def _mean_absolute_bias(shop: Planted, demand: NDArray[np.float64]) -> float:
    """Of SKUs over all stores and weeks, weighted by their demand."""
    by = shop.panel.assign(found=demand.ravel(), truth=shop.demand).groupby("sku", observed=True)
    sums = by[["found", "truth"]].sum()
    return float((sums["found"] - sums["truth"]).abs().sum() / sums["truth"].sum())


def _forecast(shop: Planted, horizon_weeks: int, seed: int, threads: int, say: Say) -> pd.DataFrame:
    """Forecasts of primary demand, from what a retailer sees, against the planted truth."""
    cutoff = ENDS.minus_days(7 * horizon_weeks)
    ahead = shop.panel["week"] >= cutoff.at
    seen = shop.panel.copy()
    seen.loc[ahead, ["units", "available_share"]] = np.nan
    truth = shop.panel[["store_id", "sku", "week"]].assign(units=shop.demand)
    models = {
        "model": lambda known, at, weeks, nth: forecast(known, at, weeks, nth, threads=threads),
        "moving average": moving_average,
        "seasonal naive": seasonal_naive,
    }
    say(f"forecasts of shop {seed}")
    return backtest(lambda _: seen, truth, [cutoff], horizon_weeks, models, seed)


def _findings(recovered: pd.DataFrame, judged: pd.DataFrame) -> Findings:
    by_case = recovered.groupby("case", sort=False)
    table = by_case[["out_of_stock", "sales_bias", "bias", "sku_bias", "outside_share"]].mean()
    table["worst_bias"] = by_case["bias"].apply(lambda biases: biases.abs().max())
    held = recovered[recovered["is_goal"]]
    worst, outs = float(held["bias"].abs().max()), float(held["out_of_stock"].mean())
    models, tiers = scores(judged, ["model"]), scores(judged, ["model", "tier"])
    ours = models[models["model"] == "model"].iloc[0]
    covered = float(ours["coverage"])
    goals = (
        Goal("bias of primary demand", f"{worst:.1%} at worst, {outs:.0%} out", "≤ 3 % at 25 %", worst <= MOST_BIAS),
        Goal("80 % intervals cover", f"{covered:.1%}", "76 to 84 %", COVERAGE[0] <= covered <= COVERAGE[1]),
    )
    metrics = {
        "worst_bias": worst,
        "out_of_stock": outs,
        **{f"forecast.{name}": float(ours[name]) for name in ("wmape", "bias", "pinball", "coverage")},
    }
    headline = (
        f"With {outs:.0%} of shelf time out of stock, sales miss {-held['sales_bias'].mean():.0%} of demand; primary "
        f"demand is recovered within {worst:.1%}, and 80 % intervals of its forecast cover {covered:.0%}."
    )
    return Findings(
        headline,
        metrics,
        {"recovered": table.reset_index(), "forecasts": models, "by_store_tier": tiers},
        {
            "forecast_against_truth": forecast_against_truth(judged, "primary demand, all planted shops"),
            "coverage": calibration(calibration_curve(judged), "planted shops"),
        },
        goals,
    )
