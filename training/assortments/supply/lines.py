"""What one account can do for one SKU, relaxed so that no real order is left out: the ground of the bound.

A line orders Q_r ≥ 0 units for its retailers and covers the share a_r = min(1, Q_r/D_r) of each need D_r. Packs are
dropped but for this: every order is a multiple of the greatest common divisor of a SKU's packs, so D_r may be
rounded up to it, and shares over all accounts of a feasible plan still sum to 1 or more. For weights that make every
unit cost something, cost less the worth of shares is convex piecewise linear within a unit tier, so that its
minimum lies at a kink: a need, a minimum, a cap, or where two of them meet.
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.problem import Bools, Floats, Ints, OrderProblem


@dataclass(frozen=True, slots=True)
class Lines:
    """L lines, sorted by account, with V kinks each.

    account, sku (L,); first (A',) the first line of each account that has any, `used` (A',) which these are
    spend, other, units (V, L): other is line cost and freight, inf where a line has fewer kinks
    share (R, V, L) of the need that is covered
    """

    account: Ints
    sku: Ints
    first: Ints
    used: Ints
    spend: Floats
    other: Floats
    units: Floats
    share: Floats


def lines(problem: OrderProblem) -> Lines:
    """Every line of the problem; a SKU that is never pooled has one for each retailer."""
    account, sku, member = _ends(problem)
    need = np.where(member.T, _rounded_need(problem)[:, sku], 0.0)
    bought, price, is_kink = _kinks(problem, account, sku, member, need)
    units = bought.sum(axis=0)
    share = np.minimum(np.divide(bought, need[:, :, None], out=np.zeros_like(bought), where=need[:, :, None] > 0), 1.0)
    freight = (problem.freight[:, account][:, :, None] * bought).sum(axis=0)
    other = np.where(is_kink, problem.line_cost[account, sku][:, None] + freight, np.inf)
    # a line's kinks first, and no more places than the line with most of them needs
    order = np.argsort(~is_kink, axis=1, kind="stable")[:, : max(1, int(is_kink.sum(axis=1).max(initial=1)))]
    spend, other, units = (np.take_along_axis(part, order, axis=1).T.copy() for part in (price * units, other, units))
    share = np.take_along_axis(share, order[None], axis=2).transpose(0, 2, 1).copy()
    used, first = np.unique(account, return_index=True)
    return Lines(account, sku, first.astype(np.int64), used.astype(np.int64), spend, other, units, share)


def _ends(problem: OrderProblem) -> tuple[Ints, Ints, Bools]:
    """Account and SKU of every line, and its retailers (L, R)."""
    needed = problem.needed_units.sum(axis=0) > 0
    account, sku = np.nonzero(problem.is_offered & needed)
    member = problem.members[account]
    if len(problem.retailers) == 1:
        return account, sku, member
    apart = problem.never_pooled[sku]
    parts = [(account[~apart], sku[~apart], member[~apart])]
    for retailer in range(len(problem.retailers)):
        mine = apart & member[:, retailer]
        parts.append((account[mine], sku[mine], np.eye(2, dtype=bool)[[retailer] * int(mine.sum())].reshape(-1, 2)))
    account, sku, member = (np.concatenate([part[end] for part in parts]) for end in range(3))
    order = np.lexsort((sku, account))
    return account[order], sku[order], member[order]


def _rounded_need(problem: OrderProblem) -> Floats:
    """(R, N) needs, rounded up to the greatest common divisor of the SKU's packs."""
    packs = np.where(problem.is_offered, problem.pack_units, 0).astype(np.int64)
    divisor = np.maximum(np.gcd.reduce(packs, axis=0), 1)
    return np.asarray(np.ceil(problem.needed_units / divisor - 1e-9) * divisor, dtype=np.float64)


def _kinks(
    problem: OrderProblem, account: Ints, sku: Ints, member: Bools, need: Floats
) -> tuple[Floats, Floats, Bools]:
    """Units (R, L, V), unit cost (L, V) and whether the line has the kink (L, V)."""
    pack = problem.pack_units[account, sku]
    least = problem.least_units[account, sku]
    most = np.minimum(problem.most_units[account, sku], problem.room_units[account])
    bought, prices, are = [], [], []
    for tier in range(problem.unit_from.shape[2]):
        start, price = problem.unit_from[account, sku, tier], problem.unit_cost[account, sku, tier]
        is_tier = np.isfinite(start) & np.isfinite(price)
        floor = np.ceil(np.where(is_tier, np.maximum(least, start), 0) / pack - 1e-9) * pack
        for units in _corners(need, floor, np.where(np.isfinite(most), most, 0.0)):
            total = units.sum(axis=0)
            fits = (units >= 0).all(axis=0) & (total > 0) & (total >= floor) & (total <= most)
            bought.append(units)
            prices.append(np.where(is_tier, price, 0.0))
            are.append(is_tier & fits & (member.T | (units == 0)).all(axis=0))
    return np.stack(bought, axis=2), np.stack(prices, axis=1), np.stack(are, axis=1)


def _corners(need: Floats, floor: Floats, most: Floats) -> list[Floats]:
    """Candidates for the units (R, L) of a line; those that break a limit are sorted out afterwards."""
    nothing, never = np.zeros_like(floor), np.full_like(floor, -1.0)
    if len(need) == 1:
        return [need, np.where(floor > need[0], floor, never)[None], np.where(most < need[0], most, never)[None]]
    one, two = need
    corners = [np.stack(pair) for pair in ((one, nothing), (nothing, two), (one, two))]
    for total, is_kink in ((floor, floor > need), (most, most < need)):
        corners.append(np.stack((np.where(is_kink[0], total, never), nothing)))
        corners.append(np.stack((nothing, np.where(is_kink[1], total, never))))
    for total, is_kink in ((floor, floor > need), (most, (most > need) & (most < one + two))):
        corners.append(np.stack((np.where(is_kink[0], one, never), total - one)))
        corners.append(np.stack((np.where(is_kink[1], total - two, never), two)))
    return corners
