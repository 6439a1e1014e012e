"""An assortment run: scope -> demand -> shoppers -> shelves -> rules -> plan -> supply -> festival -> report.

Each stage is one call, and data goes one way. What the data cannot say is left out with a sentence that says why.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.settings import Settings
from features.warehouse import Warehouse
from serving.assortment_request import AssortmentRequest
from training.assort import buying, festival, newcoming
from training.assort.decisions import Evidence, decisions, moved_from, walk_range
from training.assort.defects import defects, unknowns
from training.assort.evidence import backtests
from training.assort.loyal import loyal_buyers
from training.assort.outcome import Outcome, interval, outcome
from training.assort.ruled import Ruled, rule_table, ruled
from training.assort.scope import Scope, scope
from training.assort.shelves import Shelves, gather
from training.assort.shoppers import Shoppers, shoppers
from training.assort.store_tables import (
    cluster_curve,
    cluster_mix,
    clusters,
    facings,
    needs,
    sku_curve,
    space,
    stores,
    transfers,
)
from training.assort.trial import trial
from training.assortment.audit import audit
from training.assortment.plan import Plan
from training.assortment.problem import Flags, Floats, Problem
from training.assortment.solve import solve
from training.assortment.value import listing_cost_cents, units
from training.choice.attraction import Attraction
from training.choice.needs import need_states
from training.choice.transfer import Transfer, transfer
from training.demand.forecast import forecast
from training.reports.overrides import Overrides
from training.reports.sums import summary_measures, summary_money
from training.reports.tables import AssortmentReport, Proof, Run, assembled
from training.stages import Stages

SOLVE_SECONDS = 60.0


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
    warehouse, request = Warehouse.open(settings), asked.request
    cutoff = Cutoff.parse(request.cutoff) if request.cutoff else Cutoff(warehouse.last).plus_days(1e-6 / 86_400)
    with stages.stage("category and stores") as say:
        seen = scope(warehouse, request, cutoff)
        say(f"{len(seen.skus)} SKUs in {len(seen.stores)} stores")
    with stages.stage("demand") as say:
        ahead = forecast(seen.panel, cutoff, request.horizon_weeks, request.seed, threads=settings.threads)
        say(f"{ahead['mean'].sum():,.0f} units in {request.horizon_weeks} weeks")
    with stages.stage("shoppers") as say:
        found = shoppers(seen, request.seed)
        say(f"{found.model.classes} classes, {len(found.resamples)} resamples")
    with stages.stage("clusters and shelves") as say:
        held = gather(seen, found, ahead, request.horizon_weeks)
        say(f"{len(held.problem.clusters)} clusters of stores")
    with stages.stage("plan") as say:
        rules = ruled(held, seen, asked.rules, asked.overrides, asked.before)
        plan = solve(rules.problem, SOLVE_SECONDS)
        say(f"within {100 * plan.gap:.2f} % of the best there can be, proven by {plan.method}")
    with stages.stage("report") as say:
        report = _report(settings, warehouse, asked, _Made(seen, ahead, found, held, rules, plan, cutoff))
        say(f"{len(report.decisions):,} decisions")
    return report


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What the stages made."""

    scope: Scope
    ahead: pd.DataFrame
    found: Shoppers
    held: Shelves
    rules: Ruled
    plan: Plan
    cutoff: Cutoff


def _report(settings: Settings, warehouse: Warehouse, asked: Asked, made: _Made) -> AssortmentReport:
    request, problem, plan = asked.request, made.rules.problem, made.plan
    weeks = request.horizon_weeks
    out = outcome(made.found, made.held, problem, plan.listed, request.seed)
    chain = _chain(problem, plan)
    why = Evidence(
        transfers=moved_from(problem, plan.listed),
        walks=walk_range(out),
        needs=need_states(chain),
        loyal=loyal_buyers(warehouse, made.scope, made.cutoff),
        forced=made.rules.forced,
    )
    table = decisions(made.scope, out, plan, why, weeks)
    tables, missing = _tables(settings, warehouse, asked, made, (out, chain, why, table))
    return assembled(
        _run(warehouse, asked, made), _proof(problem, plan), tables, missing, unknowns(made.scope, made.found)
    )


def _chain(problem: Problem, plan: Plan) -> Transfer:
    """Where demand goes over the whole chain, with all that is planned anywhere on the shelf, weighed by visits."""
    anywhere = np.tile(np.any(plan.listed, axis=0), (len(problem.clusters), 1))
    return transfer(Attraction(problem.weight, problem.mix), anywhere, problem.visits)


