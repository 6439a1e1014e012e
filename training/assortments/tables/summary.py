"""The first screen's figures with their intervals."""

import numpy as np
import pandas as pd

from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Floats
from training.assortments.optimiser.value import listing_cost_cents, units
from training.assortments.report.sums import summary_measures, summary_money
from training.assortments.stages.outcome import Outcome, interval
from training.assortments.stages.scope import Scope


def money(out: Outcome, rows: pd.DataFrame, seen: Scope) -> pd.DataFrame:
    """Sales and profit with 80 % intervals, of the proposal and of the change."""
    price = seen.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    earned = out.problem.unit_profit_cents
    intervals, changes = {}, {}
    for measure, then_each, now_each in (("sales", price, price), ("profit", earned, out.now_profit_cents)):

        def proposed(one: AssortmentProblem, each: Floats = then_each) -> Floats:
            return np.array([(units(one, out.proposed) * each).sum()])

        then = out.drawn(proposed)
        now = (out.drawn_sold_now * now_each).sum(axis=(1, 2))[:, None]
        planned = np.array([rows[f"{measure}_proposed_cents"].sum()], dtype=np.float64)
        intervals[measure] = _ends(then, planned)
        changes[measure] = _ends(then - now, planned - rows[f"{measure}_now_cents"].sum())
    now_cost, then_cost = (round(listing_cost_cents(out.problem, listed)) for listed in (out.now, out.proposed))
    others = {"listing_costs": (now_cost, then_cost)} if out.problem.sku_cost_cents is not None else {}
    return summary_money(rows, intervals=intervals, changes=changes, others=others)


def _ends(drawn: np.ndarray, middle: np.ndarray) -> tuple[int, int]:
    low, high = interval(drawn.reshape(len(drawn), -1), middle)
    return int(np.floor(low[0])), int(np.ceil(high[0]))


def measures(
    out: Outcome, rows: pd.DataFrame, plan: AssortmentPlan, facings_now: np.ndarray, weeks: int
) -> pd.DataFrame:
    drawn = out.drawn(lambda one: units(one, out.proposed).sum(keepdims=True).reshape(1))
    low, high = interval(drawn, np.array([rows["units_proposed"].sum()]))
    used = None
    if out.problem.width_cm is not None:
        stores = out.problem.stores_per_cluster
        before, after = (float(stores @ (held @ out.problem.width_cm)) for held in (facings_now, plan.facings))
        used = (before, after)
    return summary_measures(rows, horizon_weeks=weeks, used_cm=used, units_interval=(float(low[0]), float(high[0])))
