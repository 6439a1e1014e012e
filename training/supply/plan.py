"""An order with its cost and what is proven about it."""

from dataclasses import dataclass

import numpy as np

from training.supply.cost import Cost, line_spend
from training.supply.problem import Floats, Problem


@dataclass(frozen=True, slots=True)
class Plan:
    """units (R, A, N) to order; what they cost; no order costs less than `bound`.

    how  in words: what was searched, and whether time ran out
    """

    problem: Problem
    units: Floats
    cost: Cost
    bound: float
    how: str

    @property
    def total(self) -> float:
        return self.cost.total

    @property
    def gap(self) -> float:
        """The most that another order could save, as a share of the cost."""
        return max(self.total - self.bound, 0.0) / self.total if self.total > 0 else 0.0

    @property
    def unit_cost(self) -> Floats:
        """(R, N) what a needed unit costs with discounts, fixed costs and freight; nan where nothing is needed.

        An account's fixed cost is shared by spend; what was ordered beyond need is paid for by what is needed.
        """
        spend = line_spend(self.problem, self.units)
        paid = np.divide(
            self.cost.bought + self.cost.fixed,
            self.cost.spend,
            out=np.ones_like(self.cost.spend),
            where=self.cost.spend > 0,
        )
        freight = self.problem.freight[:, :, None] * self.units
        amounts: Floats = np.asarray((spend * paid[:, None] + freight).sum(axis=1))
        need = self.problem.needed_units
        return np.asarray(np.divide(amounts, need, out=np.full_like(amounts, np.nan), where=need > 0))
