"""An independent look at a plan: whether it is feasible, earns what it says, and stays below its bound.

Everything is counted again from the problem and the plan alone, SKU by SKU and without the code of the solver.
"""

import math
from dataclasses import dataclass

import numpy as np

from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem

_CENT = 0.01
_RELATIVE = 1e-9
_WIDTH_CM = 1e-6


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found; `faults` in sentences, empty where all is well.

    profit_cents   counted again
    gap            (bound − profit) / |profit|, from the profit that was counted again
    """

    faults: tuple[str, ...]
    profit_cents: float
    gap: float

    @property
    def passed(self) -> bool:
        return not self.faults


def audit(problem: AssortmentProblem, plan: AssortmentPlan) -> Audit:
    """Check a plan against its problem."""
    shape = (len(problem.clusters), len(problem.skus))
    if plan.listed.shape != shape or plan.facings.shape != shape:
        fault = f"the plan has the shape {plan.listed.shape} and {plan.facings.shape}, the problem {shape}"
        return Audit((fault,), math.nan, math.nan)
    faults = [fault for cluster in range(shape[0]) for fault in _cluster_faults(problem, plan, cluster)]
    faults += _chain_faults(problem, plan)
    profit = _profit(problem, plan)
    if abs(profit - plan.profit_cents) > _CENT + _RELATIVE * abs(profit):
        faults.append(f"the plan says a profit of {plan.profit_cents:.2f} cents; counted again it is {profit:.2f}")
    if profit > plan.bound_cents + _CENT + _RELATIVE * abs(profit):
        faults.append(f"the profit of {profit:.2f} cents is above the bound of {plan.bound_cents:.2f}")
    over = max(plan.bound_cents - profit, 0.0)
    return Audit(tuple(faults), profit, 0.0 if over == 0 else over / abs(profit) if profit else math.inf)


def _cluster_faults(problem: AssortmentProblem, plan: AssortmentPlan, cluster: int) -> list[str]:
    name, listed = problem.clusters[cluster], set(np.flatnonzero(plan.listed[cluster]).tolist())
    faults = []
    for i, sku in enumerate(problem.skus):
        if problem.must is not None and problem.must[cluster, i] and i not in listed:
            faults.append(f"{name}: SKU {sku} has to be carried and is not")
        if problem.banned is not None and problem.banned[cluster, i] and i in listed:
            faults.append(f"{name}: SKU {sku} is banned and listed")
        faults += [f"{name}: SKU {sku} {fault}" for fault in _facing_faults(problem, plan, cluster, i)]
    if problem.max_skus is not None and len(listed) > problem.max_skus[cluster]:
        faults.append(f"{name}: {len(listed)} SKUs are listed, {problem.max_skus[cluster]} are allowed")
    faults += _brand_faults(problem, listed, cluster)
    if problem.space_cm is not None and problem.width_cm is not None:
        used = sum(float(problem.width_cm[i]) * int(plan.facings[cluster, i]) for i in range(len(problem.skus)))
        if used > problem.space_cm[cluster] + _WIDTH_CM:
            faults.append(f"{name}: facings take {used:.1f} cm of {problem.space_cm[cluster]:.1f} cm")
    changed = _changed(problem, plan, cluster)
    if problem.max_changes is not None and changed > problem.max_changes[cluster]:
        faults.append(f"{name}: {changed} SKUs change, {problem.max_changes[cluster]} may")
    return faults


def _brand_faults(problem: AssortmentProblem, listed: set[int], cluster: int) -> list[str]:
    if problem.brand is None or problem.brand_minimum is None:
        return []
    faults = []
    for code, least in enumerate(problem.brand_minimum[cluster].tolist()):
        have = sum(1 for i in listed if problem.brand[i] == code)
        if have < least:
            brand = problem.brands[code] if problem.brands else f"number {code}"
            faults.append(
                f"{problem.clusters[cluster]}: {have} SKUs of brand {brand} are listed, {least} are asked for"
            )
    return faults


def _facing_faults(problem: AssortmentProblem, plan: AssortmentPlan, cluster: int, i: int) -> list[str]:
    facings, is_listed = int(plan.facings[cluster, i]), bool(plan.listed[cluster, i])
    if is_listed != (facings >= 1):
        return [f"is {'listed' if is_listed else 'not listed'} with {facings} facings"]
    if not is_listed:
        return []
    faults = []
    if problem.max_facings is not None and facings > problem.max_facings[i]:
        faults.append(f"has {facings} facings, {problem.max_facings[i]} are allowed")
    if problem.days_of_supply is not None and problem.facing_capacity_units is not None:
        held = facings * float(problem.facing_capacity_units[i])
        asked = float(problem.days_of_supply[i]) * _most_sold(problem, cluster, i)
        if held < asked * (1 - _RELATIVE) - _RELATIVE:
            faults.append(f"holds {held:.1f} units, {asked:.1f} are asked for {problem.days_of_supply[i]:g} days")
    return faults


def _most_sold(problem: AssortmentProblem, cluster: int, i: int) -> float:
    """Units a day and store, with nothing listed but the SKU and what must be carried."""
    visits = float(problem.visits[cluster]) / float(problem.stores_per_cluster[cluster]) / problem.horizon_days
    sold = 0.0
    for k, share in enumerate(problem.mix[cluster].tolist()):
        weight = problem.weight[cluster, k]
        beside = 0.0
        if problem.must is not None:
            beside = sum(float(weight[j]) for j in np.flatnonzero(problem.must[cluster]).tolist() if j != i)
        sold += visits * share * float(weight[i]) / (1 + beside + float(weight[i]))
    return sold


def _changed(problem: AssortmentProblem, plan: AssortmentPlan, cluster: int) -> int:
    return 0 if problem.current is None else int((plan.listed[cluster] != problem.current[cluster]).sum())


def _chain_faults(problem: AssortmentProblem, plan: AssortmentPlan) -> list[str]:
    if problem.max_changes_chain is None:
        return []
    changed = sum(_changed(problem, plan, cluster) for cluster in range(len(problem.clusters)))
    if changed <= problem.max_changes_chain:
        return []
    return [f"{changed} SKUs change over all clusters, {problem.max_changes_chain} may"]


def _profit(problem: AssortmentProblem, plan: AssortmentPlan) -> float:
    """Sums of exact fractions of floats would be slow; `fsum` adds without losing digits."""
    parts = []
    for c in range(len(problem.clusters)):
        at = np.flatnonzero(plan.listed[c]).tolist()
        for k, share in enumerate(problem.mix[c].tolist()):
            weights = [float(problem.weight[c, k, i]) for i in at]
            whole = 1 + math.fsum(weights)
            parts += [
                float(problem.visits[c]) * share * float(problem.unit_profit_cents[c, i]) * weight / whole
                for i, weight in zip(at, weights, strict=True)
            ]
    if problem.sku_cost_cents is not None:
        sellers = problem.party or ("",) * len(problem.clusters)
        pairs = {(sellers[c], i) for c in range(len(sellers)) for i in np.flatnonzero(plan.listed[c]).tolist()}
        parts += [-float(problem.sku_cost_cents[i]) for _, i in pairs]
    return math.fsum(parts)
