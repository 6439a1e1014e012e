"""Tables of shelf space, of facings, and of profit by number of SKUs."""

from dataclasses import replace

import numpy as np
import pandas as pd

from training.assortments.optimiser.chain_search import search_chain
from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Floats
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.value import profit_cents
from training.assortments.stages.outcome import Outcome, place_worth_cents, whole
from training.assortments.stages.scope import Scope

CURVE_STEPS = (0.5, 0.75, 1.0, 1.25, 1.5)


def space(out: Outcome, plan: AssortmentPlan, facings_now: Floats) -> pd.DataFrame:
    """`space`; no rows where widths are not known."""
    problem = out.problem
    if problem.width_cm is None or problem.space_cm is None:
        return pd.DataFrame()
    wide = problem.width_cm[problem.width_cm > 0]
    metre = place_worth_cents(problem, out.proposed) * 100 / float(np.median(wide))
    return pd.DataFrame({
        "cluster": problem.clusters,
        "space_cm": problem.space_cm,
        "used_now_cm": facings_now @ problem.width_cm,
        "used_cm": plan.facings @ problem.width_cm,
        "metre_worth_cents": whole(metre),
    })  # fmt: skip


def facings(decisions: pd.DataFrame, problem: AssortmentProblem, scope: Scope) -> pd.DataFrame:
    """`facings` of what is carried now or proposed; no rows where widths are not known."""
    if problem.width_cm is None or problem.facing_capacity_units is None:
        return pd.DataFrame()
    skus = pd.Index(problem.skus)
    shown = decisions[decisions["is_listed_now"] | decisions["is_listed_proposed"]]
    at = skus.get_indexer(pd.Index(shown["sku"]))
    capacity = shown["facings"].to_numpy(dtype=np.float64) * problem.facing_capacity_units[at]
    pack = scope.catalogue["pack_units"].to_numpy(dtype=np.float64)[at]
    asked = None if problem.days_of_supply is None else problem.days_of_supply[at]
    return shown[["cluster", "sku", "name", "facings_now", "facings"]].assign(
        width_cm=problem.width_cm[at],
        capacity_units=capacity,
        days_of_supply=shown["days_of_supply"].fillna(0.0),
        asked_days=asked,
        pack_units=pack,
        packs_on_shelf=capacity / pack,
    )


def sku_curve(problem: AssortmentProblem) -> pd.DataFrame:
    """Profit of the best list by local search with so many SKUs, rules kept; numbers that rules forbid are left out."""
    rows = []
    for nth, name in enumerate(problem.clusters):
        one = only(problem, nth)
        now = int(one.current.sum()) if one.current is not None else len(one.skus) // 2
        for number in sorted({min(max(round(now * step), 1), len(one.skus)) for step in CURVE_STEPS}):
            limited = replace(one, max_skus=np.array([number]), max_changes=None, max_changes_chain=None, space_cm=None)
            listed = search_chain(limited, shelves(limited))
            if listed is not None:
                rows.append({"cluster": name, "skus": number, "profit_cents": round(profit_cents(limited, listed))})
    return pd.DataFrame(rows).drop_duplicates(["cluster", "skus"])


def only(problem: AssortmentProblem, cluster: int) -> AssortmentProblem:
    """The problem of one cluster."""
    rows = [cluster]
    of_clusters = ("stores_per_cluster", "visits", "mix", "weight", "unit_profit_cents", "space_cm", "must", "banned",
                   "brand_minimum", "max_skus", "current", "max_changes")  # fmt: skip
    parts = {name: getattr(problem, name)[rows] for name in of_clusters if getattr(problem, name) is not None}
    party = (problem.party[cluster],) if problem.party else ()
    return replace(problem, clusters=(problem.clusters[cluster],), party=party, **parts)
