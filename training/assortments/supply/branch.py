"""Branch and bound over tiers alone: every node has a Lagrangian bound, and its relaxed tiers suggest orders.

Accounts have few tiers, SKUs are many: once tiers are fixed the bound is within a trifle of the best order, so that
branching on anything else is not needed to prove a gap.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.assortments.supply.bound import Aim, Bound, Multipliers, ascend, start
from training.assortments.supply.lines import Lines, lines
from training.assortments.supply.moves import improved, tiers_of
from training.assortments.supply.orders import Orders, orders
from training.assortments.supply.problem import Bools, Ints, OrderProblem
from training.assortments.supply.search import Found, at_tiers, none_found

_ROOT_STEPS = 300
_NODE_STEPS = 75
_WORTH_IMPROVING = 1.01
"""Orders that are dearer than the best by more than moves of single SKUs are likely to save are left as they are."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The best order found, the bound that is proven, and how many nodes it took."""

    found: Found
    bound: float
    nodes: int


class _Best:
    """The best order so far: it is shown tiers and tries them, each once."""

    def __init__(self, problem: OrderProblem, found: Found) -> None:
        self._problem, self._orders = problem, orders(problem)
        self._tried: set[bytes] = set()
        self.found = found

    def visit(self, tier: Ints) -> float:
        key = tier.tobytes()
        if key not in self._tried:
            self._tried.add(key)
            found = at_tiers(self._problem, self._orders, tier)
            if found.cost < self.found.cost * _WORTH_IMPROVING:
                found = improved(self._problem, self._orders, found)
            self.found = min(self.found, found, key=lambda found: found.cost)
        return self.found.cost

    @property
    def orders(self) -> Orders:
        return self._orders


def branch(
    problem: OrderProblem,
    gap: float,
    is_over: Callable[[], bool],
    found: Found | None = None,
    most_nodes: int = 1_000_000,
) -> Proof:
    """Orders and a bound until they are within `gap` (a share of the cost), all is searched, or `is_over` says so.

    The cost is inf where no order was found that gives each need to one account.
    """
    best = _Best(problem, found or none_found(problem))
    for tier in range(problem.discount.shape[1]):
        best.visit(np.full(len(problem.accounts), tier))
    lines_ = lines(problem)
    allowed = np.hstack([np.ones((len(problem.accounts), 1), dtype=bool), np.isfinite(problem.spend_from)])
    root = _node(problem, lines_, start(problem), allowed, best, _ROOT_STEPS, gap)
    _descend(problem, root, best, lambda: is_over() or best.found.cost * (1 - gap) <= root.value)
    number = itertools.count()
    queue: list[tuple[float, int, Bools, Bound]] = [(root.value, next(number), allowed, root)]
    settled, nodes = np.inf, 1
    while queue and nodes < most_nodes and not is_over():
        value, _, allowed, bound = heapq.heappop(queue)
        if value >= best.found.cost * (1 - gap):
            settled = min(settled, value)
            break
        allowed = _thinned(allowed, bound, best.found.cost)
        for part in _parts(allowed, bound):
            child = _node(problem, lines_, bound.multipliers, part, best, _NODE_STEPS, gap)
            nodes += 1
            heapq.heappush(queue, (max(child.value, value), next(number), part, child))
        if (allowed.sum(axis=1) == 1).all():  # nothing to branch on: its bound stays
            settled = min(settled, value)
    proven = min([settled, best.found.cost, *(entry[0] for entry in queue)])
    return Proof(best.found, float(proven), nodes)


def _node(
    problem: OrderProblem, lines_: Lines, at: Multipliers, allowed: Bools, best: _Best, steps: int, gap: float
) -> Bound:
    target = best.found.cost if np.isfinite(best.found.cost) else 2 * float(at.worth.sum())
    return ascend(problem, lines_, at, allowed, Aim(target, steps, gap, best.visit))


def _descend(problem: OrderProblem, bound: Bound, best: _Best, is_over: Callable[[], bool]) -> None:
    """Change the tier of one account at a time, what the bound thinks cheapest first, until no change saves."""
    excess = bound.option - bound.option.min(axis=1, keepdims=True)
    order = [divmod(int(at), excess.shape[1]) for at in np.argsort(excess, axis=None, kind="stable")]
    changes = [(account, option - 1) for account, option in order if np.isfinite(excess[account, option])]
    is_better = np.isfinite(best.found.cost)
    while is_better:
        is_better = False
        for account, tier in changes:
            before = best.found.cost
            tiers = tiers_of(problem, best.found.units)
            if tiers[account] == tier:
                continue
            tiers[account] = tier
            if best.visit(tiers) < before - 1e-9:
                is_better = True
            if is_over():
                return


def _thinned(allowed: Bools, bound: Bound, cost: float) -> Bools:
    """`allowed` without what by itself lifts the bound to the best known cost."""
    least = bound.option.min(axis=1, keepdims=True)
    kept = allowed & (bound.value + bound.option - least < cost)
    return np.where(kept.any(axis=1, keepdims=True), kept, allowed)


def _parts(allowed: Bools, bound: Bound) -> list[Bools]:
    """Two halves of what the least certain account may do; none where every account is settled."""
    frequency = np.where(allowed, bound.frequency, 0)
    is_open = allowed.sum(axis=1) > 1
    if not is_open.any():
        return []
    doubt = np.where(is_open, 1 - frequency.max(axis=1), -1)
    account = int(np.argmax(doubt))
    options = np.flatnonzero(allowed[account])
    below = np.cumsum(frequency[account, options])[:-1]
    cut = int(np.argmin(np.abs(below - frequency[account].sum() / 2))) + 1
    parts = []
    for half in (options[:cut], options[cut:]):
        part = allowed.copy()
        part[account] = np.isin(np.arange(allowed.shape[1]), half)
        parts.append(part)
    return parts
