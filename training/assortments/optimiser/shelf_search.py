"""Local search on one shelf: add, delete, exchange, from three starts; then from what kicks make of the best.

Kicks: iterated local search (Lourenço, Martin and Stützle 2003, "Iterated local search", Handbook of Metaheuristics).
"""

import time
from dataclasses import dataclass

import numpy as np

from training.assortments.optimiser.problem import Codes, Flags, Floats
from training.assortments.optimiser.selection import best_selection
from training.assortments.optimiser.shelf import SLACK, Shelf

_AT_ONCE = 4_000_000
"""Numbers of one table of exchanges held in memory."""


@dataclass(frozen=True, slots=True)
class Move:
    """Take one SKU out, put one in, or both; −1 for none."""

    out: int
    into: int
    gain_cents: float


def search(shelf: Shelf, starts: tuple[Flags, ...] = ()) -> Flags | None:
    """The best list that local search finds; None where no list keeps the rules.

    Starts that break a rule are left out; where none is given, `three_starts` are taken.
    """
    lists = [improved(shelf, start) for start in starts or three_starts(shelf) if shelf.keeps(start)]
    return max(lists, key=shelf.profit_cents) if lists else None


def kicked(shelf: Shelf, listed: Flags, kicks: int, seconds: float, seed: int = 0) -> Flags:
    """The best list of so many kicks, each followed by local search, from one that keeps the rules; never a worse one.

    A kick takes a few SKUs out at random and puts others in where the rules let it. `seconds` ends it early.
    """
    until, draw = time.perf_counter() + seconds, np.random.default_rng(seed)
    best, profit = listed, shelf.profit_cents(listed)
    for _ in range(kicks):
        if time.perf_counter() > until:
            break
        other = improved(shelf, _kick(shelf, best, draw))
        if shelf.profit_cents(other) > profit:
            best, profit = other, shelf.profit_cents(other)
    return best


def _kick(shelf: Shelf, listed: Flags, draw: np.random.Generator) -> Flags:
    """A list near another: a tenth to a third of its free SKUs exchanged; the same where the rules forbid it."""
    inside, outside = np.flatnonzero(listed & ~shelf.must), np.flatnonzero(~listed & shelf.may)
    count = min(len(inside), max(2, round(len(inside) * draw.uniform(0.1, 0.33))))
    other = listed.copy()
    other[draw.choice(inside, count, replace=False)] = False
    for sku in draw.permutation(outside)[:count]:
        other[sku] = True
        if not (shelf.rows @ other <= shelf.most + SLACK).all():
            other[sku] = False
    return other if shelf.keeps(other) else listed


def three_starts(shelf: Shelf) -> tuple[Flags, ...]:
    """The fewest SKUs; those that earn most alone; those that earn most beside what the others earn.

    Each keeps the rules; empty where they contradict each other.
    """
    fewest, _ = best_selection(shelf, np.full(len(shelf.may), -1.0))
    if fewest is None:
        return ()
    alone = (shelf.value_cents * shelf.weight / (1 + shelf.weight)).sum(axis=0) - shelf.cost_cents
    first, _ = best_selection(shelf, alone)
    starts = [fewest] if first is None else [fewest, first]
    marginal, _ = best_selection(shelf, beside(shelf, starts[-1]))
    return tuple(starts if marginal is None else [*starts, marginal])


def beside(shelf: Shelf, listed: Flags) -> Floats:
    """(n,) the slope of the profit in each SKU at a list: Σ_k weight·(value − R_k) / (1 + Σ weight) − cost."""
    earned, attraction = _sums(shelf, listed)
    slope = shelf.weight * (shelf.value_cents - (earned / attraction)[:, None]) / attraction[:, None]
    return np.asarray(slope.sum(axis=0) - shelf.cost_cents)


def improved(shelf: Shelf, start: Flags) -> Flags:
    """The list that is reached by the best move, again and again, until none helps."""
    listed = start.copy()
    least = 1e-10 * float(np.abs(shelf.value_cents).max(initial=0.0))
    while (move := best_move(shelf, listed)) is not None and move.gain_cents > least:
        if move.out >= 0:
            listed[move.out] = False
        if move.into >= 0:
            listed[move.into] = True
    return listed


def best_move(shelf: Shelf, listed: Flags) -> Move | None:
    """The move that gains most and keeps the rules; None where no move does.

    Exchanges are looked at only where neither adding nor deleting gains, for there are many.
    """
    earned, attraction = _sums(shelf, listed)
    now = float((earned / attraction).sum())
    inside = np.flatnonzero(listed & ~shelf.must)
    outside = np.flatnonzero(~listed & shelf.may)
    slack = shelf.most - shelf.rows @ listed + SLACK
    found = [
        _best_single(shelf, outside, 1.0, (earned, attraction, slack, now)),
        _best_single(shelf, inside, -1.0, (earned, attraction, slack, now)),
    ]
    best = max((move for move in found if move is not None), key=lambda move: move.gain_cents, default=None)
    if best is not None and best.gain_cents > 0:
        return best
    return _best_exchange(shelf, inside, outside, (earned, attraction, slack, now)) or best


State = tuple[Floats, Floats, Floats, float]
"""(K,) earned weights, (K,) attractions, (R,) slacks, profit before costs."""


def _sums(shelf: Shelf, listed: Flags) -> tuple[Floats, Floats]:
    """(K,) Σ value·weight·x and 1 + Σ weight·x."""
    weight = shelf.weight[:, listed]
    return (shelf.value_cents[:, listed] * weight).sum(axis=1), 1 + weight.sum(axis=1)


def _best_single(shelf: Shelf, skus: Codes, sign: float, state: State) -> Move | None:
    earned, attraction, slack, now = state
    skus = skus[(sign * shelf.rows[:, skus] <= slack[:, None]).all(axis=0)]
    if not len(skus):
        return None
    weight = sign * shelf.weight[:, skus]
    after = (earned[:, None] + shelf.value_cents[:, skus] * weight) / (attraction[:, None] + weight)
    gain = after.sum(axis=0) - now - sign * shelf.cost_cents[skus]
    best = int(np.argmax(gain))
    sku = int(skus[best])
    return Move(-1, sku, float(gain[best])) if sign > 0 else Move(sku, -1, float(gain[best]))


def _best_exchange(shelf: Shelf, inside: Codes, outside: Codes, state: State) -> Move | None:
    """Over all pairs; a block of SKUs to take out at a time."""
    if not len(inside) or not len(outside):
        return None
    step = max(1, _AT_ONCE // (len(outside) * (len(shelf.weight) + 1)))
    blocks = [_exchanges(shelf, inside[at : at + step], outside, state) for at in range(0, len(inside), step)]
    best = max(blocks, key=lambda move: move.gain_cents)
    return best if np.isfinite(best.gain_cents) else None


def _exchanges(shelf: Shelf, inside: Codes, outside: Codes, state: State) -> Move:
    earned, attraction, slack, now = state
    value = shelf.value_cents * shelf.weight
    gain = shelf.cost_cents[inside][:, None] - shelf.cost_cents[outside] - now
    for k in range(len(attraction)):
        over = (earned[k] - value[k, inside])[:, None] + value[k, outside]
        gain += over / ((attraction[k] - shelf.weight[k, inside])[:, None] + shelf.weight[k, outside])
    for row, left in zip(shelf.rows, slack, strict=True):
        gain[row[outside] - row[inside][:, None] > left] = -np.inf
    at, to = np.unravel_index(int(np.argmax(gain)), gain.shape)
    return Move(int(inside[at]), int(outside[to]), float(gain[at, to]))
