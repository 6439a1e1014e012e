"""The plan of a run: lists alone where nobody has terms, lists and orders in turn where somebody has."""

from dataclasses import dataclass, replace

from features.errors import DataError, UserError
from training.assort.outcome import current
from training.assortment.facings import fill
from training.assortment.plan import Plan
from training.assortment.problem import Flags, Floats, Problem
from training.assortment.shelf import shelves
from training.assortment.solve import solve
from training.supply.alternate import (
    Alternated,
    Joined,
    Turn,
    alternate,
    cluster_cost_cents,
    demand_of,
    first_line,
    valued,
)
from training.supply.cheapest import CostLine
from training.supply.joint_audit import joint_faults
from training.supply.solve import solve as solve_order
from training.supply.split import Split, split

SOLVE_SECONDS = 60.0
SPLIT_SECONDS = 30.0
ORDER_SECONDS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """How the plan is bought.

    found    turns and their bound; `turn` is the one that is proposed, with the order of `split`
    is_today whether today's lists, with their best order, earn more than what the turns found
    faults   what an independent audit of lists and order found, in sentences
    """

    joined: Joined
    found: Alternated
    turn: Turn
    split: Split
    today: Turn
    is_today: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """The plan, and the problem at the unit costs that its order reaches.

    now_profit_cents  (C, n) what a unit earns as listed now: today's lists are bought as well as can be, too
    bought            None where nobody has terms that an order can keep to; `why` says so
    """

    plan: Plan
    problem: Problem
    now_profit_cents: Floats
    bought: Bought | None
    why: str


def planned(problem: Problem, joined: Joined | None, why: str, seconds: float = SOLVE_SECONDS) -> Planned:
    """Lists with their order; lists alone at the costs that are known where `joined` is None, and `why` says why.

    So it is too where no order can keep to the terms. Raises DataError where the rules contradict each other, or the
    problem's parts do not fit.
    """
    if joined is None:
        return Planned(solve(problem, seconds), problem, problem.unit_profit_cents, None, why)
    try:
        bought = _bought(joined, seconds)
    except (DataError, UserError) as error:
        return Planned(solve(problem, seconds), problem, problem.unit_profit_cents, None, str(error))
    turn = bought.turn
    at_costs = replace(problem, unit_profit_cents=_unit_profit(joined, turn))
    plan = Plan(
        turn.listed,
        fill(at_costs, turn.listed),
        turn.profit_cents,
        max(bought.found.bound_cents, turn.profit_cents),
        "lagrangian",
        sum(each.seconds for each in bought.found.turns),
    )
    return Planned(plan, at_costs, _unit_profit(joined, bought.today), bought, "")


def _unit_profit(joined: Joined, turn: Turn) -> Floats:
    return joined.margin_cents - cluster_cost_cents(joined, turn.unit_cost)


def _bought(joined: Joined, seconds: float) -> Bought:
    found = alternate(joined, seconds)
    line = first_line(joined)
    today = _ordered(joined, current(joined.shelf), line)
    is_today = today.profit_cents > found.best.profit_cents and _keeps_rules(joined.shelf)
    best = today if is_today else found.best
    # who pays what needs both alone; whatever better order of both that finds is taken
    shared = split(best.order.problem, SPLIT_SECONDS, known=best.order.units)
    turn = valued(joined, best.listed, shared.pooled, line)
    if turn.profit_cents < best.profit_cents:
        shared = replace(shared, pooled=best.order)
        turn = best
    return Bought(joined, found, turn, shared, today, is_today, joint_faults(joined, turn, found.bound_cents))


def _ordered(joined: Joined, listed: Flags, line: CostLine) -> Turn:
    order = solve_order(joined.supply.with_demand(demand_of(joined, listed)), ORDER_SECONDS)
    return valued(joined, listed, order, line)


def _keeps_rules(problem: Problem) -> bool:
    now = current(problem)
    return all(shelf.keeps(row) for shelf, row in zip(shelves(problem), now, strict=True))
