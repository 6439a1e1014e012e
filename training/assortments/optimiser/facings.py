"""Facings: how many a SKU needs to last, and who gets the space that is left.

Days of supply, cap_i · f_ci ≥ days_i · demand_ci · x_ci, are asked of the largest demand that a plan can bring about:
the SKU listed with nothing beside it but what must be carried anyway, one unit a choice. That number does not depend
on the plan, so every SKU needs a known width, and facings beyond it earn nothing under the model.
"""

import heapq

import numpy as np

from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats

_ROUNDING = 1e-9
"""Of a facing: what floating point may add before one more is asked for."""


def most_demand(problem: AssortmentProblem) -> Floats:
    """(C, n) units a day that one store of a cluster sells of a SKU, at most."""
    must = np.where(problem.must_carry[:, None, :], problem.weight, 0.0)
    beside = must.sum(axis=2, keepdims=True) - must
    choice = problem.weight / (1 + beside + problem.weight)
    visits = problem.visits / problem.stores_per_cluster / problem.horizon_days
    share = np.einsum("ck,cki->ci", problem.mix, choice)
    return np.asarray(visits[:, None] * share, dtype=np.float64)


def least_facings(problem: AssortmentProblem) -> Codes:
    """(C, n) facings that a SKU needs where it is listed: 1, or more to hold its days of supply."""
    if problem.days_of_supply is None or problem.facing_capacity_units is None:
        return np.ones(problem.unit_profit_cents.shape, dtype=np.int64)
    needed = problem.days_of_supply * most_demand(problem) / problem.facing_capacity_units
    return np.maximum(np.ceil(needed - _ROUNDING), 1).astype(np.int64)


def too_small(problem: AssortmentProblem) -> Flags:
    """(C, n) SKUs that cannot hold their days of supply in `max_facings`: they may not be listed."""
    if problem.max_facings is None:
        return np.zeros(problem.unit_profit_cents.shape, dtype=bool)
    return least_facings(problem) > problem.max_facings


def fill(problem: AssortmentProblem, listed: Flags) -> Codes:
    """(C, n) facings of a plan: what is needed, then one at a time to the SKU that lasts the fewest days.

    Without widths and space there is nothing to fill. SKUs that nobody buys get no more than they need.
    """
    facings = np.where(listed, least_facings(problem), 0)
    if problem.space_cm is None or problem.width_cm is None:
        return facings
    pace = most_demand(problem)
    if problem.facing_capacity_units is not None:
        pace = pace / problem.facing_capacity_units
    most = np.full(len(problem.skus), np.iinfo(np.int64).max) if problem.max_facings is None else problem.max_facings
    for cluster, space in enumerate(problem.space_cm):
        left = float(space) - float(facings[cluster] @ problem.width_cm)
        _fill_store(facings[cluster], pace[cluster], problem.width_cm, most, left)
    return facings


def _fill_store(facings: Codes, pace: Floats, width: Floats, most: Codes, left: float) -> None:
    """Add facings in place while they fit in what is left; pace: facings emptied in a day."""
    queue = [(facings[i] / pace[i], i) for i in np.flatnonzero((facings > 0) & (pace > 0) & (width > 0)).tolist()]
    heapq.heapify(queue)
    while queue:
        _, i = heapq.heappop(queue)
        if width[i] > left or facings[i] >= most[i]:
            continue  # what is left only shrinks: it will not fit later either
        facings[i] += 1
        left -= width[i]
        heapq.heappush(queue, (facings[i] / pace[i], i))
