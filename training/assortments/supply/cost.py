"""What an order costs: unit tiers, then the discount of the spend tier, then fixed costs and freight."""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.problem import Floats, Ints, OrderProblem


@dataclass(frozen=True, slots=True)
class Cost:
    """spend (A,) at unit costs before the discount; tier (A,) reached, -1 where nothing is ordered; amounts by account.

    bought (A,) spend less discount; fixed (A,) of accounts and lines; freight (A,).
    """

    spend: Floats
    tier: Ints
    bought: Floats
    fixed: Floats
    freight: Floats

    @property
    def total(self) -> float:
        return float(self.bought.sum() + self.fixed.sum() + self.freight.sum())


def cost_of(problem: OrderProblem, units: Floats) -> Cost:
    """The cost of ordering `units` (R, A, N)."""
    spend = line_spend(problem, units).sum(axis=(0, 2))
    is_used = units.sum(axis=(0, 2)) > 0
    tier = tier_reached(problem, spend)
    discount = np.take_along_axis(problem.discount, tier[:, None], axis=1)[:, 0]
    fixed = np.where(is_used, problem.fixed_cost, 0) + (_orders(problem, units) * problem.line_cost).sum(axis=1)
    freight = np.einsum("ra,ran->a", problem.freight, units)
    return Cost(spend, np.where(is_used, tier, -1), spend * (1 - discount), fixed, freight)


def tier_reached(problem: OrderProblem, spend: Floats) -> Ints:
    """(A,) the highest spend tier that a spend (A,) reaches; amounts below a millionth do not count."""
    reached = problem.spend_from <= spend[:, None] * (1 + 1e-9) + 1e-6
    return np.asarray(reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1), dtype=np.int64)


def line_spend(problem: OrderProblem, units: Floats) -> Floats:
    """(R, A, N) units × unit cost; the unit tier is that of both retailers' units, unless the SKU is never pooled."""
    together = units.sum(axis=0, keepdims=True)
    counted = np.where(problem.never_pooled, units, together)
    return units * unit_cost_at(problem, counted)


def unit_cost_at(problem: OrderProblem, counted: Floats) -> Floats:
    """(R, A, N) the cost of a unit where `counted` (R, A, N) units are ordered; 0 where the SKU is not offered."""
    last = problem.unit_cost[:, :, 0]
    found = np.broadcast_to(np.where(np.isfinite(last), last, 0.0), counted.shape).copy()
    for tier in range(1, problem.unit_cost.shape[2]):
        holds = (counted >= problem.unit_from[:, :, tier] - 1e-9) & np.isfinite(problem.unit_cost[:, :, tier])
        found = np.where(holds, problem.unit_cost[:, :, tier], found)
    return found


def _orders(problem: OrderProblem, units: Floats) -> Floats:
    """(A, N) how many lines a SKU's order has: one, or one for each retailer where it is never pooled."""
    is_ordered = units > 0
    each = is_ordered.sum(axis=0)
    return np.asarray(np.where(problem.never_pooled, each, is_ordered.any(axis=0)), dtype=np.float64)
