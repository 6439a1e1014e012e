"""An order with its cost and what is proven about it."""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.cost import Cost, line_spend
from training.assortments.supply.problem import Floats, OrderProblem


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """units (R, A, N) to order; what they cost; no order costs less than `bound`.

    how  in words: what was searched, and whether time ran out
    """

    problem: OrderProblem
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
    def amounts(self) -> Floats:
        """(R, N) what each retailer's units cost with discounts, fixed costs and freight; they add up to the total."""
        return np.asarray(self.line_amounts.sum(axis=1))

    @property
    def line_amounts(self) -> Floats:
        """(R, A, N) the same by account; an account's fixed cost is shared by spend."""
        spend = line_spend(self.problem, self.units)
        freight = self.problem.freight[:, :, None] * self.units
        return np.asarray(spend * self._paid_share(self.cost.bought + self.cost.fixed) + freight)

    @property
    def lowest_price(self) -> Floats:
        """(N,) the lowest price paid for a unit, discounts taken off, without fixed costs and freight; 0 for none."""
        spend = line_spend(self.problem, self.units) * self._paid_share(self.cost.bought)
        price = np.divide(spend, self.units, out=np.full_like(spend, np.inf), where=self.units > 0).min(axis=(0, 1))
        return np.where(np.isfinite(price), price, 0.0)

    @property
    def unit_cost(self) -> Floats:
        """(R, N) what a needed unit costs with discounts, fixed costs and freight; nan where nothing is needed.

        What was ordered beyond need is paid for by what is needed.
        """
        amounts, need = self.amounts, self.problem.needed_units
        return np.asarray(np.divide(amounts, need, out=np.full_like(amounts, np.nan), where=need > 0))

    def _paid_share(self, paid: Floats) -> Floats:
        """(A, 1) of an account's spend, what was paid (A,)."""
        spend = self.cost.spend
        return np.divide(paid, spend, out=np.ones_like(spend), where=spend > 0)[:, None]
