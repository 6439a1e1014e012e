"""Good orders: tiers first, then single SKUs; every plan is priced by `cost.cost_of`.

For given tiers the problem falls apart by SKU but for the spend that each tier asks for, so a relief on spend (a
multiplier) steers every SKU to its cheapest covering until the tiers are reached.
"""

from dataclasses import dataclass

import numpy as np

from training.supply.cost import cost_of, line_spend
from training.supply.orders import Orders
from training.supply.problem import Bools, Floats, Ints, Problem

CLOSED = -1
_ROUNDS = 30
_FIRST_STEP = 0.06


@dataclass(frozen=True, slots=True)
class Found:
    """units (R, A, N) of an order and what it costs; cost is inf where no order was found."""

    units: Floats
    cost: float


def none_found(problem: Problem) -> Found:
    return Found(np.zeros((len(problem.retailers), len(problem.accounts), len(problem.skus))), np.inf)


def at_tiers(problem: Problem, orders: Orders, tier: Ints) -> Found:
    """The best of some orders that aim at these tiers (A,), CLOSED for accounts not to be used."""
    is_open = tier != CLOSED
    reach = np.where(is_open, np.take_along_axis(problem.spend_from, np.maximum(tier, 0)[:, None], axis=1)[:, 0], 0)
    price = 1 - np.take_along_axis(problem.discount, np.maximum(tier, 0)[:, None], axis=1)[:, 0]
    relief, rent, step = np.zeros(len(tier)), np.zeros(len(tier)), _FIRST_STEP
    rent_step = float(np.nanmean(problem.unit_cost[:, :, 0])) if problem.is_offered.any() else 1.0
    best = none_found(problem)
    for _ in range(_ROUNDS):
        units = _assigned(problem, orders, price - relief, rent, is_open)
        if units is None:
            return best
        spend = _spend(problem, units)
        over = units.sum(axis=(0, 2)) - problem.room_units
        if (over <= 1e-6).all() and is_least_met(problem, units):
            best = _better(best, Found(units, cost_of(problem, units).total))
        short = is_open & (spend < reach)
        loose = is_open & (spend > reach * 1.02) & (relief > 0)
        if not short.any() and not loose.any() and (over <= 1e-6).all():
            break
        relief = np.clip(relief + step * (short.astype(float) - loose), 0, price)
        rent = np.maximum(rent + rent_step * step * np.sign(np.where(np.isfinite(over), over, 0)), 0)
        step *= 0.88
    return best


def is_least_met(problem: Problem, units: Floats) -> bool:
    """Whether every account that is used gets its minimum order."""
    ordered = units.sum(axis=(0, 2))
    return bool(((ordered == 0) | (ordered >= problem.account_least_units - 1e-6)).all())


def _better(one: Found, other: Found) -> Found:
    return other if other.cost < one.cost - 1e-9 else one


def _spend(problem: Problem, units: Floats) -> Floats:
    return np.asarray(line_spend(problem, units).sum(axis=(0, 2)))


def _assigned(problem: Problem, orders: Orders, price: Floats, rent: Floats, is_open: Bools) -> Floats | None:
    """Each SKU's cheapest covering at a price (A,) of spend and a rent (A,) of units; None where there is none."""
    total = orders.units.sum(axis=2)
    value = orders.spend * price[:, None] + orders.other + total * rent[:, None]
    value = np.where(is_open[:, None], value, np.inf)
    level = np.argmin(value, axis=1)
    least = np.take_along_axis(value, level[:, None], axis=1)[:, 0]
    account = np.argmin(least, axis=1)
    cheapest = np.take_along_axis(least, account[:, None], axis=1)[:, 0]
    retailers = len(problem.retailers)
    apart = cheapest[:retailers].sum(axis=0)
    together = cheapest[retailers] if retailers > 1 else np.full_like(apart, np.inf)
    if not np.isfinite(np.minimum(apart, together)).all():
        return None
    if retailers > 1 and not _part_ways(problem, orders, least, level, account, together > apart):
        return None
    units = np.zeros((retailers, *value.shape[2:]))
    sku = np.arange(value.shape[3])
    for covering in range(len(cheapest)):
        is_chosen = (together <= apart) if covering == retailers and retailers > 1 else (together > apart)
        at, which = account[covering][is_chosen], sku[is_chosen]
        units[:, at, which] += orders.units[covering, level[covering, at, which], :, at, which].T
    return units


def _part_ways(problem: Problem, orders: Orders, least: Floats, level: Ints, account: Ints, is_apart: Bools) -> bool:
    """Change `account` (P, N) where both retailers order a SKU apart from one account, more than its cap allows.

    False where no two accounts can serve them.
    """
    same = np.flatnonzero(is_apart & (account[0] == account[1]) & ~problem.never_pooled)
    for sku in same.tolist():
        at = int(account[0, sku])
        total = sum(float(orders.units[one, level[one, at, sku], :, at, sku].sum()) for one in (0, 1))
        if total <= problem.most_units[at, sku]:
            continue
        pair = least[0, :, sku][:, None] + least[1, :, sku]
        np.fill_diagonal(pair, np.inf)
        if not np.isfinite(pair).any():
            return False
        account[0, sku], account[1, sku] = divmod(int(np.argmin(pair)), pair.shape[1])
    return True
