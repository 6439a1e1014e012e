"""A buyer's rules, `rules.toml`, as parts of a problem.

A file is a list of rules; each names what it binds, and where. Without `cluster`, `store` or `party` a rule binds
everywhere; each of the three takes one name or a list.

    [[must_carry]]                 # every list has these
    sku = ["1029743", "845208"]    # or: brand = "Own brand", all its SKUs
    cluster = "north"

    [[ban]]                        # no list has these
    brand = "Old maker"
    store = ["367", "381"]

    [[brand_minimum]]              # at least so many SKUs of the brand
    brand = "Own brand"
    least = 3

    [[space]]                      # shelf of one store for the category
    cm = 480

    [[max_skus]]                   # at most so many SKUs in a list
    most = 40

    [[max_changes]]                # added and taken out, against what is listed now
    most = 6                       # in each list; with chain = true: over all lists together

    [[days_of_supply]]             # what the facings have to hold
    sku = "1029743"                # or brand; without either: every SKU
    days = 4

Where two rules set the same number, the stricter holds: the larger minimum, the smaller maximum. A rule for a store
binds where lists are made store by store; a cluster of several stores keeps it only if it names all of them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import DataError, UserError
from training.assortments.optimiser.problem import NO_LIMIT_CM, AssortmentProblem, Codes, Flags, Floats

_NUMBERS = {
    "brand_minimum": ("least",),
    "space": ("cm",),
    "max_skus": ("most",),
    "max_changes": ("most",),
    "days_of_supply": ("days",),
}
_SUBJECTS = {
    "must_carry": ("sku", "brand"),
    "ban": ("sku", "brand"),
    "brand_minimum": ("brand",),
    "days_of_supply": ("sku", "brand"),
}
_PLACES = ("cluster", "store", "party")
KINDS = ("must_carry", "ban", "brand_minimum", "space", "max_skus", "max_changes", "days_of_supply")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a file.

    line       where it begins
    number     its minimum, maximum, centimetres or days; 0 where the kind has none
    is_chain   whether a number of changes is that of all lists together
    """

    kind: str
    line: int
    skus: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    number: float = 0.0
    is_chain: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """A problem with rules in it.

    left_over   rules that bind single stores of a cluster: lists of clusters cannot keep them, lists of stores can
    """

    problem: AssortmentProblem
    left_over: tuple[Rule, ...]


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file, in its order.

    Raises UserError where there is none, where it is not TOML, or where a rule says what nobody understands; the
    message names the rule, its line and the next step.
    """
    if not path.is_file():
        raise UserError(f"There is no file of rules {path}. Next: name one with --rules, or leave --rules out.")
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}. Next: mend that line.") from error
    rules = [
        _rule(path, kind, line, fields)
        for kind, many in given.items()
        for line, fields in zip(_lines(path, text, kind, many), many, strict=True)
    ]
    return tuple(sorted(rules, key=lambda rule: rule.line))


def _lines(path: Path, text: str, kind: str, many: object) -> list[int]:
    """Where each rule of a kind begins."""
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1, cutoff=0.0)[0]
        raise UserError(f"{path}: there is no rule {kind!r}. Nearest: {near!r}. Known: {', '.join(KINDS)}.")
    lines = [nth for nth, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == f"[[{kind}]]"]
    if not isinstance(many, list) or len(lines) != len(many) or not all(isinstance(one, dict) for one in many):
        raise UserError(f"{path}: {kind} is not a list of rules. Next: write [[{kind}]] on a line above each.")
    return lines


def _rule(path: Path, kind: str, line: int, fields: Mapping[str, Any]) -> Rule:
    where = f"{path}, line {line}: {kind}"
    numbers = _NUMBERS.get(kind, ())
    known = [*_SUBJECTS.get(kind, ()), *_PLACES, *numbers, *(["chain"] if kind == "max_changes" else [])]
    for name in fields:
        if name not in known:
            raise UserError(f"{where} has {name!r}, which means nothing here. Known: {', '.join(known)}.")
    texts = {name: _texts(where, name, fields[name]) for name in ("sku", "brand", *_PLACES) if name in fields}
    if kind in {"must_carry", "ban", "brand_minimum"} and not {"sku", "brand"} & set(texts):
        raise UserError(f"{where} names nothing. Next: add {' or '.join(f'{one} = …' for one in _SUBJECTS[kind])}.")
    is_chain = fields.get("chain", False)
    if is_chain is not True and is_chain is not False:
        raise UserError(f"{where}: chain is {is_chain!r}. Next: write chain = true, or leave it out.")
    if is_chain and any(name in texts for name in _PLACES):
        raise UserError(f"{where} is for the whole chain and names a place. Next: leave one of the two out.")
    sku, brand, cluster, store, party = (texts.get(name, ()) for name in ("sku", "brand", *_PLACES))
    return Rule(kind, line, sku, brand, cluster, store, party, _number(where, numbers, fields), is_chain=is_chain)


def _texts(where: str, name: str, given: object) -> tuple[str, ...]:
    many = given if isinstance(given, list) else [given]
    if not many or not all(isinstance(one, str) for one in many):
        raise UserError(f'{where}: {name} is {given!r}. Next: write text in quotes, {name} = "…", or a list of such.')
    return tuple(many)


def _number(where: str, names: tuple[str, ...], fields: Mapping[str, Any]) -> float:
    if not names:
        return 0.0
    name, given = names[0], fields.get(names[0])
    whole = name in {"least", "most"}
    fits = isinstance(given, int) if whole else isinstance(given, int | float)
    if given is None or isinstance(given, bool) or not fits or not np.isfinite(given) or given < 0:
        what = "a whole number" if whole else "a number"
        raise UserError(f"{where}: {name} is {given!r}. Next: write {what} of 0 or more, such as {name} = 3.")
    return float(given)


def apply_rules(
    rules: tuple[Rule, ...],
    problem: AssortmentProblem,
    sku_brands: tuple[str, ...],
    stores: Mapping[str, tuple[str, ...]],
) -> Applied:
    """Put rules into a problem, beside what it has already.

    sku_brands   n brands, of `problem.skus`
    stores       name of a cluster -> its stores; where lists are made store by store, each has itself

    Raises DataError where a rule names a SKU, brand, cluster, store or seller that is not there, by rule and line.
    """
    place = _Ground(problem, sku_brands, stores)
    left_over = []
    for rule in rules:
        place.check(rule)
        at = place.clusters_of(rule)
        if rule.stores and not set(rule.stores) <= {one for c in np.flatnonzero(at) for one in place.stores_of(int(c))}:
            left_over.append(rule)
        problem = _with_rule(problem, rule, at, place)
    return Applied(problem, tuple(left_over))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What rules can name."""

    problem: AssortmentProblem
    sku_brands: tuple[str, ...]
    stores: Mapping[str, tuple[str, ...]]

    @property
    def brands(self) -> tuple[str, ...]:
        return self.problem.brands or tuple(dict.fromkeys(self.sku_brands))

    def stores_of(self, cluster: int) -> tuple[str, ...]:
        return self.stores.get(self.problem.clusters[cluster], ())

    def check(self, rule: Rule) -> None:
        all_stores = {one for c in range(len(self.problem.clusters)) for one in self.stores_of(c)}
        groups = (
            ("SKU", rule.skus, set(self.problem.skus)),
            ("brand", rule.brands, set(self.brands)),
            ("cluster", rule.clusters, set(self.problem.clusters)),
            ("store", rule.stores, all_stores),
            ("seller", rule.parties, set(self.problem.party)),
        )
        for what, named, known in groups:
            gone = [one for one in named if one not in known]
            if gone:
                near = get_close_matches(gone[0], known, n=1, cutoff=0.0)
                nearest = f" Nearest: {near[0]!r}." if near else ""
                raise DataError(
                    f"Rules, line {rule.line}: {rule.kind} names the {what} {gone[0]!r}, which is not there "
                    f"({len(gone)} of {len(named)}).{nearest} Next: mend that name, or take it out."
                )

    def clusters_of(self, rule: Rule) -> Flags:
        """(C,) which lists a rule binds; a list of several stores only where the rule names all of them."""
        count, named = len(self.problem.clusters), set(rule.stores)
        at = np.ones(count, dtype=bool)
        if rule.clusters:
            at &= np.isin(np.array(self.problem.clusters), rule.clusters)
        if rule.parties:
            at &= np.isin(np.array(self.problem.party), rule.parties)
        if rule.stores:
            at &= np.array([bool(self.stores_of(c)) and set(self.stores_of(c)) <= named for c in range(count)])
        return at

    def skus_of(self, rule: Rule) -> Flags:
        """(n,) which SKUs a rule is about: all, where it names none."""
        if not rule.skus and not rule.brands:
            return np.ones(len(self.problem.skus), dtype=bool)
        return np.isin(np.array(self.problem.skus), rule.skus) | np.isin(np.array(self.sku_brands), rule.brands)


