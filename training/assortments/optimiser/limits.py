"""The rules of a store as linear limits on what is listed: coefficients · x ≤ most."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.assortments.optimiser.problem import NO_LIMIT_CM, AssortmentProblem, Codes, Floats

LimitKind = Literal["space", "max_skus", "brand_minimum", "max_changes"]


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """One rule of one cluster.

    subject        the code of the brand, for its minimum; else 0
    coefficients   (n,)
    step           what to relax by, to ask what the rule costs: a SKU, or the narrowest facing
    """

    kind: LimitKind
    subject: int
    coefficients: Floats
    most: float
    step: float = 1.0


def limits(problem: AssortmentProblem, cluster: int, facings: Codes) -> tuple[Limit, ...]:
    """What binds the list of one cluster, must-carry and bans aside; `facings` (n,) are what a SKU needs there."""
    found = [_space(problem, cluster, facings), _max_skus(problem, cluster), _changes(problem, cluster)]
    return (*(limit for limit in found if limit is not None), *_brands(problem, cluster))


def change_limit(problem: AssortmentProblem, cluster: int, most: float) -> Limit:
    """At most that many SKUs differ from the current list: Σ_{new} x + Σ_{current} (1 − x) ≤ most."""
    current = _current(problem)[cluster]
    return Limit("max_changes", 0, 1.0 - 2.0 * current, most - float(current.sum()))


def _space(problem: AssortmentProblem, cluster: int, facings: Codes) -> Limit | None:
    if problem.space_cm is None or problem.width_cm is None or problem.space_cm[cluster] >= NO_LIMIT_CM:
        return None
    need = problem.width_cm * facings
    wide = problem.width_cm[problem.width_cm > 0]
    return Limit("space", 0, need, float(problem.space_cm[cluster]), step=float(wide.min(initial=np.inf)))


def _max_skus(problem: AssortmentProblem, cluster: int) -> Limit | None:
    if problem.max_skus is None or problem.max_skus[cluster] > len(problem.skus):
        return None
    return Limit("max_skus", 0, np.ones(len(problem.skus)), float(problem.max_skus[cluster]))


def _changes(problem: AssortmentProblem, cluster: int) -> Limit | None:
    if problem.max_changes is None or problem.max_changes[cluster] > len(problem.skus):
        return None
    return change_limit(problem, cluster, float(problem.max_changes[cluster]))


def _brands(problem: AssortmentProblem, cluster: int) -> tuple[Limit, ...]:
    if problem.brand is None or problem.brand_minimum is None:
        return ()
    least = problem.brand_minimum[cluster]
    return tuple(
        Limit("brand_minimum", code, -(problem.brand == code).astype(float), -float(least[code]))
        for code in np.flatnonzero(least > 0).tolist()
    )


def _current(problem: AssortmentProblem) -> Floats:
    none = np.zeros(problem.unit_profit_cents.shape)
    return none if problem.current is None else problem.current.astype(np.float64)
