"""Lists and order improved together, one SKU at a time: what P1 and P2 in turn cannot see.

At the costs that an order has reached, dropping a SKU saves its whole line and adding one that is bought anyway costs
only its units. Such moves are ranked at those costs, and the most promising are ordered again at a glance; the best is
kept while it earns more. No clock is looked at, so that the same problem gives the same lists on every machine.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from features.errors import DataError
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.value import added_cents, incremental_cents
from training.assortments.supply.alternate import Joined, Turn, at_costs, demand_of, first_line, line_of, valued
from training.assortments.supply.cheapest import CostLine
from training.assortments.supply.solve import glance

_ROUNDS = 12
_ORDERED = 8
"""Moves of a round that are ordered again."""
_RANKED = 400
"""Moves of a round that are held against the rules, the most promising first."""


@dataclass(frozen=True, slots=True)
class _Move:
    """`goes` and `comes` (SKUs, −1 for none) in clusters (C,), and what that seems to be worth."""

    worth: float
    goes: int
    comes: int
    where: tuple[int, ...]

    def applied(self, listed: Flags) -> Flags:
        after = listed.copy()
        for sku, is_listed in ((self.goes, False), (self.comes, True)):
            if sku >= 0:
                after[list(self.where), sku] = is_listed
        return after


def improved(joined: Joined, turn: Turn) -> Turn:
    """The turn, or one with other lists that keep the rules and earn more with their order."""
    first, pieces = first_line(joined), shelves(joined.shelf)
    best = turn
    for _ in range(_ROUNDS):
        priced = at_costs(joined, line_of(joined, best.order, first))
        found = best
        for listed in _promising(priced, best.listed, [piece.keeps for piece in pieces]):
            other = _ordered(joined, listed, first)
            if other is not None:
                found = max(found, other, key=lambda one: one.profit_cents)
        if found.profit_cents <= best.profit_cents + 1e-6:
            break
        best = found
    return best


def _ordered(joined: Joined, listed: Flags, first: CostLine) -> Turn | None:
    """The lists with an order at a glance; None where none is found, or where suppliers cannot deliver enough."""
    try:
        order = glance(joined.supply.with_demand(demand_of(joined, listed)))
    except DataError:
        return None
    return None if order is None else valued(joined, listed, order, first)


def _promising(priced: AssortmentProblem, listed: Flags, keeps: Sequence[Callable[[Flags], bool]]) -> Iterator[Flags]:
    """The lists of the best `_ORDERED` moves that keep the rules."""
    moves = sorted(_moves(priced, listed), key=lambda move: -move.worth)[:_RANKED]
    given = 0
    for move in moves:
        after = move.applied(listed)
        if _is_kept(priced, after, move.where, keeps):
            given += 1
            yield after
        if given == _ORDERED:
            return


def _is_kept(
    priced: AssortmentProblem, after: Flags, where: tuple[int, ...], keeps: Sequence[Callable[[Flags], bool]]
) -> bool:
    if not all(keeps[cluster](after[cluster]) for cluster in where):
        return False
    if priced.max_changes_chain is None or priced.current is None:
        return True
    return int((after != priced.current).sum()) <= priced.max_changes_chain


def _moves(priced: AssortmentProblem, listed: Flags) -> Iterator[_Move]:
    """Removals, additions and swaps in a cluster, and in every cluster that carries a SKU."""
    lost, gained = incremental_cents(priced, listed), added_cents(priced, listed)
    may = priced.may_carry & ~listed
    once = priced.cost_cents
    carried = listed.sum(axis=0)
    saved = np.where(carried == 1, once, 0.0)
    extra = np.where(carried == 0, once, 0.0)
    for cluster in range(len(listed)):
        inside, outside = np.flatnonzero(listed[cluster]), np.flatnonzero(may[cluster])
        out = saved[inside] - lost[cluster, inside]
        come = gained[cluster, outside] - extra[outside]
        yield from _pairs(inside, outside, out, come, (cluster,))
    for sku in np.flatnonzero(carried > 1).tolist():
        where = tuple(np.flatnonzero(listed[:, sku]).tolist())
        rows = list(where)
        outside = np.flatnonzero(may[rows].all(axis=0))
        out = np.array([once[sku] - lost[rows, sku].sum()])
        come = gained[rows][:, outside].sum(axis=0) - extra[outside]
        yield from _pairs(np.array([sku]), outside, out, come, where)


def _pairs(
    inside: np.ndarray, outside: np.ndarray, out: Floats, come: Floats, where: tuple[int, ...]
) -> Iterator[_Move]:
    for nth, sku in enumerate(inside.tolist()):
        yield _Move(float(out[nth]), sku, -1, where)
        for other, new in enumerate(outside.tolist()):
            yield _Move(float(out[nth] + come[other]), sku, new, where)
    if len(where) == 1:
        for other, new in enumerate(outside.tolist()):
            yield _Move(float(come[other]), -1, new, where)
