"""Rules that cannot all be kept: a smallest set of those that clash, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

import numpy as np
from scipy import sparse

from features.errors import DataError
from training.assortments.optimiser.facings import least_facings, too_small
from training.assortments.optimiser.highs import Program, solve_program
from training.assortments.optimiser.limits import Limit, LimitKind, limits
from training.assortments.optimiser.problem import AssortmentProblem, Floats

RuleKind = LimitKind | Literal["must", "ban", "days_of_supply", "max_changes_chain"]
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class BindingRule:
    """One rule of a problem: its kind, the cluster (−1: the chain), and the code of the SKU or brand (else 0)."""

    kind: RuleKind
    cluster: int
    subject: int = 0


def rule_words(problem: AssortmentProblem, rule: BindingRule) -> str:
    """A rule as a buyer says it."""
    if rule.kind == "max_changes_chain":
        return f"at most {problem.max_changes_chain} changes over all clusters"
    cluster = problem.clusters[rule.cluster]
    sku = problem.skus[rule.subject] if rule.subject < len(problem.skus) else ""
    if rule.kind == "must":
        return f"{cluster} must carry {sku}"
    if rule.kind == "ban":
        return f"{cluster} may not carry {sku}"
    if rule.kind == "days_of_supply":
        facings = int(least_facings(problem)[rule.cluster, rule.subject])
        most = int(problem.max_facings[rule.subject]) if problem.max_facings is not None else 0
        return f"{sku} needs {facings} facings in {cluster} for its days of supply, {most} are allowed"
    return f"{_limit_words(problem, rule)} in {cluster}"


def _limit_words(problem: AssortmentProblem, rule: BindingRule) -> str:
    c = rule.cluster
    if rule.kind == "brand_minimum" and problem.brand_minimum is not None:
        brand = problem.brands[rule.subject] if problem.brands else f"number {rule.subject}"
        return f"at least {problem.brand_minimum[c, rule.subject]} SKUs of brand {brand}"
    if rule.kind == "space" and problem.space_cm is not None:
        return f"{problem.space_cm[c]:g} cm of shelf"
    if rule.kind == "max_skus" and problem.max_skus is not None:
        return f"at most {problem.max_skus[c]} SKUs"
    return f"at most {problem.max_changes[c] if problem.max_changes is not None else 0} changes"


def refuse(problem: AssortmentProblem) -> NoReturn:
    """Raise DataError that names the rules that clash."""
    clash = clashing_rules(problem)
    words = "; ".join(rule_words(problem, rule) for rule in clash)
    raise DataError(
        f"These {len(clash)} rules cannot all be kept: {words}. "
        "Next: loosen or drop one of them; dropping any one is enough."
    )


def clashing_rules(problem: AssortmentProblem) -> tuple[BindingRule, ...]:
    """A set of rules that cannot all be kept, though any of them can be dropped to mend it; empty where all can.

    Looked for cluster by cluster, then over the chain where a number of changes binds it (the deletion filter of
    Chinneck & Dravnieks 1991).
    """
    for cluster in range(len(problem.clusters)):
        rules = _rules_of(problem, cluster)
        if not _can_all_be_kept(problem, rules):
            return _smallest(problem, rules)
    if problem.max_changes_chain is None:
        return ()
    rules = [BindingRule("max_changes_chain", -1)]
    rules += [rule for cluster in range(len(problem.clusters)) for rule in _rules_of(problem, cluster)]
    return () if _can_all_be_kept(problem, rules) else _smallest(problem, rules)


def _rules_of(problem: AssortmentProblem, cluster: int) -> list[BindingRule]:
    small = too_small(problem)[cluster]
    rules = [BindingRule("must", cluster, sku) for sku in np.flatnonzero(problem.must_carry[cluster]).tolist()]
    rules += [BindingRule("ban", cluster, sku) for sku in np.flatnonzero(~problem.may_carry[cluster]).tolist()]
    rules += [BindingRule("days_of_supply", cluster, sku) for sku in np.flatnonzero(small).tolist()]
    return rules + [
        BindingRule(limit.kind, cluster, limit.subject)
        for limit in limits(problem, cluster, least_facings(problem)[cluster])
    ]


def _smallest(problem: AssortmentProblem, rules: list[BindingRule]) -> tuple[BindingRule, ...]:
    """Rules are dropped while those left still clash: halves and quarters first, then one by one."""
    size = max(len(rules) // 2, 1)
    while True:
        at = 0
        while at < len(rules):
            fewer = rules[:at] + rules[at + size :]
            if _can_all_be_kept(problem, fewer):
                at += size
            else:
                rules = fewer
        if size == 1:
            return tuple(rules)
        size = max(size // 2, 1)


def _can_all_be_kept(problem: AssortmentProblem, rules: Sequence[BindingRule]) -> bool:
    """Whether some plan keeps these rules, the others left aside."""
    clusters = sorted({rule.cluster for rule in rules if rule.cluster >= 0})
    place = {cluster: nth for nth, cluster in enumerate(clusters)}
    n = len(problem.skus)
    low, high = np.zeros(len(clusters) * n), np.ones(len(clusters) * n)
    rows: list[tuple[Floats, float]] = []
    for rule in rules:
        if rule.kind == "max_changes_chain":
            rows += _chain_row(problem, clusters)
            continue
        begin = place[rule.cluster] * n
        if rule.kind == "must":
            low[begin + rule.subject] = 1.0
        elif rule.kind in {"ban", "days_of_supply"}:
            high[begin + rule.subject] = 0.0
        else:
            limit = _limit(problem, rule)
            row = np.zeros(len(low))
            row[begin : begin + n] = limit.coefficients
            rows.append((row, limit.most))
    if (low > high).any():
        return False
    return not rows or _has_plan(low, high, rows)


def _has_plan(low: Floats, high: Floats, rows: list[tuple[Floats, float]]) -> bool:
    matrix = sparse.csr_array(np.array([row for row, _ in rows]))
    most, none = np.array([most for _, most in rows]), np.full(len(rows), -np.inf)
    program = Program(np.zeros(len(low)), low, high, np.ones(len(low), dtype=bool), matrix, none, most)
    return solve_program(program, _SECONDS).values is not None


def _chain_row(problem: AssortmentProblem, clusters: list[int]) -> list[tuple[Floats, float]]:
    """Clusters without a rule at hand change nothing."""
    if problem.current is None or problem.max_changes_chain is None or not clusters:
        return []
    current = problem.current[clusters].astype(np.float64)
    return [((1.0 - 2.0 * current).ravel(), problem.max_changes_chain - float(current.sum()))]


def _limit(problem: AssortmentProblem, rule: BindingRule) -> Limit:
    found = limits(problem, rule.cluster, least_facings(problem)[rule.cluster])
    return next(one for one in found if (one.kind, one.subject) == (rule.kind, rule.subject))
