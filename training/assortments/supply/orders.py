"""Finite dominating order quantities: which amounts of a SKU are worth ordering through an account.

What is needed, the minimum order, and where a unit tier begins; anything between them costs more and buys nothing,
but for topping up an account's spend (`search.top_up`).
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.cost import unit_cost_at
from training.assortments.supply.problem import Floats, OrderProblem


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders that cover the whole need of one or both retailers from one account.

    P coverings: each retailer by itself, then both (where R is 2); K quantities, one for each unit tier.

    units  (P, K, R, A, N); spend (P, K, A, N) at unit costs; other (P, K, A, N) line cost and freight
    total  (P, K, A, N) units of all retailers
    A quantity that an account does not deliver has `other` inf.
    """

    units: Floats
    spend: Floats
    other: Floats
    total: Floats


def orders(problem: OrderProblem) -> Orders:
    """Every covering and quantity."""
    retailers = len(problem.retailers)
    coverings = [[retailer] for retailer in range(retailers)] + ([[0, 1]] if retailers > 1 else [])
    made = [[_order(problem, covering, tier) for tier in range(problem.unit_from.shape[2])] for covering in coverings]
    units, spend, other = (np.array([[order[part] for order in row] for row in made]) for part in range(3))
    return Orders(units, spend, other, units.sum(axis=2))


def _order(problem: OrderProblem, covering: list[int], tier: int) -> tuple[Floats, Floats, Floats]:
    pack = problem.pack_units
    floor = np.maximum(problem.least_units, problem.unit_from[:, :, tier])
    is_possible = problem.is_offered & np.isfinite(floor) & problem.members[:, covering].all(axis=1, keepdims=True)
    floor = np.where(is_possible, floor, 0.0)
    units = np.zeros((len(problem.retailers), *pack.shape))
    for retailer in covering:
        units[retailer] = _packed(problem.needed_units[retailer][None, :], pack)
    # a need of nothing is not ordered, whatever the minimum
    is_needed = units > 0
    apart = np.where(problem.never_pooled & is_needed, np.maximum(units, _packed(floor, pack)), units)
    short = np.where(is_needed.any(axis=0), np.maximum(_packed(floor, pack) - units.sum(axis=0), 0), 0)
    cheapest = np.array(covering)[np.argmin(problem.freight[covering], axis=0)]
    together = units.copy()
    together[cheapest, np.arange(len(cheapest))] += short
    units = np.where(problem.never_pooled, apart, together)
    counted = np.where(problem.never_pooled, units, units.sum(axis=0, keepdims=True))
    is_possible &= (counted <= problem.most_units).all(axis=0)
    is_possible &= units.sum(axis=0) <= problem.room_units[:, None]
    spend = (units * unit_cost_at(problem, counted)).sum(axis=0)
    lines = np.where(problem.never_pooled, (units > 0).sum(axis=0), (units > 0).any(axis=0))
    other = lines * problem.line_cost + np.einsum("ra,ran->an", problem.freight, units)
    return units, np.where(is_possible, spend, 0.0), np.where(is_possible, other, np.inf)


def _packed(units: Floats, pack_units: Floats) -> Floats:
    return np.asarray(np.ceil(units / pack_units - 1e-9) * pack_units, dtype=np.float64)
