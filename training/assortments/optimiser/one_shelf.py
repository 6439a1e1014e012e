"""One cluster by itself: search, then proof."""

import time
from dataclasses import dataclass

import numpy as np

from training.assortments.optimiser.highs import solve_program
from training.assortments.optimiser.milp import columns_of
from training.assortments.optimiser.plan import Method, relative_gap
from training.assortments.optimiser.problem import Flags
from training.assortments.optimiser.relaxation import relax
from training.assortments.optimiser.selection import best_ratio, cheap_bound_cents
from training.assortments.optimiser.shelf import Shelf
from training.assortments.optimiser.shelf_search import improved, kicked, search

_FOR_RELAXATION = 0.6
"""Of the time: the linear relaxation closes most gaps by itself; branching gets the rest."""
_KICKS_A_SKU = 1
_FOR_KICKS = 0.15
"""Of the time, at most."""
_SAFE = 1e-7
"""Relative room for the solver's tolerances."""


@dataclass(frozen=True, slots=True, eq=False)
class ShelfPlan:
    """The best list found for a shelf, and what no list exceeds."""

    listed: Flags
    profit_cents: float
    bound_cents: float
    method: Method


def solve_shelf(shelf: Shelf, seconds: float, gap: float, listed: Flags | None = None) -> ShelfPlan | None:
    """The best list, proven to within `gap` where the time suffices; None where no list keeps the rules.

    listed   a list to begin with, where there is one; it has to keep the rules
    """
    until = time.perf_counter() + seconds
    if len(shelf.weight) == 1 and not shelf.cost_cents.any():
        return _one_class(shelf)
    listed = search(shelf) if listed is None else listed
    if listed is None:
        return None
    profit = shelf.profit_cents(listed)
    cheap = cheap_bound_cents(shelf)
    if relative_gap(profit, cheap) <= gap:
        return ShelfPlan(listed, profit, max(cheap, profit), "search")
    listed = kicked(shelf, listed, _KICKS_A_SKU * len(shelf.may), _FOR_KICKS * seconds)
    profit = shelf.profit_cents(listed)
    relaxed = relax(shelf, listed, _FOR_RELAXATION * (until - time.perf_counter()), gap)
    bound = min(cheap, relaxed.bound_cents)
    left = until - time.perf_counter()
    if relative_gap(profit, bound) <= gap or left <= 0:
        return ShelfPlan(listed, profit, max(bound, profit), "milp")
    found = solve_program(relaxed.program, left, gap, columns_of(shelf, listed))
    if found.values is not None:
        other = improved(shelf, found.values[: len(shelf.may)] > 0.5)
        if shelf.keeps(other) and shelf.profit_cents(other) > profit:
            listed, profit = other, shelf.profit_cents(other)
    if np.isfinite(found.bound):
        bound = min(bound, found.bound + _SAFE * abs(found.bound))
    return ShelfPlan(listed, profit, max(bound, profit), "milp")


def _one_class(shelf: Shelf) -> ShelfPlan | None:
    listed, bound = best_ratio(shelf, shelf.weight[0], shelf.value_cents[0])
    if listed is None:
        return None
    profit = shelf.profit_cents(listed)
    return ShelfPlan(listed, profit, max(bound, profit), "dinkelbach")
