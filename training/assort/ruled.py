"""The buyer's rules and overrides in a run's problem, and what each of them costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from training.assort.scope import Scope
from training.assort.shelves import Shelves
from training.assortment.chain import search_chain
from training.assortment.plan import Plan
from training.assortment.problem import Problem
from training.assortment.rules import Rule, apply_rules, read_rules
from training.assortment.shelf import shelves
from training.assortment.value import profit_cents
from training.reports.overrides import Override, Overrides, costed, must_exist
from training.reports.tables import AssortmentReport

ASSUMED_CHANGES = 0.25
"""Of a list, changed at most where the rules say nothing of changes: nobody turns a whole shelf over at once."""

_KINDS = {
    "must_carry": "must-carry",
    "ban": "ban",
    "brand_minimum": "brand minimum",
    "space": "space",
    "max_skus": "SKU limit",
    "max_changes": "change limit",
    "days_of_supply": "days of supply",
}
_STEPS = {"space": "a facing of middle width", "SKU limit": "a SKU", "change limit": "a change in each list"}
ASSUMED, SHELF, NUMBER = "change limit, assumed", "shelf of today", "as many SKUs as today"


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """The problem with every rule in it.

    base    without rules of the buyer; `rules` and `overrides` are put into it
    forced  (C, n) the rule that says that a SKU has to be, or may not be, listed; empty for none
    notes   rule -> what could not be kept of it
    """

    base: Problem
    problem: Problem
    rules: tuple[Rule, ...]
    overrides: Overrides | None
    before: AssortmentReport | None
    brands: tuple[str, ...]
    stores: Mapping[str, tuple[str, ...]]
    forced: np.ndarray
    notes: Mapping[str, str]

    def override_costs(self, plan: Plan, _rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of `overrides`; none where none were asked for."""
        if self.overrides is None or self.before is None or not self.overrides.asked:
            return pd.DataFrame()
        costs = {}
        for one in self.overrides.asked:
            without = _built(self.base, self.rules, _but(self.overrides, one), self.brands, self.stores)
            costs[one.cluster, one.sku] = max(round(_best(without) - plan.profit_cents), 0)
        return costed(self.overrides, self.before, costs)


def ruled(
    held: Shelves,
    scope: Scope,
    rules: Path | None,
    overrides: Overrides | None,
    before: AssortmentReport | None = None,
) -> Ruled:
    """Raises UserError or DataError where a rule or an override cannot be understood, naming it and the next step."""
    base = held.problem
    brands = tuple(str(brand) if isinstance(brand, str) else "" for brand in scope.catalogue["brand"])
    stores = {
        name: tuple(np.array(scope.stores, dtype=object)[held.label == nth]) for nth, name in enumerate(base.clusters)
    }
    read = read_rules(rules) if rules else ()
    if overrides:
        must_exist(overrides, base.skus, base.clusters)
    problem = _built(base, read, overrides, brands, stores)
    notes = {
        _name(rule): "It names single stores of a cluster: plan these stores by themselves to keep it."
        for rule in apply_rules(read, base, brands, stores).left_over
    }
    forced = _forced(base, read, overrides, brands, stores)
    return Ruled(base, problem, read, overrides, before, brands, stores, forced, notes)


def _built(
    base: Problem,
    rules: tuple[Rule, ...],
    overrides: Overrides | None,
    brands: tuple[str, ...],
    stores: Mapping[str, tuple[str, ...]],
) -> Problem:
    problem = apply_rules(rules, base, brands, stores).problem
    if not any(rule.kind == "max_changes" for rule in rules) and base.current is not None:
        most = np.maximum(np.ceil(ASSUMED_CHANGES * base.current.sum(axis=1)), 1).astype(np.int64)
        asked = 0 if overrides is None else len(overrides.asked)
        problem = replace(problem, max_changes=2 * most + asked)  # what goes and what comes
    for one in overrides.asked if overrides else ():
        problem = _overridden(problem, one)
    return problem


