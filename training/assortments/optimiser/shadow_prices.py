"""What each rule costs: the profit that loosening it by one step would add.

Steps: one SKU fewer of a brand, one SKU or change more, one narrowest facing of shelf more, a must-carry or ban of one
SKU lifted. The plan is improved by local search under the looser rule, in the clusters that the rule binds. What comes
out is a least value: whole SKUs have no exact shadow price, and search proves nothing. A rule that does not bind has 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from training.assortments.optimiser.chain_search import by_clusters
from training.assortments.optimiser.clashing_rules import BindingRule, rule_words
from training.assortments.optimiser.facings import least_facings
from training.assortments.optimiser.limits import limits
from training.assortments.optimiser.problem import AssortmentProblem, Flags
from training.assortments.optimiser.shelf import Shelf, shelves
from training.assortments.optimiser.value import profit_cents

METHOD = "solved again by local search under the looser rule; a least value"


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one rule costs.

    words    the rule as a buyer says it
    step     what it was loosened by, with its unit
    cents    the profit over the horizon that this adds, all stores of the cluster; at least 0
    """

    rule: BindingRule
    words: str
    step: str
    cents: float


_STEPS = {
    "max_skus": "1 SKU more",
    "brand_minimum": "1 SKU of the brand fewer",
    "max_changes": "1 change more",
    "max_changes_chain": "1 change more",
    "must": "no longer",
    "ban": "no longer",
}


def shadow_prices(problem: AssortmentProblem, listed: Flags) -> tuple[ShadowPrice, ...]:
    """What each rule of a problem costs, at a plan (C, n) that keeps them all; the dearest first.

    The plan is first improved as far as local search goes, so that what a rule costs is not what the plan left lying.
    """
    pieces = shelves(problem)
    settled = by_clusters(problem, pieces, listed)
    before = profit_cents(problem, settled)
    found = []
    for rule, step, looser, at in _loosened(problem, pieces, settled):
        cents = max(_after(looser, at, rule) - before, 0.0)
        found.append(ShadowPrice(rule, rule_words(problem, rule), step, cents))
    return tuple(sorted(found, key=lambda price: -price.cents))


def gain_cents(problem: AssortmentProblem, listed: Flags, looser: AssortmentProblem) -> float:
    """What a problem with fewer or looser rules adds, at a plan (C, n) that keeps those of both; at least 0.

    As for every rule here, the plan is first improved under the rules that it has: a least value.
    """
    settled = by_clusters(problem, shelves(problem), listed)
    better = by_clusters(looser, shelves(looser), settled)
    return max(profit_cents(looser, better) - profit_cents(problem, settled), 0.0)


Loosened = tuple[AssortmentProblem, tuple[Shelf, ...], Flags]


def _after(looser: Loosened, cluster: int, rule: BindingRule) -> float:
    """The profit once search has used the looser rule: in its cluster only, unless it is the rule of the chain."""
    problem, pieces, listed = looser
    if rule.kind == "max_changes_chain":
        return profit_cents(problem, by_clusters(problem, pieces, listed))
    better = by_clusters(problem, pieces, listed, only=(cluster,))
    return profit_cents(problem, better)


def _loosened(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags
) -> Iterator[tuple[BindingRule, str, Loosened, int]]:
    facings = least_facings(problem)
    for c, shelf in enumerate(pieces):
        for row, limit in enumerate(limits(problem, c, facings[c])):
            most = shelf.most.copy()
            most[row] += limit.step
            step = f"{limit.step:g} cm more" if limit.kind == "space" else _STEPS[limit.kind]
            rule = BindingRule(limit.kind, c, limit.subject)
            yield rule, step, (problem, _put(pieces, c, replace(shelf, most=most)), listed), c
        for sku in np.flatnonzero(problem.must_carry[c]).tolist():
            free = shelf.must.copy()
            free[sku] = False
            rule = BindingRule("must", c, sku)
            yield rule, _STEPS["must"], (problem, _put(pieces, c, replace(shelf, must=free)), listed), c
        for sku in np.flatnonzero(~problem.may_carry[c]).tolist():
            free = shelf.may.copy()
            free[sku] = True
            rule = BindingRule("ban", c, sku)
            yield rule, _STEPS["ban"], (problem, _put(pieces, c, replace(shelf, may=free)), listed), c
    if problem.max_changes_chain is not None:
        more = replace(problem, max_changes_chain=problem.max_changes_chain + 1)
        yield BindingRule("max_changes_chain", -1), _STEPS["max_changes_chain"], (more, pieces, listed), -1


def _put(pieces: tuple[Shelf, ...], cluster: int, shelf: Shelf) -> tuple[Shelf, ...]:
    return (*pieces[:cluster], shelf, *pieces[cluster + 1 :])
