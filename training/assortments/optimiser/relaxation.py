"""The linear relaxation of a shelf, sharpened until it says what it can.

Two steps, again and again. Tangents are added where the relaxation lies. Then bounds on P are narrowed: a list that
is better than the one at hand has P_k between the least and the largest value that the relaxation allows at that
profit (optimality-based bound tightening, Gleixner et al. 2017, "Three enhancements for optimization-based bound
tightening"); narrower bounds make every envelope tighter.
"""

import time
from dataclasses import dataclass

import numpy as np

from training.assortments.optimiser.highs import Program
from training.assortments.optimiser.lazy_rows import LazyProgram
from training.assortments.optimiser.milp import Leaving, leaving, limit_rows, objective, pair_rows, tight_program
from training.assortments.optimiser.problem import Flags, Floats
from training.assortments.optimiser.shelf import Shelf

_TANGENT_ROUNDS = 4
_NARROW_ROUNDS = 4
_LITTLE = 1e-4
_SAFE = 1e-6
"""Relative room for the solver's tolerances, wherever its numbers are taken as proof."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """A sharpened program.

    program       with whole x; no list better than the one it was made with is cut off
    bound_cents   proven: no list earns more
    """

    program: Program
    bound_cents: float


def relax(shelf: Shelf, listed: Flags, seconds: float, gap: float) -> Relaxation:
    """Sharpen the relaxation of a shelf around a list that keeps its rules, for about so many seconds.

    Stops where the bound is within `gap` of the list's profit, relatively, or where another round gains little.
    """
    until = time.perf_counter() + seconds
    profit = shelf.profit_cents(listed)
    bounds, bound = leaving(shelf), np.inf
    points = np.vstack([1 + shelf.weight @ listed, *np.geomspace(1 / bounds.high, 1 / bounds.low, 4)])
    for nth in range(_NARROW_ROUNDS):
        points, found, linear = _sharpened(shelf, bounds, points, until)
        gained, bound = bound - found, min(bound, found)
        enough = bound <= profit + gap * abs(profit) or gained < 0.1 * (bound - profit)
        if enough or nth == _NARROW_ROUNDS - 1 or time.perf_counter() > until:
            break
        bounds = _narrowed(shelf, bounds, linear, profit, until)
    return Relaxation(tight_program(shelf, bounds, points), max(bound, profit))


def _sharpened(shelf: Shelf, bounds: Leaving, points: Floats, until: float) -> tuple[Floats, float, LazyProgram]:
    """Tangents added where the relaxation lies, the bound (infinite where time ran out), the last program."""
    best, rounds = np.inf, 0
    while True:
        linear = LazyProgram(tight_program(shelf, bounds, points), always=~pair_rows(shelf, points))
        found, rounds = linear.solve(until), rounds + 1
        gained, best = best - found.bound, min(best, found.bound)
        if found.values is None or gained < _LITTLE * abs(best) or rounds == _TANGENT_ROUNDS:
            return points, _safe(best), linear
        points = np.vstack([points, 1 + shelf.weight @ found.values[: len(shelf.may)]])


def _narrowed(shelf: Shelf, bounds: Leaving, linear: LazyProgram, profit: float, until: float) -> Leaving:
    """Bounds on P among lists that earn at least `profit`."""
    cost = objective(shelf)
    linear.demand(cost, profit - _SAFE * abs(profit))
    low, high = bounds.low.copy(), bounds.high.copy()
    for k in range(len(low)):
        only = np.zeros(len(cost))
        only[len(shelf.may) + k] = 1.0
        most, least = linear.at_most(only, until), -linear.at_most(-only, until)
        if most == -np.inf or least == np.inf:
            break  # to within tolerances nothing is better than the list at hand, and no bound is left to narrow
        high[k], low[k] = min(high[k], most + _SAFE), max(low[k], least - _SAFE)
    return _within(bounds, low, np.maximum(high, low))


def _safe(bound: float) -> float:
    return bound + _SAFE * abs(bound) if np.isfinite(bound) else bound


def _within(bounds: Leaving, low: Floats, high: Floats) -> Leaving:
    four = (bounds.low0, bounds.high0, bounds.low1, bounds.high1)
    low0, high0, low1, high1 = (np.clip(part, low[:, None], high[:, None]) for part in four)
    return Leaving(low0, high0, low1, high1, low, high)


@dataclass(frozen=True, slots=True, eq=False)
class SharedRelaxation:
    """A relaxation of a shelf that is asked again and again with other costs; it keeps the rows that it has needed."""

    shelf: Shelf
    linear: LazyProgram

    def at(self, cost_cents: Floats, until: float) -> tuple[float, Floats]:
        """What no list earns more than at these costs of listing (n,), and how much of each SKU it would list."""
        return self._solved(self.shelf.with_cost(cost_cents), until)

    def of(self, shelf: Shelf) -> float:
        """What no list of another shelf earns more than: one with the same weights, and rules that are no looser."""
        self.linear.cap(limit_rows(self.shelf, self.linear.rows), shelf.most[: len(self.shelf.most)])
        self.linear.box(shelf.must.astype(np.float64), shelf.may.astype(np.float64))
        return self._solved(shelf, np.inf)[0]

    def _solved(self, shelf: Shelf, until: float) -> tuple[float, Floats]:
        self.linear.charge(objective(shelf))
        found = self.linear.solve(until)
        listed = np.zeros(len(shelf.may)) if found.values is None else found.values[: len(shelf.may)]
        return _safe(found.bound), np.clip(listed, 0.0, 1.0)


def shared_relaxation(shelf: Shelf, listed: Flags, until: float) -> SharedRelaxation:
    """With tangents where the relaxation lies without costs, and at a list."""
    bounds = leaving(shelf)
    points = np.vstack([1 + shelf.weight @ listed, *np.geomspace(1 / bounds.high, 1 / bounds.low, 4)])
    _, _, linear = _sharpened(shelf, bounds, points, until)
    return SharedRelaxation(shelf, linear)