def _overridden(problem: Problem, one: Override) -> Problem:
    """What a buyer asks for outweighs a rule that says the contrary."""
    must, may = problem.must_carry.copy(), problem.may_carry.copy()
    at = problem.clusters.index(one.cluster), problem.skus.index(one.sku)
    must[at], may[at] = one.is_listed, one.is_listed
    return replace(problem, must=must, banned=~may)


def _forced(
    base: Problem,
    rules: tuple[Rule, ...],
    overrides: Overrides | None,
    brands: tuple[str, ...],
    stores: Mapping[str, tuple[str, ...]],
) -> np.ndarray:
    names = np.full(base.unit_profit_cents.shape, "", dtype=object)
    for rule in rules:
        if rule.kind in {"must_carry", "ban"}:
            one = apply_rules((rule,), base, brands, stores).problem
            names[one.must_carry | ~one.may_carry] = _name(rule)
    for each in overrides.asked if overrides else ():
        names[base.clusters.index(each.cluster), base.skus.index(each.sku)] = f"override {each.cell}"
    return names


def rule_table(given: Ruled, plan: Plan) -> pd.DataFrame:
    """Rows of `rules`: each rule, and what one step less of it would bring, by searching again."""
    rows = [_row(given, plan, rule) for rule in given.rules]
    if not any(rule.kind == "max_changes" for rule in given.rules) and given.problem.max_changes is not None:
        more = replace(given.problem, max_changes=given.problem.max_changes + 1)
        rows.append(_told(given, plan, ASSUMED, "change limit", "every list", more))
    if given.base.space_cm is not None and given.base.width_cm is not None:
        step = float(np.median(given.base.width_cm))
        wide = given.problem.space_cm if given.problem.space_cm is not None else given.base.space_cm
        more = replace(given.problem, space_cm=wide + step)
        rows.append(_told(given, plan, SHELF, "space", "every list", more))
    elif given.base.max_skus is not None and given.problem.max_skus is not None:
        more = replace(given.problem, max_skus=given.problem.max_skus + 1)
        rows.append(_told(given, plan, NUMBER, "SKU limit", "every list", more))
    if given.overrides is not None:
        rows += [_override(given, plan, given.overrides, one) for one in given.overrides.asked]
    return pd.DataFrame(rows)


def _override(given: Ruled, plan: Plan, overrides: Overrides, one: Override) -> dict[str, object]:
    without = _built(given.base, given.rules, _but(overrides, one), given.brands, given.stores)
    return _told(given, plan, f"override {one.cell}", "override", f"{one.sku} in {one.cluster}", without)


def _but(overrides: Overrides, one: Override) -> Overrides:
    return replace(overrides, asked=tuple(each for each in overrides.asked if each != one))


def _row(given: Ruled, plan: Plan, rule: Rule) -> dict[str, object]:
    others = tuple(each for each in given.rules if each != rule)
    without = _built(given.base, others, given.overrides, given.brands, given.stores)
    named = (*rule.skus, *rule.brands, *rule.clusters, *rule.stores, *rule.parties)
    return _told(given, plan, _name(rule), _KINDS[rule.kind], ", ".join(named) or "every list", without)


def _told(given: Ruled, plan: Plan, name: str, kind: str, where: str, loosened: Problem) -> dict[str, object]:
    gain = max(_best(loosened) - plan.profit_cents, 0.0)
    is_assumed = name in {ASSUMED, SHELF, NUMBER}
    return {
        "rule": name,
        "kind": kind,
        "applies_to": where,
        "is_binding": gain >= 1.0,
        "shadow_price_cents": round(gain),
        "step": _STEPS[kind] if is_assumed else "the whole rule",
        "method": "searched again without it" if not is_assumed else "searched again, one step looser",
        "note": given.notes.get(name),
    }


def _best(problem: Problem) -> float:
    """What local search earns; minus infinity where no plan keeps the rules."""
    listed = search_chain(problem, shelves(problem))
    return -np.inf if listed is None else profit_cents(problem, listed)


def _name(rule: Rule) -> str:
    return f"{_KINDS[rule.kind]}, line {rule.line}"
