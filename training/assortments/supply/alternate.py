"""P1 and P2 in turn: what to carry at these unit costs, what that costs to buy, and again, while it earns more.

The order of a plan is bought from scratch each time, so the profit of a turn is margin at shelf prices less the whole
order (minimum orders, packs and fixed costs included), plus what units that are left over are still worth. It is
bounded by P1 at costs that no order can beat (`training.assortments.supply.cheapest`).
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from features.errors import DataError
from training.assortments.optimiser.problem import AssortmentProblem, Flags
from training.assortments.optimiser.solve import solve as solve_shelf
from training.assortments.optimiser.value import listing_cost_cents, units
from training.assortments.supply.cheapest import CostLine, Most, cheapest_line
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import Floats, OrderProblem
from training.assortments.supply.solve import solve

CENTS = 100.0
_MOST_TURNS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Assortment and order together.

    shelf           P1; its unit profits are ignored and made from `margin_cents` less unit costs
    margin_cents    (C, n) what a unit earns before what `supply` asks for it; net of its cost where `supply` lacks it
    supply          P2; its demand is ignored and made from the assortment, its SKUs are among those of `shelf`
    part            (C, R) of a cluster's units, what each retailer of `supply` buys; rows add up to 1
    left_over_loss  of its cost, what a unit loses that is ordered and not sold within the horizon; 1: all of it
    """

    shelf: AssortmentProblem
    margin_cents: Floats
    supply: OrderProblem
    part: Floats
    left_over_loss: float = 1.0

    @property
    def place(self) -> np.ndarray:
        """(N,) where the SKUs of `supply` stand among those of `shelf`."""
        at = {sku: nth for nth, sku in enumerate(self.shelf.skus)}
        return np.array([at[sku] for sku in self.supply.skus], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """Lists with the order that they need.

    listed        (C, n)
    unit_cost     (R, N) what a unit costs as ordered; of a SKU that is not bought, what it would cost in today's lists
    profit_cents  margin less order less listing costs, with what is left over
    seconds       wall time of lists and order
    """

    listed: Flags
    order: OrderPlan
    unit_cost: Floats
    profit_cents: float
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
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

    A turn sees of each SKU a fixed cost, for listing it at all, and a cost of a unit: where more is ordered than sold,
    a unit more costs only what it could have been left over for. The first turn is at the costs of the bound. Costs of
    SKUs that a turn does not buy stay as they were.
    Raises DataError where SKUs or clusters of the two problems do not match, and as both solvers do.
    """
    _check(joined)
    each = seconds / (2 * _MOST_TURNS)
    line = first_line(joined)
    turns: list[Turn] = []
    bound = float("inf")
    for _ in range(_MOST_TURNS):
        began = time.perf_counter()
        assortment = solve_shelf(at_costs(joined, line), each)
        if not turns:
            bound = assortment.bound_cents
        order = solve(joined.supply.with_demand(demand_of(joined, assortment.listed)), each)
        turn = valued(joined, assortment.listed, order, line)
        turn = replace(turn, seconds=time.perf_counter() - began)
        is_better = not turns or turn.profit_cents > turns[-1].profit_cents + 1e-6
        turns.append(turn)
        if not is_better:
            break
        line = line_of(joined, order, line)
    return Alternated(max(turns, key=lambda turn: turn.profit_cents), tuple(turns), bound)


def _check(joined: Joined) -> None:
    clusters, _, skus = joined.shelf.shape
    lacking = set(joined.supply.skus) - set(joined.shelf.skus)
    if lacking:
        raise DataError(
            f"the supply problem has {len(lacking)} SKUs that the assortment lacks, such as {min(lacking)}. "
            "Next: leave out what is not planned."
        )
    retailers = len(joined.supply.retailers)
    if joined.margin_cents.shape != (clusters, skus) or joined.part.shape != (clusters, retailers):
        raise DataError(
            f"margins and parts have to be given for {clusters} clusters, {skus} SKUs and {retailers} retailers."
        )


def first_line(joined: Joined) -> CostLine:
    """Costs that no order can beat, near what today's lists sell, each SKU added to them."""
    shelf, place = joined.shelf, joined.place
    now = np.zeros(joined.margin_cents.shape, dtype=bool) if shelf.current is None else shelf.current
    beside = 1 + np.where(now[:, None, :], shelf.weight, 0.0).sum(axis=2, keepdims=True)
    with_it = beside + np.where(now[:, None, :], 0.0, shelf.weight)
    near = np.einsum("ck,ckn->n", shelf.visits[:, None] * shelf.mix, shelf.weight / with_it)[place]
    return cheapest_line(joined.supply, _most(joined), joined.left_over_loss, np.asarray(near))


def at_costs(joined: Joined, line: CostLine) -> AssortmentProblem:
    """P1 with these costs; what nobody supplies at any cost is banned.

    Sellers that list apart share a SKU's fixed cost in equal parts, so that nobody is charged more than there is.
    """
    shelf, place = joined.shelf, joined.place
    is_missing = np.zeros(len(shelf.skus), dtype=bool)
    is_missing[place] = ~np.isfinite(line.unit)
    unit, fixed = np.zeros(len(shelf.skus)), np.zeros(len(shelf.skus))
    unit[place] = np.where(np.isfinite(line.unit), line.unit, 0.0) * CENTS
    fixed[place] = line.fixed * CENTS / max(len(set(shelf.party)), 1)
    costs = shelf.cost_cents + fixed
    return replace(
        shelf,
        unit_profit_cents=joined.margin_cents - unit,
        sku_cost_cents=costs if costs.any() else None,
        banned=~shelf.may_carry | is_missing,
    )


def line_of(joined: Joined, order: OrderPlan, otherwise: CostLine) -> CostLine:
    """What an order says of each SKU that it buys: another unit costs its price, or what a left-over is still worth."""
    demand, ordered = order.problem.demand_units.sum(axis=0), order.units.sum(axis=(0, 1))
    amounts = order.amounts.sum(axis=0)
    price = np.divide(amounts, ordered, out=np.zeros_like(amounts), where=ordered > 0)
    more = np.where(ordered >= demand + 1, (1 - joined.left_over_loss) * order.lowest_price, price)
    fixed = np.maximum(amounts - left_over_value(joined, order) - more * demand, 0.0)
    is_bought = demand > 0
    return CostLine(
        np.where(is_bought, fixed, otherwise.fixed),
        np.where(is_bought, more, otherwise.unit),
        np.where(is_bought, demand, otherwise.near),
    )


def cluster_cost_cents(joined: Joined, unit_cost: Floats) -> Floats:
    """(C, n) unit costs (R, N) of the retailers that buy for a cluster; 0 where the margin is net of it already."""
    cost = np.zeros(joined.margin_cents.shape)
    shared = np.where(joined.part[:, :, None] > 0, joined.part[:, :, None] * unit_cost[None], 0.0).sum(axis=1)
    cost[:, joined.place] = shared * CENTS
    return cost


def demand_of(joined: Joined, listed: Flags) -> Floats:
    """(R, N) units that shoppers are expected to buy over the horizon, by the retailer that buys them."""
    return np.asarray(joined.part.T @ units(joined.shelf, listed)[:, joined.place], dtype=np.float64)


def valued(joined: Joined, listed: Flags, order: OrderPlan, otherwise: CostLine) -> Turn:
    """What lists earn with an order that covers them; `otherwise` are the costs of what is not bought."""
    margin = float((units(joined.shelf, listed) * joined.margin_cents).sum())
    spent = (order.total - float(left_over_value(joined, order).sum())) * CENTS
    told = np.tile(otherwise.average, (len(joined.supply.retailers), 1))
    paid = paid_unit_cost(joined, order, told)
    return Turn(listed, order, paid, margin - spent - listing_cost_cents(joined.shelf, listed))


def left_over_value(joined: Joined, order: OrderPlan) -> Floats:
    """(N,) what units beyond the demand are still worth, at the lowest price that was paid for the SKU."""
    over = np.maximum(order.units.sum(axis=(0, 1)) - order.problem.demand_units.sum(axis=0), 0.0)
    return np.asarray((1 - joined.left_over_loss) * over * order.lowest_price)


def paid_unit_cost(joined: Joined, order: OrderPlan, otherwise: Floats) -> Floats:
    """(R, N) what each unit of the demand costs, fixed costs, freight and the loss on left-overs with it.

    A retailer pays for what it sells at the price of its own order; what is beyond is shared by units sold. Demand
    times these costs is the order's cost less what is left over. `otherwise` where there is no demand.
    """
    demand, amounts, ordered = order.problem.demand_units, order.amounts, order.units.sum(axis=1)
    price = np.divide(amounts, ordered, out=np.zeros_like(amounts), where=ordered > 0)
    own = price * np.minimum(demand, ordered)
    rest = amounts.sum(axis=0) - own.sum(axis=0) - left_over_value(joined, order)
    total = demand.sum(axis=0)
    shared = np.divide(rest, total, out=np.zeros_like(rest), where=total > 0)
    paid = np.divide(own, demand, out=np.zeros_like(own), where=demand > 0) + shared
    return np.asarray(np.where(demand > 0, paid, otherwise))


def _most(joined: Joined) -> Most:
    """The most units that any lists can sell: of a SKU listed alone; of an account's SKUs, with nothing beside them."""
    offered = joined.supply.is_offered
    weight = joined.shelf.weight[:, :, joined.place]
    visits = joined.shelf.visits[:, None] * joined.shelf.mix
    together = np.einsum("ckn,an->cka", weight, offered.astype(np.float64))
    return Most(
        of_sku=np.asarray(np.einsum("ck,ckn->n", visits, weight / (1 + weight))),
        of_account=np.asarray(np.einsum("ck,cka->a", visits, together / (1 + together))),
    )
