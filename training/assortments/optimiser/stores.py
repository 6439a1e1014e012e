"""Thousands of stores: lists of groups first, then each store's own, from its group's.

A problem may have stores for clusters. Solving 4,700 of them one by one would take a day; here the groups are solved
with proof, each store starts from its group's list, mends what its own rules forbid, and is improved by local search.
The bound is proven for every store: one relaxation for each group, with the widest rules of its stores, is asked again
with each store's own visits, mix, profits, space and numbers of SKUs.
"""

import time
from dataclasses import replace

import numpy as np

from features.errors import DataError
from training.assortments.optimiser.chain_search import by_clusters
from training.assortments.optimiser.clashing_rules import refuse
from training.assortments.optimiser.facings import fill
from training.assortments.optimiser.lagrange import first_prices
from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats, checked
from training.assortments.optimiser.relaxation import shared_relaxation
from training.assortments.optimiser.selection import best_selection
from training.assortments.optimiser.shelf import Shelf, shelves
from training.assortments.optimiser.shelf_search import beside, improved
from training.assortments.optimiser.solve import GAP, solve
from training.assortments.optimiser.store_groups import grouped
from training.assortments.optimiser.value import profit_cents


def plan_stores(problem: AssortmentProblem, group: Codes, seconds: float = 600.0) -> AssortmentPlan:
    """A plan whose clusters are stores.

    group      (C,) code of each store's group, 0, 1, …; stores of a group have the same attractions
    seconds    for the lists of the groups, a third of it at most; stores take what they take, some 50 ms each

    Raises DataError where stores of a group differ in attraction, or where a store's rules contradict each other.
    """
    began = time.perf_counter()
    _need_same_weights(checked(problem), group)
    wide = grouped(problem, group)
    lists = solve(wide, seconds / 3, max(GAP, 1e-3)).listed
    pieces = shelves(problem)
    starts = np.array([_start(problem, shelf, lists[group[s]]) for s, shelf in enumerate(pieces)])
    listed = by_clusters(problem, pieces, starts, rounds=2)
    bound = float(_bounds(problem, pieces, (group, wide, lists)).sum())
    profit = profit_cents(problem, listed)
    took = time.perf_counter() - began
    return AssortmentPlan(listed, fill(problem, listed), profit, max(bound, profit), "lagrangian", took)


def _need_same_weights(problem: AssortmentProblem, group: Codes) -> None:
    if group.shape != (len(problem.clusters),) or (np.unique(group) != np.arange(group.max() + 1)).any():
        raise DataError(f"group needs a code for each of {len(problem.clusters)} stores, from 0 without holes.")
    first = np.array([int(np.argmax(group == code)) for code in range(int(group.max()) + 1)])
    other = [s for s, code in enumerate(group) if not np.array_equal(problem.weight[s], problem.weight[first[code]])]
    if other:
        raise DataError(
            f"weight: {len(other)} stores differ from the first store of their group, such as "
            f"{problem.clusters[other[0]]}. Next: give stores of one group the same attractions, and their own mix."
        )


def _start(problem: AssortmentProblem, shelf: Shelf, listed: Flags) -> Flags:
    """The group's list where the store's rules allow it, else the nearest that they do, the most useful SKUs first."""
    if shelf.keeps(listed):
        return listed
    useful = np.maximum(beside(shelf, listed), 0.0)
    found, _ = best_selection(shelf, useful + listed * float(useful.max(initial=0.0)) + 1e-9)
    if found is None:
        refuse(problem)
    return improved(shelf, found) if not shelf.cost_cents.any() else found


def _bounds(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], groups: tuple[Codes, AssortmentProblem, Flags]
) -> Floats:
    """(C,) what each store earns at most, costs of listing charged by its part of the visits."""
    group, wide, lists = groups
    prices = first_prices(wide, shelves(wide), lists)
    charged = prices[group] * (problem.visits / np.maximum(wide.visits[group], 1e-12))[:, None]
    bounds = np.zeros(len(pieces))
    for code in range(int(group.max()) + 1):
        members = np.flatnonzero(group == code)
        shared = shared_relaxation(loosest([pieces[s] for s in members]), lists[code], np.inf)
        for s in members.tolist():
            bounds[s] = shared.of(pieces[s].with_cost(charged[s]))
    return bounds


def loosest(stores: list[Shelf]) -> Shelf:
    """A shelf that lets in whatever one of the stores lets in; its first limits are theirs, in their order.

    The smallest of coefficients, x ≥ 0, relax a limit whatever its right-hand side. A store's own right-hand sides
    still hold for it.
    """
    count = min(len(shelf.rows) for shelf in stores)
    return replace(
        stores[0],
        must=np.all([shelf.must for shelf in stores], axis=0),
        may=np.any([shelf.may for shelf in stores], axis=0),
        rows=np.min([shelf.rows[:count] for shelf in stores], axis=0),
        most=np.max([shelf.most[:count] for shelf in stores], axis=0),
    )
