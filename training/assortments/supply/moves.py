"""Single changes to an order, taken while they save: a SKU's need moves to another account, an account is topped up."""

import numpy as np

from training.assortments.supply.cost import cost_of, line_spend, tier_reached
from training.assortments.supply.orders import Orders
from training.assortments.supply.problem import Floats, Ints, OrderProblem
from training.assortments.supply.search import Found, is_least_met

_MOST_MOVES = 300
_SMALLEST_SAVING = 1e-6


def improved(problem: OrderProblem, orders: Orders, found: Found) -> Found:
    """The order after moves and top-ups, none of which saves anything any more; the same where none was found."""
    if not np.isfinite(found.cost):
        return found
    for _ in range(_MOST_MOVES):
        better = _best_move(problem, orders, found) or _best_top_up(problem, found)
        if better is None:
            return found
        found = better
    return found


def _best_move(problem: OrderProblem, orders: Orders, found: Found) -> Found | None:
    """Move all of a SKU to one account, in one of its quantities, where that saves most; None where nothing does.

    A move is priced exactly: both accounts' tiers, fixed costs and the SKU's line costs are counted again.
    """
    whole = len(orders.spend) - 1
    spend_by_line = line_spend(problem, found.units).sum(axis=0)
    spend, units = spend_by_line.sum(axis=1), found.units.sum(axis=(0, 2))
    without = _without(problem, found.units, spend_by_line, spend, units)
    best: tuple[float, int, int, int] | None = None
    for level in range(orders.spend.shape[1]):
        added, other = orders.spend[whole, level], orders.other[whole, level]
        added_units = orders.units[whole, level].sum(axis=0)
        rest = spend[:, None] - spend_by_line
        rest_units = units[:, None] - found.units.sum(axis=0)
        invoice = _invoice(problem, rest + added, rest_units + added_units) - _invoice(problem, rest, rest_units)
        change = without + invoice + other
        fits = rest_units + added_units <= problem.room_units[:, None] + 1e-6
        change = np.where(fits & np.isfinite(other), change, np.inf)
        account, sku = divmod(int(np.argmin(change)), change.shape[1])
        if best is None or change[account, sku] < best[0]:
            best = (float(change[account, sku]), account, sku, level)
    if best is None or best[0] >= -_SMALLEST_SAVING:
        return None
    _, account, sku, level = best
    moved = found.units.copy()
    moved[:, :, sku] = 0
    moved[:, account, sku] = orders.units[whole, level, :, account, sku]
    return _if_better(problem, found, moved)


def _without(problem: OrderProblem, ordered: Floats, by_line: Floats, spend: Floats, units: Floats) -> Floats:
    """(N,) how the cost changes where a SKU is not ordered at all."""
    line_units = ordered.sum(axis=0)
    now = _invoice(problem, spend[:, None], units[:, None])
    after = _invoice(problem, spend[:, None] - by_line, units[:, None] - line_units)
    is_ordered = ordered > 0
    count = np.where(problem.never_pooled, is_ordered.sum(axis=0), is_ordered.any(axis=0))
    freight = np.einsum("ra,ran->an", problem.freight, ordered)
    return np.asarray((np.where(line_units > 0, after - now, 0) - count * problem.line_cost - freight).sum(axis=0))


def _invoice(problem: OrderProblem, spend: Floats, units: Floats) -> Floats:
    """What an account asks for a spend (A, …) with its tier's discount, and its fixed cost where there are units."""
    flat = np.broadcast_to(spend, np.broadcast_shapes(spend.shape, units.shape))
    discount = np.zeros(flat.shape)
    for tier in range(problem.discount.shape[1]):
        reaches = flat * (1 + 1e-9) + 1e-6 >= problem.spend_from[:, tier][:, None]
        discount = np.where(reaches, problem.discount[:, tier][:, None], discount)
    return np.asarray(flat * (1 - discount) + np.where(units > 1e-9, problem.fixed_cost[:, None], 0))


def _best_top_up(problem: OrderProblem, found: Found) -> Found | None:
    """More packs of one SKU where that reaches an account's next tier and saves; None where nothing does."""
    spend = line_spend(problem, found.units).sum(axis=(0, 2))
    tier = tier_reached(problem, spend)
    best: Found | None = None
    for account in np.flatnonzero(spend > 0):
        if tier[account] + 1 >= problem.discount.shape[1]:
            continue
        if not np.isfinite(problem.spend_from[account, tier[account] + 1]):
            continue
        short = problem.spend_from[account, tier[account] + 1] - spend[account]
        gained = problem.discount[account, tier[account] + 1] - problem.discount[account, tier[account]]
        if not short < gained * (spend[account] + short) + 1e-9:
            continue
        best = _topped_up(problem, best or found, found, int(account), float(short)) or best
    return best


def _topped_up(problem: OrderProblem, best: Found, found: Found, account: int, short: float) -> Found | None:
    """The cheapest top-up of one account that beats `best`, among its ordered SKUs."""
    ordered = found.units[:, account]
    skus = np.flatnonzero(ordered.sum(axis=0) > 0)
    last = problem.unit_cost[account][skus]
    price = np.nanmin(last, axis=1)
    packs = np.ceil(short / (price * problem.pack_units[account, skus]) - 1e-9)
    added = packs * problem.pack_units[account, skus]
    total = ordered[:, skus].sum(axis=0) + added
    fits = (total <= problem.most_units[account, skus]) & (ordered.sum() + added <= problem.room_units[account])
    order = np.argsort(np.where(fits, added * price, np.inf), kind="stable")[:3]
    better = None
    for nth in order[fits[order]]:
        topped = found.units.copy()
        retailer = int(np.argmax(ordered[:, skus[nth]] > 0))
        topped[retailer, account, skus[nth]] += added[nth]
        better = _if_better(problem, better or best, topped) or better
    return better


def _if_better(problem: OrderProblem, found: Found, units: Floats) -> Found | None:
    cost = cost_of(problem, units).total
    if cost >= found.cost - _SMALLEST_SAVING or not is_least_met(problem, units):
        return None
    return Found(units, cost)


def tiers_of(problem: OrderProblem, units: Floats) -> Ints:
    """(A,) tiers that an order reaches, -1 for accounts that are not used."""
    return cost_of(problem, units).tier
