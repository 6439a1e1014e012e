"""A lower bound on the cost of any order: Lagrangian relaxation, which falls apart by account and tier.

For worths u ≥ 0 of covering a need (R, N), reliefs λ ≥ 0 of a tier's spend (A, T) and rents κ ≥ 0 of an account's
room (A,), every feasible plan costs at least

    Σ u + Σ_a min(0, min_t F_a + λ_at B_at − κ_a room_a + Σ_lines min(0, min_v kink))
    kink = (1 − δ_at − λ_at) spend + other + κ_a units − u·share

(Geoffrion 1974; the tier's upper end and an account's minimum order are relaxed too). λ ≤ 1−δ keeps every unit's
price at 0 or more, as `lines` asks for. The ascent is a deflected subgradient with Polyak's step towards the best
known cost (Camerini, Fratta & Maffioli 1975); any multipliers give a valid bound, so when it stops does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.assortments.supply.lines import Lines
from training.assortments.supply.problem import Bools, Floats, Ints, OrderProblem

CLOSED = -1
_DEFLECTION = 0.6
_PATIENCE = 12
_LEAST_STEP = 1e-3
_MEMORY = 0.97
_VISIT_EVERY = 25
_HALVINGS = 12
_RELIEF_SCALE = 0.05
"""Reliefs move in the size of discounts, worths in the size of costs."""


@dataclass(frozen=True, slots=True)
class Multipliers:
    worth: Floats
    relief: Floats
    rent: Floats


@dataclass(frozen=True, slots=True)
class Bound:
    """value is the bound.

    option     (A, T + 1) what an account adds to it if it is closed (column 0) or at tier t (column t + 1)
    frequency  (A, T + 1) how often the ascent chose so: about what the linear relaxation would, 1 where it is sure
    """

    value: float
    multipliers: Multipliers
    option: Floats
    frequency: Floats


@dataclass(frozen=True, slots=True)
class _Pass:
    value: float
    option: Floats
    tier: Ints
    worth_slope: Floats
    relief_slope: Floats
    rent_slope: Floats


def start(problem: OrderProblem) -> Multipliers:
    """Worths from each need's cheapest offer at the best discount; no reliefs, no rents."""
    best = 1 - problem.discount.max(axis=1)
    price = np.where(problem.is_offered, np.nanmin(problem.unit_cost, axis=2, initial=np.inf), np.inf)
    unit = price * best[:, None]
    members = problem.members.T[:, :, None]
    cheapest = np.where(members, unit + problem.freight[:, :, None], np.inf).min(axis=1)
    worth = np.where(np.isfinite(cheapest), cheapest, 0.0) * problem.needed_units
    return Multipliers(worth, np.zeros_like(problem.discount), np.zeros(len(problem.accounts)))


@dataclass(frozen=True, slots=True)
class Aim:
    """What an ascent goes for.

    target  the cost of the best plan known
    steps   the most that it takes
    gap     the share of the cost within which a bound is good enough
    visit   is shown the tiers (A,) of the relaxed plan now and then, CLOSED among them, and answers with the cost of
            the best plan that it knows; inf for none
    """

    target: float
    steps: int
    gap: float
    visit: Callable[[Ints], float]


def ascend(problem: OrderProblem, lines_: Lines, at: Multipliers, allowed: Bools, aim: Aim) -> Bound:
    """The best bound from `at`, with what of closed and its tiers each account may have: `allowed` (A, T + 1)."""
    target = aim.target
    scale = np.maximum(start(problem).worth, 1e-9)
    rent_scale = np.nanmean(problem.unit_cost[:, :, 0]) * _RELIEF_SCALE if problem.is_offered.any() else 1.0
    best: Bound | None = None
    factor, stale = 1.0, 0
    before = (np.zeros_like(at.worth), np.zeros_like(at.relief), np.zeros_like(at.rent))
    chosen = np.zeros(allowed.shape)
    for step in range(aim.steps):
        if step % (2 * _VISIT_EVERY) == 0:
            at = replace(at, relief=_exact_relief(problem, lines_, at))
        found = _pass(problem, lines_, at, allowed)
        chosen = chosen * _MEMORY + (np.arange(allowed.shape[1]) == found.tier[:, None] + 1)
        if step % _VISIT_EVERY == _VISIT_EVERY - 1:
            target = min(target, aim.visit(found.tier))
        if best is None or found.value > best.value:
            stale = 0 if best is None or found.value > best.value + 1e-5 * abs(best.value) else stale + 1
            best = Bound(found.value, at, found.option, chosen)
        else:
            stale += 1
        if stale > _PATIENCE:
            factor, stale, at = factor / 2, 0, best.multipliers
            before = (before[0] * 0, before[1] * 0, before[2] * 0)
            if factor < _LEAST_STEP:
                break
            continue
        slopes = (found.worth_slope * scale, found.relief_slope * _RELIEF_SCALE, found.rent_slope * rent_scale)
        before = tuple(slope + _DEFLECTION * last for slope, last in zip(slopes, before, strict=True))  # type: ignore[assignment]  # three of three
        length = sum(float((part**2).sum()) for part in before)
        if length <= 0 or not np.isfinite(target) or found.value >= target * (1 - aim.gap):
            break
        pace = factor * (target - found.value) / length
        at = Multipliers(
            np.maximum(at.worth + pace * before[0] * scale, 0),
            np.clip(at.relief + pace * before[1] * _RELIEF_SCALE, 0, 1 - problem.discount),
            np.where(np.isfinite(problem.room_units), np.maximum(at.rent + pace * before[2] * rent_scale, 0), 0),
        )
    if best is None:
        raise ValueError("a bound takes one step or more")
    return replace(best, frequency=chosen / chosen.sum(axis=1, keepdims=True))


