"""The buyer's rules and overrides in a run's problem, and what each of them costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats
from training.assortments.optimiser.rules import Rule, apply_rules
from training.assortments.optimiser.shadow_prices import METHOD, gain_cents
from training.assortments.report.overrides import Override, Overrides, costed, must_exist
from training.assortments.report.report import AssortmentReport
from training.assortments.stages.scope import Scope
from training.assortments.stages.shelves import Shelves

ASSUMED_CHANGES = 0.25
"""The largest share of a list that may change where the rules do not say: nobody turns a whole shelf over at once."""

LEAST_CARRIED = 0.1
"""A SKU that a smaller share of stores carries is not put into other lists: theirs may want it more."""

FEW_STORES = "known from too few stores, assumed"
"""The rule of that name: what is known from so few stores is not put on every shelf."""

_KINDS = {
    "must_carry": "must-carry",
    "ban": "ban",
    "brand_minimum": "brand minimum",
    "space": "space",
    "max_skus": "SKU limit",
    "max_changes": "change limit",
    "days_of_supply": "days of supply",
}
_STEPS = {
    "brand_minimum": (-1.0, "a SKU of the brand fewer"),
    "space": (10.0, "10 cm more"),
    "max_skus": (1.0, "a SKU more"),
    "max_changes": (1.0, "a change more"),
    "days_of_supply": (-1.0, "a day less"),
}
"""How far a rule with a number is loosened to ask what it costs; the others are taken out."""
WHOLE = "the whole rule"
_FEW_NOTE = (
    f"Fewer than {LEAST_CARRIED:.0%} of the stores carry each of them. What they would add holds only if they sold "
    "everywhere as they do there: try them in test stores before you trust it."
)
ASSUMED, SHELF, NUMBER = "change limit, assumed", "shelf of today", "as many SKUs as today"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What rules are read against: brands (n,), stores by cluster, the share of all stores that carry a SKU (n,)."""

    brands: tuple[str, ...]
    stores: Mapping[str, tuple[str, ...]]
    carried_share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """The problem with every rule in it.

    base    without rules of the buyer; `rules` and `overrides` are put into it
    few     (C, n) what too few stores carry to be put into a list that does not have it; no rule asks for it
    forced  (C, n) the rule that says that a SKU has to be, or may not be, listed; empty for none
    notes   rule -> what could not be kept of it
    """

    base: AssortmentProblem
    problem: AssortmentProblem
    rules: tuple[Rule, ...]
    overrides: Overrides | None
    before: AssortmentReport | None
    setting: Setting
    few: Flags
    forced: np.ndarray
    notes: Mapping[str, str]

    def at(self, unit_profit_cents: Floats) -> "Ruled":
        """The same rules where a unit earns so much, (C, n)."""
        return replace(
            self,
            base=replace(self.base, unit_profit_cents=unit_profit_cents),
            problem=replace(self.problem, unit_profit_cents=unit_profit_cents),
        )

    def without(self, one: Override) -> AssortmentProblem:
        """The problem without one override."""
        kept = None if self.overrides is None else _but(self.overrides, one)
        return bound(self.base, self.rules, kept, self.setting)


def ruled(
    held: Shelves,
    scope: Scope,
    read: tuple[Rule, ...],
    overrides: Overrides | None,
    before: AssortmentReport | None = None,
) -> Ruled:
    """Raises DataError where a rule or an override names what is not there, with the next step."""
    base, setting = held.problem, setting_of(scope, held.label, held.problem.clusters)
    if overrides:
        must_exist(overrides, base.skus, base.clusters)
    problem = bound(base, read, overrides, setting)
    applied = apply_rules(read, base, setting.brands, setting.stores)
    notes = {
        _name(rule): "It names single stores of a cluster: plan lists by store (--per-store) to keep it."
        for rule in applied.left_over
    }
    few = _few(base, applied.problem, read, setting) & ~problem.may_carry
    forced = _forced(base, read, overrides, setting)
    forced[few & (forced == "")] = FEW_STORES
    return Ruled(base, problem, read, overrides, before, setting, few, forced, notes)


def setting_of(scope: Scope, label: Codes, clusters: tuple[str, ...]) -> Setting:
    """The setting where the stores of the scope are in these clusters, by label (S,)."""
    names = np.array(scope.stores, dtype=object)
    brands = tuple(str(brand) if isinstance(brand, str) else "" for brand in scope.catalogue["brand"])
    stores = {name: tuple(names[label == nth]) for nth, name in enumerate(clusters)}
    return Setting(brands, stores, np.asarray(scope.listed.mean(axis=0), dtype=np.float64))


def bound_alike(scope: Scope, read: tuple[Rule, ...]) -> Callable[[AssortmentProblem, Codes], AssortmentProblem]:
    """Puts the rules that name no cluster into the problem of any number of clusters: numbers are compared under them.

    What a rule means that names a cluster is known only once the clusters are.
    """
    everywhere = tuple(rule for rule in read if not rule.clusters)

    def put(problem: AssortmentProblem, label: Codes) -> AssortmentProblem:
        return bound(problem, everywhere, None, setting_of(scope, label, problem.clusters))

    return put


def bound(
    base: AssortmentProblem, rules: tuple[Rule, ...], overrides: Overrides | None, setting: Setting
) -> AssortmentProblem:
    """The problem with the rules and overrides, and with what is assumed where they say nothing."""
    problem = apply_rules(rules, base, setting.brands, setting.stores).problem
    problem = replace(problem, banned=~problem.may_carry | _few(base, problem, rules, setting))
    if not any(rule.kind == "max_changes" for rule in rules) and base.current is not None:
        most = np.maximum(np.ceil(ASSUMED_CHANGES * base.current.sum(axis=1)), 1).astype(np.int64)
        asked = 0 if overrides is None else len(overrides.asked)
        problem = replace(problem, max_changes=2 * most + asked)  # what goes and what comes
    for one in overrides.asked if overrides else ():
        problem = _overridden(problem, one)
    return problem


