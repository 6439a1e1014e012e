"""The plan of a run: lists alone where nobody has terms, lists and orders in turn where somebody has."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from features.errors import DataError, UserError
from training.assortments.optimiser.chain_search import search_chain
from training.assortments.optimiser.facings import fill
from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.solve import solve
from training.assortments.optimiser.value import profit_cents
from training.assortments.stages.outcome import current
from training.assortments.supply.alternate import (
    Alternated,
    Joined,
    Turn,
    alternate,
    at_costs,
    cluster_cost_cents,
    demand_of,
    first_line,
    line_of,
    valued,
)
from training.assortments.supply.cheapest import CostLine
from training.assortments.supply.joint_audit import joint_faults
from training.assortments.supply.joint_search import improved
from training.assortments.supply.solve import glance
from training.assortments.supply.solve import solve as solve_order
from training.assortments.supply.split import Split, split

SOLVE_SECONDS = 60.0
GAP = 1e-3
"""Where proving stops: intervals are a hundred times as wide."""
SPLIT_SECONDS = 30.0
ORDER_SECONDS = 10.0
GLANCES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """How the plan is bought.

    found    turns and their bound
    searched the best of them, improved one SKU at a time with its order; as it was where nothing is better
    turn     what is proposed, with the order of `split`
    typical  the lists that most stores of a cluster share today, with their best order
    is_typical  whether these earn more than what the turns found
    faults   what an independent audit of lists and order found, in sentences
    """

    joined: Joined
    found: Alternated
    searched: Turn
    turn: Turn
    split: Split
    typical: Turn
    is_typical: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """The plan, and the problem at the unit costs that its order reaches.

    now_profit_cents  (C, n) what a unit earns as listed now, at the cost that is recorded: that of the first tier where
                      there are terms. Minimum orders and packs of today's lists are not charged, since nobody says what
                      is left of them, so that today is rather overrated than the plan
    bought            None where nobody has terms that an order can keep to; `why` says so
    """

    plan: AssortmentPlan
    problem: AssortmentProblem
    now_profit_cents: Floats
    bought: Bought | None
    why: str


def planned(problem: AssortmentProblem, joined: Joined | None, why: str, seconds: float = SOLVE_SECONDS) -> Planned:
    """Lists with their order; lists alone at the costs that are known where `joined` is None, and `why` says why.

    So it is too where no order can keep to the terms. Raises DataError where the rules contradict each other, or the
    problem's parts do not fit.
    """
    if joined is None:
        return Planned(solve(problem, seconds, GAP), problem, problem.unit_profit_cents, None, why)
    try:
        bought = _bought(joined, seconds)
    except (DataError, UserError) as error:
        return Planned(solve(problem, seconds, GAP), problem, problem.unit_profit_cents, None, str(error))
    turn = bought.turn
    unit_profit = joined.margin_cents - cluster_cost_cents(joined, turn.unit_cost)
    bought_at = replace(problem, unit_profit_cents=unit_profit)
    plan = AssortmentPlan(
        turn.listed,
        fill(bought_at, turn.listed),
        turn.profit_cents,
        max(bought.found.bound_cents, turn.profit_cents),
        "lagrangian",
        sum(each.seconds for each in bought.found.turns),
    )
    return Planned(plan, bought_at, problem.unit_profit_cents, bought, "")


def _bought(joined: Joined, seconds: float) -> Bought:
    found = alternate(joined, seconds)
    line = first_line(joined)
    start = max((found.best, *_glances(joined)), key=lambda turn: turn.profit_cents)
    searched = improved(joined, start)
    typical = _ordered(joined, current(joined.shelf), line)
    is_typical = typical.profit_cents > searched.profit_cents and _keeps_rules(joined.shelf)
    best = typical if is_typical else searched
    # who pays what needs both alone; whatever better order of both that finds is taken
    shared = split(best.order.problem, SPLIT_SECONDS, known=best.order.units)
    turn = valued(joined, best.listed, shared.pooled, line)
    if turn.profit_cents < best.profit_cents:
        shared = replace(shared, pooled=best.order)
        turn = best
    faults = joint_faults(joined, turn, found.bound_cents)
    return Bought(joined, found, searched, turn, shared, typical, is_typical, faults)


def _ordered(joined: Joined, listed: Flags, line: CostLine) -> Turn:
    order = solve_order(joined.supply.with_demand(demand_of(joined, listed)), ORDER_SECONDS)
    return valued(joined, listed, order, line)


def _keeps_rules(problem: AssortmentProblem) -> bool:
    now = current(problem)
    return all(shelf.keeps(row) for shelf, row in zip(shelves(problem), now, strict=True))


def foreseen_cents(problem: AssortmentProblem, joined: Joined | None) -> float:
    """What a plan earns that is made without proof and without a clock: for comparing many problems.

    With terms, the best of `GLANCES` turns of lists and orders; at known costs where no order can keep to them. 0 where
    no list keeps the rules.
    """
    try:
        turns = [] if joined is None else [turn.profit_cents for turn in _glances(joined)]
    except DataError:
        turns = []
    if turns:
        return max(turns)
    listed = search_chain(problem, shelves(problem))
    return 0.0 if listed is None else profit_cents(problem, listed)


def _glances(joined: Joined) -> Iterator[Turn]:
    """`GLANCES` turns by search alone, fewer where no list keeps the rules or no order is found."""
    first = line = first_line(joined)
    for _ in range(GLANCES):
        at = at_costs(joined, line)
        listed = search_chain(at, shelves(at))
        order = None if listed is None else glance(joined.supply.with_demand(demand_of(joined, listed)))
        if listed is None or order is None:
            return
        yield valued(joined, listed, order, first)
        line = line_of(joined, order, line)