def _pass(problem: OrderProblem, lines_: Lines, at: Multipliers, allowed: Bools) -> _Pass:
    accounts, tiers = problem.discount.shape
    value, pick = _cheapest(lines_, _ground(lines_, at), 1 - problem.discount - at.relief)
    room = np.where(np.isfinite(problem.room_units), problem.room_units, 0)
    reach = np.where(np.isfinite(problem.spend_from), problem.spend_from, 0)
    option = np.zeros((accounts, tiers + 1))
    option[:, 1:] = problem.fixed_cost[:, None] + _by_account(problem, lines_, value)
    option[:, 1:] += at.relief * reach - (at.rent * room)[:, None]
    option[:, 1:][~np.isfinite(problem.spend_from)] = np.inf
    option = np.where(allowed, option, np.inf)
    chosen = np.argmin(option, axis=1)
    tier = chosen - 1
    taken = _taken(lines_, pick, tier)
    spends = _by_account(problem, lines_, _picked(lines_.spend, taken)[None])
    units = _by_account(problem, lines_, _picked(lines_.units, taken)[None])[:, 0]
    is_tier = np.arange(tiers) == tier[:, None]
    return _Pass(
        value=float(at.worth.sum() + option[np.arange(accounts), chosen].sum()),
        option=option,
        tier=tier.astype(np.int64),
        worth_slope=(problem.needed_units > 0) - _covered(problem, lines_, taken),
        relief_slope=np.where(is_tier, reach - spends, 0),
        rent_slope=np.where(np.isfinite(problem.room_units) & (tier >= 0), units - room, 0),
    )


def _ground(lines_: Lines, at: Multipliers) -> Floats:
    """(V, L) what a kink costs beside its spend."""
    found = lines_.other + at.rent[lines_.account] * lines_.units
    for worth, share in zip(at.worth, lines_.share, strict=True):
        found = found - worth[lines_.sku] * share
    return found


def _cheapest(lines_: Lines, ground: Floats, price: Floats) -> tuple[Floats, Ints]:
    """Each line's least value at `price` (A, T) for an amount of spend, and its kink, both (T, L).

    The kink is CLOSED, the value 0, where it is best to order nothing. A loop over few kinks is faster than argmin.
    """
    by_line = price.T[:, lines_.account]
    least = np.zeros(by_line.shape)
    pick = np.full(by_line.shape, CLOSED, dtype=np.int64)
    for kink, (spend, rest) in enumerate(zip(lines_.spend, ground, strict=True)):
        value = by_line * spend + rest
        is_less = value < least
        least = np.where(is_less, value, least)
        pick = np.where(is_less, kink, pick)
    return least, pick


def _taken(lines_: Lines, pick: Ints, tier: NDArray[np.signedinteger[Any]]) -> Ints:
    """(L,) the kink that each line has at its account's tier (A,), CLOSED for none."""
    at = tier[lines_.account]
    return np.asarray(np.where(at >= 0, pick[np.maximum(at, 0), np.arange(len(at))], CLOSED), dtype=np.int64)


def _picked(part: Floats, pick: Ints) -> Floats:
    """(L,) the amount (V, L) of the picked kink (L,), 0 where nothing is ordered."""
    return np.where(pick >= 0, part[np.maximum(pick, 0), np.arange(len(pick))], 0)


def _by_account(problem: OrderProblem, lines_: Lines, amounts: Floats) -> Floats:
    """(A, T) sums over lines of amounts (T, L)."""
    found = np.zeros((len(problem.accounts), len(amounts)))
    if len(lines_.first):
        found[lines_.used] = np.add.reduceat(amounts, lines_.first, axis=1).T
    return found


def _covered(problem: OrderProblem, lines_: Lines, pick: Ints) -> Floats:
    """(R, N) shares of needs that the picked kinks cover."""
    skus = len(problem.skus)
    covered = [np.bincount(lines_.sku, weights=_picked(part, pick), minlength=skus) for part in lines_.share]
    return np.array(covered, dtype=np.float64)


def _exact_relief(problem: OrderProblem, lines_: Lines, at: Multipliers) -> Floats:
    """(A, T) the reliefs that are best for these worths: halving on whether the tier's spend is reached."""
    low, high = np.zeros_like(problem.discount), 1 - problem.discount
    reach = np.where(np.isfinite(problem.spend_from), problem.spend_from, 0)
    ground = _ground(lines_, at)
    column = np.arange(len(lines_.account))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        _, pick = _cheapest(lines_, ground, 1 - problem.discount - middle)
        spend = np.where(pick >= 0, lines_.spend[np.maximum(pick, 0), column], 0)
        is_short = _by_account(problem, lines_, spend) < reach
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.where(reach > 0, low, 0.0)
