"""An assortment run: scope -> demand -> shoppers -> shelves -> rules -> plan -> supply -> festival -> report.

Each stage is one call, and data goes one way. What the data cannot say is left out with a sentence that says why.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.errors import DataError
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.buyers.request import AssortmentRequest
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.need_states import need_states
from training.assortments.choice.transfer import Transfer, transfer
from training.assortments.demand.forecast import forecast
from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Floats
from training.assortments.optimiser.rules import read_rules
from training.assortments.report.overrides import Overrides
from training.assortments.report.report import AssortmentReport, Proof, Run
from training.assortments.report.tables import assembled
from training.assortments.stages.outcome import Made, Outcome, outcome, overrated
from training.assortments.stages.plan import Planned, foreseen_cents, planned
from training.assortments.stages.rules import Ruled, bound_alike, override_costs, rule_table, ruled
from training.assortments.stages.scope import Scope, scope
from training.assortments.stages.shelves import Shelves, gather
from training.assortments.stages.shoppers import Shoppers, shoppers
from training.assortments.stages.store_lists import StoreLists, store_lists
from training.assortments.stages.terms import Terms, terms
from training.assortments.tables import delistings, festival, newcomers, suppliers
from training.assortments.tables.backtests import backtests
from training.assortments.tables.clusters import cluster_curve, cluster_mix, clusters, stores
from training.assortments.tables.decisions import Evidence, decisions, moved_from, walk_range
from training.assortments.tables.defects import below_cost, defects, traded_up, unknowns
from training.assortments.tables.loyal import loyal_buyers
from training.assortments.tables.needs import needs, transfers
from training.assortments.tables.rollout import trial
from training.assortments.tables.space import facings, sku_curve, space
from training.assortments.tables.summary import measures, money
from training.tracking.stages import Stages


@dataclass(frozen=True, slots=True)
class Asked:
    """One run: what for, under which name, when, and with which rules and overrides."""

    request: AssortmentRequest
    run_id: str
    at: datetime
    rules: Path | None = None
    overrides: Overrides | None = None
    before: AssortmentReport | None = None
    planted: str = ""
    mlflow_run: str = "not tracked"


def plan_assortment(settings: Settings, asked: Asked, stages: Stages) -> AssortmentReport:
    """Plan and report. Raises DataError or UserError where the data or the rules do not allow a plan, saying why."""
    request = asked.request
    past = Past.open(settings, Cutoff.parse(request.cutoff)) if request.cutoff else Past.to_date(settings)
    cutoff = past.cutoff
    with stages.stage("category and stores") as say:
        seen = scope(past, request)
        say(f"{len(seen.skus)} SKUs in {len(seen.stores)} stores")
    with stages.stage("demand") as say:
        ahead = forecast(seen.panel, cutoff, request.horizon_weeks, request.seed, threads=settings.threads)
        say(f"{ahead['mean'].sum():,.0f} units in {request.horizon_weeks} weeks")
    with stages.stage("shoppers") as say:
        found = shoppers(seen, request.seed)
        say(f"{found.model.classes} classes, {len(found.resamples)} resamples")
    with stages.stage("clusters and shelves") as say:
        read = read_rules(asked.rules) if asked.rules else ()
        offers, why = _terms(past, seen)
        number = asked.before.run.clusters if asked.before else None
        bind = bound_alike(seen, read)
        held = gather(seen, found, ahead, request.horizon_weeks, partial(_earned, seen, offers, bind), number)
        say(f"{len(held.problem.clusters)} clusters of stores")
    with stages.stage("plan") as say:
        rules = ruled(held, seen, read, asked.overrides, asked.before)
        joined = offers.joined(seen, held.label, held.demand, rules.problem) if offers else None
        made = planned(rules.problem, joined, why)
        say(f"within {100 * made.plan.gap:.2f} % of the best there can be, {_how(made)}")
    by_store = None
    if request.per == "store":
        with stages.stage("stores") as say:
            by_store = store_lists(seen, found, held, rules, made)
            say(f"{len(seen.stores):,} lists within {100 * by_store.plan.gap:.2f} % of the best there can be")
    with stages.stage("report") as say:
        steps = _Stages(seen, ahead, found, held, rules, offers, made, by_store, cutoff)
        report = _report(past, asked, steps)
        say(f"{len(report.decisions):,} decisions")
    return report


def _terms(past: Past, seen: Scope) -> tuple[Terms | None, str]:
    """What suppliers ask; None where nobody does, or nothing that can be planned with, and why."""
    try:
        return terms(past, seen), ""
    except DataError as error:
        return None, str(error)


def _earned(
    seen: Scope,
    offers: Terms | None,
    bind: Callable[[AssortmentProblem, Codes], AssortmentProblem],
    problem: AssortmentProblem,
    label: Codes,
    sold: Floats,
) -> float:
    """What a plan for so many clusters earns under the rules, with its order where there are terms."""
    bound = bind(problem, label)
    return foreseen_cents(bound, None if offers is None else offers.joined(seen, label, sold, bound))


@dataclass(frozen=True, slots=True, eq=False)
class _Stages:
    """What the stages made; `rules` are at the costs of the plan before the order."""

    scope: Scope
    ahead: pd.DataFrame
    found: Shoppers
    held: Shelves
    rules: Ruled
    terms: Terms | None
    planned: Planned
    by_store: StoreLists | None
    cutoff: Cutoff

    @property
    def bought_scope(self) -> Scope:
        """The scope with suppliers as the plan buys."""
        bought, catalogue = self.planned.bought, self.scope.catalogue
        if bought is None:
            return self.scope
        main = suppliers.main_suppliers(bought, catalogue["supplier"], self.scope.skus)
        return replace(self.scope, catalogue=catalogue.assign(supplier=pd.Series(main, catalogue.index, dtype=object)))


def _how(made: Planned) -> str:
    if made.bought is None:
        return f"proven by {made.plan.method}"
    return f"lists and orders in {len(made.bought.found.turns)} turns"


def _report(past: Past, asked: Asked, made: _Stages) -> AssortmentReport:
    request, problem, plan = asked.request, made.planned.problem, made.planned.plan
    weeks = request.horizon_weeks
    now_profit = made.planned.now_profit_cents
    out = outcome(made.found, made.held, Made(problem, plan.listed, now_profit), request.seed)
    chain = _chain(problem, plan)
    why = Evidence(
        transfers=moved_from(problem, plan.listed),
        walks=walk_range(out),
        needs=need_states(chain),
        loyal=loyal_buyers(past, made.scope),
        forced=made.rules.forced,
    )
    table = decisions(made.bought_scope, out, made.held.label, plan, why, weeks)
    tables, missing = _tables(past, asked, made, (out, chain, why, table))
    open_questions = (*unknowns(made.scope, made.found), *overrated(out), *traded_up(table), *below_cost(table))
    by_store = made.by_store
    if by_store:
        open_questions = (*open_questions, by_store.sentence)
    report = assembled(_run(past.warehouse, asked, made), _proof(made.planned), tables, missing, open_questions)
    return replace(report, store_lists=by_store.rows) if by_store else report


def _chain(problem: AssortmentProblem, plan: AssortmentPlan) -> Transfer:
    """Where demand goes over the whole chain, with all that is planned anywhere on the shelf, weighed by visits."""
    anywhere = np.tile(np.any(plan.listed, axis=0), (len(problem.clusters), 1))
    return transfer(Attraction(problem.weight, problem.mix), anywhere, problem.visits)


def _tables(
    past: Past,
    asked: Asked,
    made: _Stages,
    found: tuple[Outcome, Transfer, Evidence, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Every table of the report that there is something to say in, and why the others have no rows."""
    out, chain, why, rows = found
    problem, plan, seen, weeks = out.problem, made.planned.plan, made.scope, asked.request.horizon_weeks
    rules = made.rules.at(problem.unit_profit_cents)
    facings_now = rows["facings_now"].to_numpy(dtype=np.float64).reshape(out.now.shape)
    rollout, pairs = trial(seen, made.held, problem, out.now_profit_cents, rows)
    tables = {
        "decisions": rows,
        "summary_money": money(out, rows, seen),
        "summary_measures": measures(out, rows, plan, facings_now, weeks),
        "needs": needs(out, why, chain, seen),
        "transfers": transfers(chain, problem.skus),
        "clusters": clusters(out, made.held, seen, made.found, rows),
        "cluster_mix": cluster_mix(problem, made.held, made.found),
        "stores": _with_lists(stores(problem, made.held, seen, weeks), made.by_store),
        "cluster_curve": cluster_curve(made.held),
        "space": space(out, plan, facings_now),
        "facings": facings(rows, problem, seen),
        "sku_curve": sku_curve(problem),
        "rules": rule_table(rules, plan),
        "overrides": override_costs(rules, plan),
        "rollout": rollout,
        "rollout_pairs": pairs,
        "defects": defects(past.settings, seen),
    }
    missing = dict(_MISSING)
    for more in (
        suppliers.tables(made.planned, seen, made.terms, out.sold_now),
        delistings.tables(past, seen, chain),
        festival.tables(past, seen, out),
        newcomers.tables(past, seen, out),
        backtests(seen, made.cutoff, weeks, asked.request.seed, past.settings.threads),
    ):
        tables |= more.tables
        missing |= more.missing
    return {name: rows for name, rows in tables.items() if len(rows)}, missing


