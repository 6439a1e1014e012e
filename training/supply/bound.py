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

from training.supply.lines import Lines
from training.supply.problem import Bools, Floats, Ints, Problem

CLOSED = -1
_DEFLECTION = 0.6
_PATIENCE = 12
_LEAST_STEP = 1e-3
_MEMORY = 0.97
_EXACT_EVERY = 25
_HALVINGS = 14
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


def start(problem: Problem) -> Multipliers:
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


def ascend(problem: Problem, lines_: Lines, at: Multipliers, allowed: Bools, aim: Aim) -> Bound:
    """The best bound from `at`, with what of closed and its tiers each account may have: `allowed` (A, T + 1)."""
    target = aim.target
    scale = np.maximum(start(problem).worth, 1e-9)
    rent_scale = np.nanmean(problem.unit_cost[:, :, 0]) * _RELIEF_SCALE if problem.is_offered.any() else 1.0
    best: Bound | None = None
    factor, stale = 1.0, 0
    before = (np.zeros_like(at.worth), np.zeros_like(at.relief), np.zeros_like(at.rent))
    chosen = np.zeros(allowed.shape)
    for step in range(aim.steps):
        if step % _EXACT_EVERY == 0:
            at = replace(at, relief=_exact_relief(problem, lines_, at))
        found = _pass(problem, lines_, at, allowed)
        chosen = chosen * _MEMORY + (np.arange(allowed.shape[1]) == found.tier[:, None] + 1)
        if step % _EXACT_EVERY == _EXACT_EVERY - 1:
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


def _pass(problem: Problem, lines_: Lines, at: Multipliers, allowed: Bools) -> _Pass:
    accounts, tiers = problem.discount.shape
    ground = _ground(lines_, at)
    option = np.zeros((accounts, tiers + 1))
    spends = np.zeros((accounts, tiers))
    picks = []
    for tier in range(tiers):
        value, pick = _cheapest(lines_, ground, (1 - problem.discount - at.relief)[:, tier])
        picks.append(pick)
        spends[:, tier] = _by_account(lines_, _picked(lines_.spend, pick), accounts)
        option[:, tier + 1] = problem.fixed_cost + _by_account(lines_, value, accounts)
    room = np.where(np.isfinite(problem.room_units), problem.room_units, 0)
    reach = np.where(np.isfinite(problem.spend_from), problem.spend_from, 0)
    option[:, 1:] += at.relief * reach - (at.rent * room)[:, None]
    option[:, 1:][~np.isfinite(problem.spend_from)] = np.inf
    option = np.where(allowed, option, np.inf)
    chosen = np.argmin(option, axis=1)
    tier = chosen - 1
    share, units = _totals(problem, lines_, np.array(picks), tier)
    is_tier = np.arange(tiers) == tier[:, None]
    return _Pass(
        value=float(at.worth.sum() + option[np.arange(accounts), chosen].sum()),
        option=option,
        tier=tier.astype(np.int64),
        worth_slope=(problem.needed_units > 0) - share,
        relief_slope=np.where(is_tier, reach - spends, 0),
        rent_slope=np.where(np.isfinite(problem.room_units) & (tier >= 0), units - room, 0),
    )


def _ground(lines_: Lines, at: Multipliers) -> Floats:
    """(L, V) what a kink costs beside its spend."""
    worth = np.einsum("rl,rlv->lv", at.worth[:, lines_.sku], lines_.share)
    return np.asarray(lines_.other + at.rent[lines_.account][:, None] * lines_.units - worth, dtype=np.float64)


def _cheapest(lines_: Lines, ground: Floats, price: Floats) -> tuple[Floats, NDArray[np.signedinteger[Any]]]:
    """Each line's least value at `price` (A,) for an amount of spend, and its kink; CLOSED where it orders nothing."""
    value = lines_.spend * price[lines_.account][:, None] + ground
    pick = np.argmin(value, axis=1)
    least = value[np.arange(len(pick)), pick]
    return np.minimum(least, 0), np.where(least < 0, pick, CLOSED)


def _picked(part: Floats, pick: NDArray[np.signedinteger[Any]]) -> Floats:
    """(L,) the amount of the picked kink, 0 where nothing is ordered."""
    return np.where(pick >= 0, part[np.arange(len(pick)), np.maximum(pick, 0)], 0)


def _by_account(lines_: Lines, amounts: Floats, accounts: int) -> Floats:
    return np.asarray(np.bincount(lines_.account, weights=amounts, minlength=accounts), dtype=np.float64)


def _totals(problem: Problem, lines_: Lines, picks: Ints, tier: Ints) -> tuple[Floats, Floats]:
    """Shares covered (R, N) and units ordered (A,) by the relaxed plan at these tiers."""
    at = tier[lines_.account]
    pick = np.where(at >= 0, picks[np.maximum(at, 0), np.arange(len(at))], CLOSED)
    skus = len(problem.skus)
    covered = [np.bincount(lines_.sku, weights=_picked(part, pick), minlength=skus) for part in lines_.share]
    share = np.array(covered, dtype=np.float64)
    return share, _by_account(lines_, _picked(lines_.units, pick), len(problem.accounts))


def _exact_relief(problem: Problem, lines_: Lines, at: Multipliers) -> Floats:
    """(A, T) the reliefs that are best for these worths: halving on whether the tier's spend is reached."""
    low, high = np.zeros_like(problem.discount), 1 - problem.discount
    reach = np.where(np.isfinite(problem.spend_from), problem.spend_from, 0)
    ground = _ground(lines_, at)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        spends = np.stack(
            [
                _by_account(
                    lines_,
                    _picked(lines_.spend, _cheapest(lines_, ground, (1 - problem.discount - middle)[:, tier])[1]),
                    len(problem.accounts),
                )
                for tier in range(problem.discount.shape[1])
            ],
            axis=1,
        )
        is_short = spends < reach
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.where(reach > 0, low, 0.0)