def _with_rule(problem: AssortmentProblem, rule: Rule, at: Flags, ground: _Ground) -> AssortmentProblem:
    skus = ground.skus_of(rule)
    if rule.kind == "must_carry":
        return replace(problem, must=problem.must_carry | (at[:, None] & skus))
    if rule.kind == "ban":
        return replace(problem, banned=~problem.may_carry | (at[:, None] & skus))
    if rule.kind == "brand_minimum":
        return _with_brand_minimum(problem, rule, at, ground)
    if rule.kind == "days_of_supply":
        days = np.zeros(len(skus)) if problem.days_of_supply is None else problem.days_of_supply
        return replace(problem, days_of_supply=np.where(skus, np.maximum(days, rule.number), days))
    if rule.is_chain:
        before = problem.max_changes_chain
        most = int(rule.number)
        return replace(problem, max_changes_chain=most if before is None else min(before, most))
    return _with_most(problem, rule, at)


def _with_most(problem: AssortmentProblem, rule: Rule, at: Flags) -> AssortmentProblem:
    if rule.kind == "space":
        return replace(problem, space_cm=_lower(problem.space_cm, rule.number, at, NO_LIMIT_CM))
    no_limit = len(problem.skus) + 1
    if rule.kind == "max_changes":
        return replace(problem, max_changes=_whole(_lower(problem.max_changes, rule.number, at, no_limit)))
    return replace(problem, max_skus=_whole(_lower(problem.max_skus, rule.number, at, no_limit)))


def _whole(numbers: Floats) -> Codes:
    return numbers.astype(np.int64)


def _lower(before: Floats | Codes | None, number: float, at: Flags, no_limit: float) -> Floats:
    """The smaller of two maxima, where a rule binds; where nothing was said before, it stands alone."""
    if before is None:
        return np.where(at, number, no_limit)
    return np.where(at, np.minimum(before, number), before).astype(np.float64)


def _with_brand_minimum(problem: AssortmentProblem, rule: Rule, at: Flags, ground: _Ground) -> AssortmentProblem:
    brands = ground.brands
    codes = np.array([brands.index(one) for one in ground.sku_brands], dtype=np.int64)
    none = np.zeros((len(at), len(brands)), dtype=np.int64)
    least = none if problem.brand_minimum is None else problem.brand_minimum.copy()
    named = np.isin(np.array(brands), rule.brands)
    least = np.where(at[:, None] & named, np.maximum(least, int(rule.number)), least)
    return replace(problem, brand=codes, brands=brands, brand_minimum=least)
