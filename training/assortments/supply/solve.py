"""Solve P2: branch and bound over tiers, then HiGHS where that is small or orders have to be split."""

import time

import numpy as np

from features.errors import DataError, UserError
from training.assortments.supply.branch import Proof, branch
from training.assortments.supply.cost import cost_of
from training.assortments.supply.exact import solve_exactly
from training.assortments.supply.moves import improved
from training.assortments.supply.orders import orders
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import Floats, OrderProblem, check
from training.assortments.supply.search import Found, is_least_met

GAP = 0.001
SMALL = 400
"""Offers up to which HiGHS is likely to prove the rest in seconds, after a few nodes."""
SMALL_NODES = 9
MANY_NODES = 1_000_000
GLANCE_NODES = 3
GLANCE_GAP = 0.01
GLANCE_SECONDS = 10.0


def solve(problem: OrderProblem, seconds: float, gap: float = GAP, known: Floats | None = None) -> OrderPlan:
    """The best order found in `seconds`, with a bound; it stops early where they are within `gap`, a share.

    known  units (R, A, N) of a feasible order to start from
    Raises DataError for terms that no order can meet, UserError where the time was too short to find an order.
    """
    check(problem)
    if not problem.needed_units.any():
        nothing = np.zeros((len(problem.retailers), len(problem.accounts), len(problem.skus)))
        return OrderPlan(problem, nothing, cost_of(problem, nothing), 0.0, "nothing is needed")
    _check_room(problem)
    end = time.monotonic() + seconds
    is_small = int(problem.is_offered.sum()) <= SMALL
    until = end - seconds / 2 if is_small else end
    nodes = SMALL_NODES if is_small else MANY_NODES
    start = Found(known, cost_of(problem, known).total) if known is not None else None
    proof = branch(problem, gap, lambda: time.monotonic() > until, start, nodes)
    how = f"{proof.nodes} combinations of tiers were bounded"
    is_open = not np.isfinite(proof.found.cost) or proof.bound < proof.found.cost * (1 - gap)
    if is_open and (is_small or not np.isfinite(proof.found.cost)):
        proof = _finished(problem, proof, max(end - time.monotonic(), 1.0), gap)
        how += ", HiGHS took the rest"
    if not np.isfinite(proof.found.cost):
        raise UserError(
            f"No order was found in {seconds:g} seconds that keeps to every minimum and cap. "
            "Next: give more time, or relax caps and minimum orders."
        )
    if proof.bound < proof.found.cost * (1 - gap):
        how += "; time ran out before the gap that was asked for"
    return OrderPlan(problem, proof.found.units, cost_of(problem, proof.found.units), proof.bound, how)


def glance(problem: OrderProblem) -> OrderPlan | None:
    """A good order after a few combinations of tiers; None where none was found.

    Where needs have to be split over accounts, HiGHS finds one. It stops by what is found and not by the clock, unless
    that takes `GLANCE_SECONDS`: so the same problem has the same order on every machine.
    Raises DataError for terms that no order can meet.
    """
    check(problem)
    _check_room(problem)
    proof = branch(problem, GLANCE_GAP, lambda: False, None, GLANCE_NODES)
    if not np.isfinite(proof.found.cost) and int(problem.is_offered.sum()) <= SMALL:
        proof = _finished(problem, proof, GLANCE_SECONDS, GLANCE_GAP)
    if not np.isfinite(proof.found.cost):
        return None
    return OrderPlan(problem, proof.found.units, cost_of(problem, proof.found.units), proof.bound, "at a glance")


def _finished(problem: OrderProblem, proof: Proof, seconds: float, gap: float) -> Proof:
    solved = solve_exactly(problem, seconds, gap)
    if solved.units is None:
        if np.isinf(solved.bound) and solved.bound > 0 and not np.isfinite(proof.found.cost):
            raise DataError(
                "supplier_terms: no order covers the demand within every minimum order, cap and capacity. "
                "Next: raise caps, or leave out SKUs that are short."
            )
        return Proof(proof.found, max(proof.bound, min(solved.bound, proof.found.cost)), proof.nodes)
    found = Found(solved.units, cost_of(problem, solved.units).total)
    if is_least_met(problem, solved.units):
        found = improved(problem, orders(problem), found)
    best = min(proof.found, found, key=lambda one: one.cost)
    return Proof(best, min(max(proof.bound, solved.bound), best.cost), proof.nodes)


def _check_room(problem: OrderProblem) -> None:
    """Raises DataError where all accounts together cannot deliver what is needed."""
    short = problem.needed_units.sum() - np.where(problem.is_offered.any(axis=1), problem.room_units, 0).sum()
    if short > 0:
        raise DataError(
            f"supplier_terms: capacities fall short of the demand by {short:,.0f} units in all. "
            "Next: raise them, add suppliers, or plan for less."
        )
