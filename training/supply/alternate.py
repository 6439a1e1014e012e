"""P1 and P2 in turn: what to carry at these unit costs, what that costs to buy, and again, while it earns more.

The order of a plan is bought from scratch each time, so the profit of a turn is margin at shelf prices less the whole
order (minimum orders, packs and fixed costs included). It is bounded by P1 at costs that no order can beat: every
account at its best unit and spend tier, no fixed cost, no minimum (`cheapest_unit_cost`).
"""

from dataclasses import dataclass, replace

import numpy as np

from features.errors import DataError
from training.assortment.plan import Plan as Assortment
from training.assortment.problem import Problem as Shelf
from training.assortment.solve import solve as solve_shelf
from training.supply.plan import Plan as Order
from training.supply.problem import Floats, Ints, Problem
from training.supply.solve import solve

CENTS = 100.0
_MOST_TURNS = 6


@dataclass(frozen=True, slots=True)
class Joined:
    """Assortment and order together.

    shelf             P1; its unit profits are ignored and made from `margin_cents` less unit costs
    margin_cents      (C, n) what a unit earns before its cost: price and halo
    supply            P2; its demand is ignored and made from the assortment, its SKUs are those of `shelf`
    retailer          (C,) which retailer of `supply` buys for a cluster
    """

    shelf: Shelf
    margin_cents: Floats
    supply: Problem
    retailer: Ints


@dataclass(frozen=True, slots=True)
class Turn:
    """An assortment with the order that it needs; profit is margin less order less listing costs, in cents."""

    assortment: Assortment
    order: Order
    profit_cents: float


@dataclass(frozen=True, slots=True)
class Alternated:
    """The best turn, all of them in order, and what no assortment with any order can earn."""

    best: Turn
    turns: tuple[Turn, ...]
    bound_cents: float

    @property
    def gap(self) -> float:
        """The most that is left, as a share of the profit; infinite where the profit is 0 or less."""
        left = max(self.bound_cents - self.best.profit_cents, 0.0)
        return left / self.best.profit_cents if self.best.profit_cents > 0 else float("inf")


def alternate(joined: Joined, seconds: float) -> Alternated:
    """Turns until none earns more than the one before or `_MOST_TURNS` are made; each takes its part of `seconds`.

    The first turn is at the costs of the bound. Unit costs of SKUs that a turn does not buy stay as they were.
    Raises DataError where SKUs or clusters of the two problems do not match, and as both solvers do.
    """
    _check(joined)
    each = seconds / (2 * _MOST_TURNS)
    unit_cost = cheapest_unit_cost(joined.supply)
    turns: list[Turn] = []
    bound = float("inf")
    for _ in range(_MOST_TURNS):
        assortment = solve_shelf(_at_costs(joined, unit_cost), each)
        if not turns:
            bound = assortment.bound_cents
        turn = _turn(joined, assortment, each)
        if turns and turn.profit_cents <= turns[-1].profit_cents + 1e-6:
            turns.append(turn)
            break
        turns.append(turn)
        paid = turn.order.unit_cost
        unit_cost = np.where(np.isfinite(paid), paid, unit_cost)
    return Alternated(max(turns, key=lambda turn: turn.profit_cents), tuple(turns), bound)


def _check(joined: Joined) -> None:
    clusters, _, skus = joined.shelf.shape
    if joined.shelf.skus != joined.supply.skus:
        raise DataError(
            "the assortment and the supply problem are about different SKUs. Next: leave out what has no terms."
        )
    if joined.margin_cents.shape != (clusters, skus) or joined.retailer.shape != (clusters,):
        raise DataError(f"margins and retailers have to be given for {clusters} clusters and {skus} SKUs.")


def cheapest_unit_cost(supply: Problem) -> Floats:
    """(R, n) a cost that no needed unit can beat: best unit tier and spend tier of any account, and its freight.

    inf for a SKU that nobody supplies to the retailer.
    """
    price = np.nan_to_num(supply.unit_cost, nan=np.inf).min(axis=2) * (1 - supply.discount.max(axis=1))[:, None]
    landed = price + supply.freight[:, :, None]
    return np.asarray(np.where(supply.members.T[:, :, None], landed, np.inf).min(axis=1), dtype=np.float64)


def _at_costs(joined: Joined, unit_cost: Floats) -> Shelf:
    """P1 with unit profits at these costs (R, n); what a retailer cannot buy is banned from its clusters."""
    cost = unit_cost[joined.retailer] * CENTS
    is_missing = ~np.isfinite(cost)
    banned = is_missing if joined.shelf.banned is None else joined.shelf.banned | is_missing
    profit = joined.margin_cents - np.where(is_missing, 0.0, cost)
    return replace(joined.shelf, unit_profit_cents=profit, banned=banned)


def _turn(joined: Joined, assortment: Assortment, seconds: float) -> Turn:
    units = expected_units(joined.shelf, assortment)
    demand = np.zeros_like(joined.supply.demand_units)
    np.add.at(demand, joined.retailer, units)
    order = solve(joined.supply.with_demand(demand), seconds)
    margin = float((units * joined.margin_cents).sum())
    return Turn(assortment, order, margin - order.total * CENTS - _listing_cents(joined.shelf, assortment))


def expected_units(shelf: Shelf, assortment: Assortment) -> Floats:
    """(C, n) units that shoppers are expected to buy over the horizon."""
    offered = shelf.weight * assortment.listed[:, None, :]
    share = offered / (1 + offered.sum(axis=2, keepdims=True))
    return np.asarray(shelf.visits[:, None] * (shelf.mix[:, :, None] * share).sum(axis=1), dtype=np.float64)


def _listing_cents(shelf: Shelf, assortment: Assortment) -> float:
    """Costs of SKUs that a party lists anywhere."""
    codes = shelf.party_codes
    parties = [assortment.listed[codes == party].any(axis=0) for party in np.unique(codes)]
    return float(sum((is_listed * shelf.cost_cents).sum() for is_listed in parties))