def _tables(
    settings: Settings,
    warehouse: Warehouse,
    asked: Asked,
    made: _Made,
    found: tuple[Outcome, Transfer, Evidence, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Every table of the report that there is something to say in, and why the others have no rows."""
    out, chain, why, rows = found
    problem, plan, seen, weeks = out.problem, made.plan, made.scope, asked.request.horizon_weeks
    facings_now = rows["facings_now"].to_numpy(dtype=np.float64).reshape(out.now.shape)
    rollout, pairs = trial(seen, made.held, problem, rows)
    tables = {
        "decisions": rows,
        "summary_money": _money(out, rows, seen),
        "summary_measures": _measures(out, rows, plan, facings_now, weeks),
        "needs": needs(out, why, chain, seen),
        "transfers": transfers(chain, problem.skus),
        "clusters": clusters(out, made.held, seen, made.found, rows),
        "cluster_mix": cluster_mix(problem),
        "stores": stores(problem, made.held, seen, weeks),
        "cluster_curve": cluster_curve(made.held),
        "space": space(out, plan, facings_now),
        "facings": facings(rows, problem, seen),
        "sku_curve": sku_curve(problem),
        "rules": rule_table(made.rules, plan),
        "overrides": made.rules.override_costs(plan, rows),
        "rollout": rollout,
        "rollout_pairs": pairs,
        "defects": defects(settings, seen),
    }
    missing = dict(_MISSING)
    for more in (
        buying.tables(warehouse, seen, out, seen.groups),
        festival.tables(warehouse, seen, out, made.cutoff),
        newcoming.tables(warehouse, seen, out),
        backtests(seen, made.cutoff, weeks, asked.request.seed, settings.threads),
    ):
        tables |= more.tables
        missing |= more.missing
    return {name: rows for name, rows in tables.items() if len(rows)}, missing


_MISSING = {
    "space": "Widths of SKUs are not known, so that lists are limited by their number and not by the shelf.",
    "facings": "Widths of SKUs are not known, so that facings cannot be planned.",
    "transfers": "Nothing is listed whose demand could go anywhere.",
    "rules": "No rule was given, and none was assumed.",
    "removals": "No SKU of this category was taken out sharply enough to learn from.",
    "rollout": "No cluster has two stores that could be compared.",
    "rollout_pairs": "No cluster has two stores that could be compared.",
    "defects": "Nothing in quarantine, and no defect was found.",
}


def _money(out: Outcome, rows: pd.DataFrame, seen: Scope) -> pd.DataFrame:
    """Sales and profit with 80 % intervals, of the proposal and of the change."""
    price = seen.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    intervals, changes = {}, {}
    for measure in ("sales", "profit"):

        def total(one: Problem, listed: Flags, *, is_sales: bool = measure == "sales") -> Floats:
            amounts = units(one, listed) * (price if is_sales else one.unit_profit_cents)
            return np.array([amounts.sum()])

        then, now = (out.drawn(partial(total, listed=listed)) for listed in (out.proposed, out.now))
        planned = np.array([rows[f"{measure}_proposed_cents"].sum()], dtype=np.float64)
        intervals[measure] = _ends(then, planned)
        changes[measure] = _ends(then - now, planned - rows[f"{measure}_now_cents"].sum())
    now_cost, then_cost = (round(listing_cost_cents(out.problem, listed)) for listed in (out.now, out.proposed))
    others = {"listing_costs": (now_cost, then_cost)} if out.problem.sku_cost_cents is not None else {}
    return summary_money(rows, intervals=intervals, changes=changes, others=others)


def _ends(drawn: np.ndarray, middle: np.ndarray) -> tuple[int, int]:
    low, high = interval(drawn.reshape(len(drawn), -1), middle)
    return int(np.floor(low[0])), int(np.ceil(high[0]))


def _measures(out: Outcome, rows: pd.DataFrame, plan: Plan, facings_now: np.ndarray, weeks: int) -> pd.DataFrame:
    drawn = out.drawn(lambda one: units(one, out.proposed).sum(keepdims=True).reshape(1))
    low, high = interval(drawn, np.array([rows["units_proposed"].sum()]))
    used = None
    if out.problem.width_cm is not None:
        stores = out.problem.stores_per_cluster
        before, after = (float(stores @ (held @ out.problem.width_cm)) for held in (facings_now, plan.facings))
        used = (before, after)
    return summary_measures(rows, horizon_weeks=weeks, used_cm=used, units_interval=(float(low[0]), float(high[0])))


def _run(warehouse: Warehouse, asked: Asked, made: _Made) -> Run:
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


def _proof(problem: Problem, plan: Plan) -> Proof:
    looked = audit(problem, plan)
    value = int(np.floor(plan.profit_cents))
    bound = max(int(np.ceil(plan.bound_cents)), value)
    return Proof(
        value_cents=value,
        bound_cents=bound,
        gap_percent=100 * (bound - value) / bound if bound > 0 else 0.0,
        method=plan.method,
        seconds=round(plan.seconds, 2),
        audit_passed=looked.passed,
        audit="; ".join(looked.faults) or "Every rule is kept, and the profit was counted again, SKU by SKU.",
    )
