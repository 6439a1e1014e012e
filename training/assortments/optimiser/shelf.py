"""One cluster by itself: the piece that search, bounds and solvers work on."""

from dataclasses import dataclass, replace

import numpy as np

from training.assortments.optimiser.facings import least_facings, too_small
from training.assortments.optimiser.limits import Limit, limits
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats

SLACK = 1e-7
"""How far a limit may be exceeded by rounding, in its own unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """K classes, n SKUs, R limits. A list x earns Σ_k Σ_i value·weight·x / (1 + Σ_j weight·x) − Σ_i cost·x.

    weight        (K, n) u/u0
    value_cents   (K, n) visits × mix × unit profit
    cost_cents    (n,) of listing the SKU here; negative where listing it helps elsewhere
    must, may     (n,) has to be listed, may be listed
    rows, most    (R, n), (R,): rows · x ≤ most
    """

    weight: Floats
    value_cents: Floats
    cost_cents: Floats
    must: Flags
    may: Flags
    rows: Floats
    most: Floats

    def keeps(self, listed: Flags) -> bool:
        """Whether a list keeps every rule."""
        allowed = not (listed & ~self.may).any() and not (self.must & ~listed).any()
        return bool(allowed and (self.rows @ listed <= self.most + SLACK).all())

    def profit_cents(self, listed: Flags) -> float:
        weight = np.where(listed, self.weight, 0.0)
        earned = (self.value_cents * weight).sum(axis=1) / (1 + weight.sum(axis=1))
        return float(earned.sum() - self.cost_cents[listed].sum())

    def with_cost(self, cost_cents: Floats) -> "Shelf":
        return replace(self, cost_cents=cost_cents)

    def with_limit(self, limit: Limit) -> "Shelf":
        """One more rule."""
        return replace(self, rows=np.vstack([self.rows, limit.coefficients]), most=np.append(self.most, limit.most))


def shelves(problem: AssortmentProblem) -> tuple[Shelf, ...]:
    """A shelf for each cluster, without costs of listing: these belong to the chain."""
    may, facings = problem.may_carry & ~too_small(problem), least_facings(problem)
    value = problem.value_cents
    return tuple(
        shelf_of(problem, c, value[c], may[c], limits(problem, c, facings[c])) for c in range(len(problem.clusters))
    )


def shelf_of(problem: AssortmentProblem, cluster: int, value: Floats, may: Flags, bound_by: tuple[Limit, ...]) -> Shelf:
    n = len(problem.skus)
    rows = np.array([limit.coefficients for limit in bound_by]).reshape(len(bound_by), n)
    most = np.array([limit.most for limit in bound_by], dtype=np.float64)
    must = problem.must_carry[cluster]
    return Shelf(problem.weight[cluster], value, np.zeros(n), must, may, rows, most)
