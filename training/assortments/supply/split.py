"""Who pays what of a pooled order: the Shapley value of the game of two (Shapley 1953).

With two players each gets half of what they save together: it pays what it would alone, less half of the saving.
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.cost import cost_of
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import EVERYBODY, Floats, OrderProblem
from training.assortments.supply.solve import GAP, solve


@dataclass(frozen=True, slots=True)
class Split:
    """alone (R,) the cost of each retailer by itself; pays (R,) its part of the pooled order; saving is never < 0."""

    pooled: OrderPlan
    alone: tuple[OrderPlan, ...]
    pays: tuple[float, ...]

    @property
    def saving(self) -> float:
        return sum(plan.total for plan in self.alone) - self.pooled.total

    @property
    def surely_saved(self) -> float:
        """What pooling saves even against the best that either could do alone; may be below 0 where gaps are wide."""
        return sum(plan.bound for plan in self.alone) - self.pooled.total


def split(problem: OrderProblem, seconds: float, gap: float = GAP, known: Floats | None = None) -> Split:
    """Both alone, both together, and who pays what; a third of the time for each. `known`: an order of both (R, A, N).

    Orders placed alone are an order that can be placed together (`OrderProblem.alone` sees to caps), and the pooled
    search starts from it: so nobody pays more than alone. Of one retailer alone the split is its whole cost.
    Raises as `solve` does, for a retailer that cannot cover its demand alone too.
    """
    if len(problem.retailers) == 1:
        plan = solve(problem, seconds, gap, known)
        return Split(plan, (plan,), (plan.total,))
    alone = tuple(solve(problem.alone(retailer), seconds / 3, gap) for retailer in range(2))
    starts = [placed_apart(problem, alone), *([] if known is None else [known])]
    pooled = solve(problem, seconds / 3, gap, known=min(starts, key=lambda units: cost_of(problem, units).total))
    saving = sum(plan.total for plan in alone) - pooled.total
    return Split(pooled, alone, tuple(plan.total - saving / 2 for plan in alone))


def placed_apart(problem: OrderProblem, alone: tuple[OrderPlan, ...]) -> Floats:
    """(R, A, N) what both order alone, as an order of both."""
    units = np.zeros((len(problem.retailers), len(problem.accounts), len(problem.skus)))
    for retailer, plan in enumerate(alone):
        mine = (problem.owner == retailer) | (problem.owner == EVERYBODY)
        units[retailer, mine] = plan.units[0]
    return units
