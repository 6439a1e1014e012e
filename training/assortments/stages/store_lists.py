"""A list for each store, where that is asked for: the plan of its cluster is where it starts, its own rules bind."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.rules import Rule
from training.assortments.optimiser.stores import plan_stores
from training.assortments.optimiser.value import sku_profit_cents, units
from training.assortments.stages.outcome import whole
from training.assortments.stages.plan import Planned
from training.assortments.stages.rules import Ruled, Setting, bound
from training.assortments.stages.scope import Scope
from training.assortments.stages.shelves import Shelves, visits_of
from training.assortments.stages.shoppers import Shoppers

SECONDS = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class StoreLists:
    """rows: a row a store and SKU that it carries now or is to carry; stores: a row a store, in their order."""

    rows: pd.DataFrame
    stores: pd.DataFrame
    plan: AssortmentPlan

    @property
    def sentence(self) -> str:
        earned = self.stores["profit_proposed_cents"].sum() / 100
        return (
            f"Lists of single stores earn {earned:,.2f}, within {100 * self.plan.gap:.2f} % of the best there can be "
            "at the unit costs of this plan; every other screen is about the lists of clusters, and so is the order."
        )


def store_lists(scope: Scope, found: Shoppers, held: Shelves, given: Ruled, made: Planned) -> StoreLists:
    """Raises DataError where a store's rules contradict each other, or changes are limited over the whole chain."""
    problem = _problem(scope, found, held, given, made)
    plan = plan_stores(problem, held.label, SECONDS)
    return StoreLists(_rows(scope, held, problem, plan), _stores(scope, held, problem, plan, made), plan)


def _problem(scope: Scope, found: Shoppers, held: Shelves, given: Ruled, made: Planned) -> AssortmentProblem:
    """The clusters' problem with each store's own visits, mix, space and list; unit costs are those of the plan."""
    of, label = made.problem, held.label
    weight, mix, current = of.weight[label], found.planned.mix, scope.listed
    carried = np.maximum(current.sum(axis=1), 1)
    base = AssortmentProblem(
        skus=of.skus,
        clusters=scope.stores,
        stores_per_cluster=np.ones(len(label), dtype=np.int64),
        visits=visits_of(found.planned, current, held.demand),
        mix=mix,
        weight=weight,
        unit_profit_cents=of.unit_profit_cents[label],
        horizon_days=of.horizon_days,
        width_cm=of.width_cm,
        space_cm=None if of.width_cm is None else _space(scope, current, of.width_cm),
        max_facings=of.max_facings,
        facing_capacity_units=of.facing_capacity_units,
        max_skus=carried.astype(np.int64) if of.width_cm is None else None,
        current=current,
    )
    setting = Setting(given.setting.brands, {store: (store,) for store in scope.stores}, given.setting.carried_share)
    rules = tuple(rule for each in given.rules for rule in _of_stores(each, given.setting))
    return _overridden(bound(base, rules, None, setting), given, held)


def _space(scope: Scope, current: Flags, width_cm: Floats) -> Floats:
    """Never less than today's list takes; a store that carries nothing has room for the widest SKU."""
    told = np.nan_to_num(scope.shops["space_cm"].to_numpy(dtype=np.float64))
    return np.asarray(np.maximum(np.maximum(told, current @ width_cm), float(width_cm.max())))


def _of_stores(rule: Rule, setting: Setting) -> tuple[Rule, ...]:
    """A rule that names clusters names their stores instead; none where it names stores that are not in them."""
    if not rule.clusters:
        return (rule,)
    mine = {store for cluster in rule.clusters for store in setting.stores.get(cluster, ())}
    named = mine & set(rule.stores) if rule.stores else mine
    return (replace(rule, clusters=(), stores=tuple(sorted(named))),) if named else ()


def _overridden(problem: AssortmentProblem, given: Ruled, held: Shelves) -> AssortmentProblem:
    """What a buyer asks of a cluster holds in each of its stores."""
    must, may = problem.must_carry.copy(), problem.may_carry.copy()
    asked = given.overrides.asked if given.overrides else ()
    for one in asked:
        at = held.label == held.problem.clusters.index(one.cluster)
        sku = problem.skus.index(one.sku)
        must[at, sku], may[at, sku] = one.is_listed, one.is_listed
    changes = None if problem.max_changes is None else problem.max_changes + len(asked)
    return replace(problem, must=must, banned=~may, max_changes=changes)


def _rows(scope: Scope, held: Shelves, problem: AssortmentProblem, plan: AssortmentPlan) -> pd.DataFrame:
    now, then = scope.listed, plan.listed
    store, sku = np.nonzero(now | then)
    title = scope.catalogue["name"].fillna(scope.catalogue["sku"]).to_numpy(dtype=object)
    kind = np.where(now & then, "keep", np.where(then, "add", "delist"))
    return pd.DataFrame({
        "store_id": np.array(scope.stores, dtype=object)[store],
        "cluster": np.array(held.problem.clusters, dtype=object)[held.label[store]],
        "sku": np.array(problem.skus, dtype=object)[sku],
        "name": title[sku],
        "decision": kind[store, sku],
        "facings": plan.facings[store, sku],
        "units": units(problem, then)[store, sku],
        "profit_cents": whole(sku_profit_cents(problem, then))[store, sku],
    })  # fmt: skip


def _stores(
    scope: Scope, held: Shelves, problem: AssortmentProblem, plan: AssortmentPlan, made: Planned
) -> pd.DataFrame:
    sold = units(problem, scope.listed)
    return pd.DataFrame({
        "skus_now": scope.listed.sum(axis=1),
        "skus_proposed": plan.listed.sum(axis=1),
        "profit_now_cents": whole((sold * made.now_profit_cents[held.label]).sum(axis=1)),
        "profit_proposed_cents": whole(sku_profit_cents(problem, plan.listed).sum(axis=1)),
    })  # fmt: skip
