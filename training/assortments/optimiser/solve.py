"""P1: the best plan under the rules, with a bound that is proven, and an audit before anybody sees it."""

import time

import numpy as np

from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.chain_search import polished, search_chain
from training.assortments.optimiser.clashing_rules import refuse
from training.assortments.optimiser.facings import fill
from training.assortments.optimiser.joint_milp import MOST_PAIRS, solve_jointly
from training.assortments.optimiser.lagrange import best_prices, charged
from training.assortments.optimiser.one_shelf import ShelfPlan, solve_shelf
from training.assortments.optimiser.plan import AssortmentPlan, Method, relative_gap
from training.assortments.optimiser.problem import AssortmentProblem, Flags, checked
from training.assortments.optimiser.shelf import Shelf, shelves
from training.assortments.optimiser.value import profit_cents

GAP = 1e-4
"""Where to stop: nobody would notice a ten-thousandth of the profit."""
_FOR_PRICES = 0.5
"""Of the time, where clusters share costs."""


def solve(problem: AssortmentProblem, seconds: float = 60.0, gap: float = GAP) -> AssortmentPlan:
    """The best plan found in about so many seconds, and a bound on every plan.

    Raises DataError where the problem's parts do not fit, or where its rules contradict each other: then a smallest
    set of rules that clash is named.
    """
    began = time.perf_counter()
    pieces = shelves(checked(problem))
    listed = search_chain(problem, pieces)
    if listed is None:
        refuse(problem)
    found, bound, method = _proven(problem, pieces, listed, began + seconds, gap)
    profit = profit_cents(problem, found)
    plan = AssortmentPlan(found, fill(problem, found), profit, max(bound, profit), method, time.perf_counter() - began)
    check = audit(problem, plan)
    if not check.passed:
        raise RuntimeError(f"the plan does not pass its audit: {'; '.join(check.faults[:3])}")
    return plan


def _proven(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, until: float, gap: float
) -> tuple[Flags, float, Method]:
    if problem.max_changes_chain is None and (len(pieces) == 1 or not problem.cost_cents.any()):
        return _apart(problem, pieces, listed, until, gap)
    return _together(problem, pieces, listed, until, gap)


def _apart(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, until: float, gap: float
) -> tuple[Flags, float, Method]:
    """Clusters that share nothing: each by itself, what one leaves of its time goes to the next."""
    plans: list[ShelfPlan] = []
    for nth, shelf in enumerate(pieces):
        left = (until - time.perf_counter()) / (len(pieces) - nth)
        own = shelf.with_cost(problem.cost_cents)
        plan = solve_shelf(own, max(left, 0.1), gap, listed[nth])
        if plan is None:
            refuse(problem)
        plans.append(plan)
    bound = sum(plan.bound_cents for plan in plans)
    methods = {plan.method for plan in plans}
    method: Method = "milp" if "milp" in methods else "dinkelbach" if "dinkelbach" in methods else "search"
    return np.array([plan.listed for plan in plans]), bound, method


def _together(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, until: float, gap: float
) -> tuple[Flags, float, Method]:
    """Clusters that share costs or changes: as one program where that is small, and by prices, sharpened one by one."""
    now, most = time.perf_counter(), np.inf
    if problem.weight.size <= MOST_PAIRS:
        listed, most = solve_jointly(problem, pieces, listed, (until - now) / 2, gap)
        if relative_gap(profit_cents(problem, listed), most) <= gap:
            return listed, most, "milp"
    now = time.perf_counter()
    prices = best_prices(problem, pieces, listed, now + _FOR_PRICES * (until - now), gap)
    costs = charged(problem, prices.by_cluster, prices.toll_cents)
    other = search_chain(problem, pieces, prices.by_cluster)
    if other is not None and profit_cents(problem, other) > profit_cents(problem, listed):
        listed = other
    profit, bounds = profit_cents(problem, listed), prices.bounds_cents.copy()
    for nth, (shelf, cost) in enumerate(zip(pieces, costs, strict=True)):
        left = (until - time.perf_counter()) / (len(pieces) - nth)
        if left <= 0 or relative_gap(profit, float(bounds.sum()) + prices.refund_cents) <= gap:
            break
        plan = solve_shelf(shelf.with_cost(cost), left, gap)
        if plan is not None:
            bounds[nth] = min(bounds[nth], plan.bound_cents)
    bound = min(most, float(bounds.sum()) + prices.refund_cents)
    return polished(problem, pieces, listed), bound, "lagrangian"
