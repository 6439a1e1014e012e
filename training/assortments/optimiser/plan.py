"""A plan: what each cluster carries, with its profit and a proven bound."""

from dataclasses import dataclass
from typing import Literal

from training.assortments.optimiser.problem import Codes, Flags

Method = Literal["search", "dinkelbach", "milp", "lagrangian"]


@dataclass(frozen=True, slots=True, eq=False)
class AssortmentPlan:
    """A solved problem.

    listed         (C, n) whether the cluster carries the SKU
    facings        (C, n) facings in each store of the cluster; 0 where not listed
    profit_cents   what the plan earns over the horizon under the model, listing costs taken off
    bound_cents    proven: no plan that keeps the rules earns more
    method         what gave the bound
    seconds        wall time of the solve
    """

    listed: Flags
    facings: Codes
    profit_cents: float
    bound_cents: float
    method: Method
    seconds: float

    @property
    def gap(self) -> float:
        """(bound − profit) / |profit|: what is left on the table at most; infinite where only the profit is 0."""
        return relative_gap(self.profit_cents, self.bound_cents)


def relative_gap(profit_cents: float, bound_cents: float) -> float:
    over = max(bound_cents - profit_cents, 0.0)
    if over == 0:
        return 0.0
    return over / abs(profit_cents) if profit_cents else float("inf")
