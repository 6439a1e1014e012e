"""Good orders: tiers first, then single SKUs; every plan is priced by `cost.cost_of`.

For given tiers the problem falls apart by SKU but for the spend that each tier asks for, so a relief on spend (a
multiplier) steers every SKU to its cheapest covering until the tiers are reached.
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.cost import cost_of, tier_reached
from training.assortments.supply.orders import Orders
from training.assortments.supply.problem import Bools, Floats, Ints, OrderProblem

CLOSED = -1
_ROUNDS = 30
_FIRST_STEP = 0.06


@dataclass(frozen=True, slots=True)
class Found:
    """units (R, A, N) of an order and what it costs; cost is inf where no order was found."""

    units: Floats
    cost: float


def none_found(problem: OrderProblem) -> Found:
    return Found(np.zeros((len(problem.retailers), len(problem.accounts), len(problem.skus))), np.inf)


def at_tiers(problem: OrderProblem, orders: Orders, tier: Ints) -> Found:
    """The best of some orders that aim at these tiers (A,), CLOSED for accounts not to be used."""
    is_open = tier != CLOSED
    reach = np.where(is_open, np.take_along_axis(problem.spend_from, np.maximum(tier, 0)[:, None], axis=1)[:, 0], 0)
    price = 1 - np.take_along_axis(problem.discount, np.maximum(tier, 0)[:, None], axis=1)[:, 0]
    relief, rent, step = np.zeros(len(tier)), np.zeros(len(tier)), _FIRST_STEP
    rent_step = float(np.nanmean(problem.unit_cost[:, :, 0])) if problem.is_offered.any() else 1.0
    best: tuple[float, _Choice] | None = None
    for _ in range(_ROUNDS):
        choice = _chosen(problem, orders, price - relief, rent, is_open)
        if choice is None:
            break
        over = choice.total - problem.room_units
        if (over <= 1e-6).all() and _reaches_least(problem, choice.total):
            cost = _cost(problem, choice)
            best = (cost, choice) if best is None or cost < best[0] - 1e-9 else best
        short = is_open & (choice.spend < reach)
        loose = is_open & (choice.spend > reach * 1.02) & (relief > 0)
        if not short.any() and not loose.any() and (over <= 1e-6).all():
            break
        relief = np.clip(relief + step * (short.astype(float) - loose), 0, price)
        rent = np.maximum(rent + rent_step * step * np.sign(np.where(np.isfinite(over), over, 0)), 0)
        step *= 0.88
    if best is None:
        return none_found(problem)
    units = _units(problem, orders, best[1])
    return Found(units, cost_of(problem, units).total)


def is_least_met(problem: OrderProblem, units: Floats) -> bool:
    """Whether every account that is used gets its minimum order."""
    return _reaches_least(problem, units.sum(axis=(0, 2)))


def _reaches_least(problem: OrderProblem, ordered: Floats) -> bool:
    return bool(((ordered == 0) | (ordered >= problem.account_least_units - 1e-6)).all())


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which order covers what: covering, level, account and SKU of each (M,); sums by account (A,); other costs."""

    picks: tuple[Ints, Ints, Ints, Ints]
    spend: Floats
    total: Floats
    other: float


def _cost(problem: OrderProblem, choice: _Choice) -> float:
    tier = tier_reached(problem, choice.spend)
    discount = np.take_along_axis(problem.discount, tier[:, None], axis=1)[:, 0]
    fixed = problem.fixed_cost[choice.total > 0].sum()
    return float((choice.spend * (1 - discount)).sum() + fixed + choice.other)


def _units(problem: OrderProblem, orders: Orders, choice: _Choice) -> Floats:
    covering, level, account, sku = choice.picks
    units = none_found(problem).units
    for retailer in range(len(problem.retailers)):
        np.add.at(units[retailer], (account, sku), orders.units[covering, level, retailer, account, sku])
    return units


def _chosen(problem: OrderProblem, orders: Orders, price: Floats, rent: Floats, is_open: Bools) -> _Choice | None:
    """Each SKU's cheapest covering at a price (A,) of spend and a rent (A,) of units; None where there is none."""
    value = orders.spend * price[:, None] + orders.other + orders.total * rent[:, None]
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
    is_apart = np.stack([together > apart] * retailers + ([together <= apart] if retailers > 1 else []))
    covering, sku = np.nonzero(is_apart)
    at = account[covering, sku]
    picks = (covering, level[covering, at, sku], at, sku)
    accounts = len(problem.accounts)
    return _Choice(
        picks,
        np.bincount(at, weights=_of(orders.spend, picks), minlength=accounts).astype(np.float64),
        np.bincount(at, weights=_of(orders.total, picks), minlength=accounts).astype(np.float64),
        float(_of(orders.other, picks).sum()),
    )


def _of(part: Floats, picks: tuple[Ints, Ints, Ints, Ints]) -> Floats:
    return np.asarray(part[picks], dtype=np.float64)


def _part_ways(
    problem: OrderProblem, orders: Orders, least: Floats, level: Ints, account: Ints, is_apart: Bools
) -> bool:
    """Change `account` (P, N) where both retailers order a SKU apart from one account, more than its cap allows.

    False where no two accounts can serve them.
    """
    sku_nth = np.arange(account.shape[1])
    total = sum(orders.total[one, level[one, account[one], sku_nth], account[one], sku_nth] for one in (0, 1))
    is_same = is_apart & (account[0] == account[1]) & ~problem.never_pooled
    for sku in np.flatnonzero(is_same & (total > problem.most_units[account[0], sku_nth])).tolist():
        pair = least[0, :, sku][:, None] + least[1, :, sku]
        np.fill_diagonal(pair, np.inf)
        if not np.isfinite(pair).any():
            return False
        account[0, sku], account[1, sku] = divmod(int(np.argmin(pair)), pair.shape[1])
    return True