def _few(base: AssortmentProblem, problem: AssortmentProblem, rules: tuple[Rule, ...], setting: Setting) -> Flags:
    """(C, n) SKUs that too few stores carry, in lists that do not have them; not what a rule asks for."""
    if base.current is None:
        return np.zeros(base.unit_profit_cents.shape, dtype=bool)
    asked = {brand for rule in rules if rule.kind == "brand_minimum" for brand in rule.brands}
    is_asked = np.array([brand in asked for brand in setting.brands], dtype=bool)
    few = (setting.carried_share < LEAST_CARRIED) & ~is_asked & ~base.current & ~problem.must_carry
    return np.asarray(few, dtype=np.bool_)


def _overridden(problem: AssortmentProblem, one: Override) -> AssortmentProblem:
    """What a buyer asks for outweighs a rule that says the contrary."""
    must, may = problem.must_carry.copy(), problem.may_carry.copy()
    at = problem.clusters.index(one.cluster), problem.skus.index(one.sku)
    must[at], may[at] = one.is_listed, one.is_listed
    return replace(problem, must=must, banned=~may)


def _forced(
    base: AssortmentProblem, rules: tuple[Rule, ...], overrides: Overrides | None, setting: Setting
) -> np.ndarray:
    names = np.full(base.unit_profit_cents.shape, "", dtype=object)
    for rule in rules:
        if rule.kind in {"must_carry", "ban"}:
            one = apply_rules((rule,), base, setting.brands, setting.stores).problem
            names[one.must_carry | ~one.may_carry] = _name(rule)
    for each in overrides.asked if overrides else ():
        names[base.clusters.index(each.cluster), base.skus.index(each.sku)] = f"override {each.cell}"
    return names


def rule_table(given: Ruled, plan: AssortmentPlan) -> pd.DataFrame:
    """Rows of `rules`: each rule, and what one step less of it, or none of it, would bring at the plan's unit costs."""
    rows = [_of_rule(given, plan, rule) for rule in given.rules]
    problem = given.problem
    if not any(rule.kind == "max_changes" for rule in given.rules) and problem.max_changes is not None:
        more = replace(problem, max_changes=problem.max_changes + 1)
        rows.append(_row(given, plan, (ASSUMED, "change limit", "every list"), more, _STEPS["max_changes"][1]))
    if not any(rule.kind == "space" for rule in given.rules) and problem.space_cm is not None:
        more = replace(problem, space_cm=problem.space_cm + _STEPS["space"][0])
        rows.append(_row(given, plan, (SHELF, "space", "every list"), more, _STEPS["space"][1]))
    elif not any(rule.kind == "max_skus" for rule in given.rules) and problem.max_skus is not None:
        more = replace(problem, max_skus=problem.max_skus + 1)
        rows.append(_row(given, plan, (NUMBER, "SKU limit", "every list"), more, _STEPS["max_skus"][1]))
    if given.few.any():
        freed = replace(problem, banned=~(problem.may_carry | given.few))
        named = (FEW_STORES, "ban", f"{int(given.few.any(axis=0).sum())} SKUs")
        rows.append(_row(given, plan, named, freed, WHOLE) | {"note": _FEW_NOTE})
    for one in given.overrides.asked if given.overrides else ():
        named = (f"override {one.cell}", "override", f"{one.sku} in {one.cluster}")
        rows.append(_row(given, plan, named, given.without(one), WHOLE))
    return pd.DataFrame(rows)


def override_costs(given: Ruled, plan: AssortmentPlan) -> pd.DataFrame:
    """Rows of `overrides`; none where none were asked for."""
    if given.overrides is None or given.before is None or not given.overrides.asked:
        return pd.DataFrame()
    costs = {
        (one.cluster, one.sku): round(gain_cents(given.problem, plan.listed, given.without(one)))
        for one in given.overrides.asked
    }
    return costed(given.overrides, given.before, costs)


def _but(overrides: Overrides, one: Override) -> Overrides:
    return replace(overrides, asked=tuple(each for each in overrides.asked if each != one))


def _of_rule(given: Ruled, plan: AssortmentPlan, rule: Rule) -> dict[str, object]:
    change, step = _STEPS.get(rule.kind, (0.0, WHOLE))
    others = tuple(
        replace(each, number=max(each.number + change, 0.0)) if each == rule else each
        for each in given.rules
        if change or each != rule
    )
    looser = bound(given.base, others, given.overrides, given.setting)
    named = (*rule.skus, *rule.brands, *rule.clusters, *rule.stores, *rule.parties)
    return _row(given, plan, (_name(rule), _KINDS[rule.kind], ", ".join(named) or "every list"), looser, step)


def _row(
    given: Ruled, plan: AssortmentPlan, named: tuple[str, str, str], looser: AssortmentProblem, step: str
) -> dict[str, object]:
    name, kind, where = named
    gain = gain_cents(given.problem, plan.listed, looser)
    return {
        "rule": name,
        "kind": kind,
        "applies_to": where,
        "is_binding": gain >= 1.0,
        "shadow_price_cents": round(gain),
        "step": step,
        "method": METHOD,
        "note": given.notes.get(name),
    }


def _name(rule: Rule) -> str:
    return f"{_KINDS[rule.kind]}, line {rule.line}"