def _with_lists(rows: pd.DataFrame, by_store: StoreLists | None) -> pd.DataFrame:
    return rows if by_store is None else pd.concat([rows, by_store.stores.set_axis(rows.index)], axis=1)


_MISSING = {
    "space": "Widths of SKUs are not known, so that lists are limited by their number and not by the shelf.",
    "facings": "Widths of SKUs are not known, so that facings cannot be planned.",
    "transfers": "Nothing is listed whose demand could go anywhere.",
    "rules": "No rule was given, and none was assumed.",
    "rollout": "No cluster has two stores that could be compared.",
    "rollout_pairs": "No cluster has two stores that could be compared.",
    "defects": "Nothing in quarantine, and no defect was found.",
}


def _run(warehouse: Warehouse, asked: Asked, made: _Stages) -> Run:
    request = asked.request
    return Run(
        run_id=asked.run_id,
        category=request.category,
        stores=len(made.scope.stores),
        clusters=len(made.held.problem.clusters),
        cutoff=str(made.cutoff),
        made_at=asked.at.replace(tzinfo=None).isoformat(timespec="seconds"),
        horizon_weeks=request.horizon_weeks,
        currency=str(warehouse.manifest.get("currency") or ""),
        data_hash=warehouse.digest,
        model_version=f"{made.found.model.classes}-class logit as of {made.cutoff}",
        mlflow_run=asked.mlflow_run,
        seed=request.seed,
        parties=(request.party,) if request.party else (),
        rules=asked.rules.read_text(encoding="utf-8") if asked.rules else "",
        real_or_planted=asked.planted,
        overrides_of=asked.overrides.run_id if asked.overrides else "",
    )


def _proof(made: Planned) -> Proof:
    plan, bought = made.plan, made.bought
    faults = (*audit(made.problem, plan).faults, *(bought.faults if bought else ()))
    value = int(np.floor(plan.profit_cents))
    with_order = ", with the order" if bought else ""
    bound = max(int(np.ceil(plan.bound_cents)), value)
    return Proof(
        value_cents=value,
        bound_cents=bound,
        gap_percent=100 * (bound - value) / bound if bound > 0 else 0.0,
        method=f"{_how(made)[0].upper()}{_how(made)[1:]}",
        seconds=round(plan.seconds, 2),
        audit_passed=not faults,
        audit="; ".join(faults) or f"Every rule is kept, and the profit was counted again, SKU by SKU{with_order}.",
    )
