"""The table of decisions: each SKU in each cluster, with its reason, its interval, and what would change it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from training.assortments.choice.attraction import Attraction
from training.assortments.choice.need_states import NeedStates
from training.assortments.choice.transfer import Transfer, transfer
from training.assortments.optimiser.plan import AssortmentPlan
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats
from training.assortments.optimiser.value import units
from training.assortments.stages.outcome import Outcome, interval, place_worth_cents, whole, worth_cents
from training.assortments.stages.scope import Scope
from training.assortments.tables.reasons import Ground, words

DESTINATIONS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What decisions are explained with; (C, n) or one entry a cluster, in the order of the problem.

    transfers  where demand goes, by cluster, with every planned SKU on the shelf that is listed, or that one added
    walks      (C, n) shares that leave: as planned, where the fewest and where the most visits leave with nothing
    forced     (C, n) the name of the rule that decides, empty for none
    """

    transfers: tuple[Transfer, ...]
    walks: tuple[Floats, Floats, Floats]
    needs: NeedStates
    loyal: dict[str, int]
    forced: np.ndarray


def moved_from(problem: AssortmentProblem, listed: Flags) -> tuple[Transfer, ...]:
    """By cluster, where the demand of each SKU goes; of one that is not listed, where it would come from."""
    return tuple(_transfer(problem, listed, cluster) for cluster in range(len(problem.clusters)))


def _transfer(problem: AssortmentProblem, listed: Flags, cluster: int) -> Transfer:
    attraction = Attraction(problem.weight[[cluster]], problem.mix[[cluster]])
    now = transfer(attraction, listed[[cluster]])
    demand, moved, walked = now.demand.copy(), now.moved.copy(), now.walked.copy()
    for sku in np.flatnonzero(~listed[cluster]).tolist():
        more = listed[[cluster]].copy()
        more[0, sku] = True
        one = transfer(attraction, more)
        demand[sku], moved[sku], walked[sku] = one.demand[sku], one.moved[sku], one.walked[sku]
    return Transfer(demand, moved, walked)


def walk_range(out: Outcome) -> tuple[Floats, Floats, Floats]:
    """(C, n) shares that walk: as planned, lowest and highest over resamples and shares of visits that leave."""
    middle = _walked(out.problem, out.proposed)
    others = np.stack([_walked(problem, out.proposed) for problem in (*out.draws[:8], *out.range)])
    return middle, np.minimum(others.min(axis=0), middle), np.maximum(others.max(axis=0), middle)


def _walked(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) of a SKU's demand, what leaves without it: Σ_k m q (1 − Σ_j≠i q_j / (1 − q_i)) / Σ_k m q."""
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    attraction = 1 + weight.sum(axis=2, keepdims=True)
    with_it = np.where(listed[:, None, :], attraction, attraction + problem.weight)
    share = problem.mix[:, :, None] * problem.weight / with_it
    leaves = 1 / (with_it - problem.weight)
    return np.asarray((share * leaves).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-300))


def decisions(
    scope: Scope, out: Outcome, label: Codes, plan: AssortmentPlan, why: Evidence, horizon_weeks: int
) -> pd.DataFrame:
    """The rows of `decisions`; supplier and facings now are those of the scope, by the cluster of a store (S,)."""
    problem = out.problem
    clusters, _, skus = problem.shape
    cluster, sku = (each.ravel() for each in np.indices((clusters, skus)))
    catalogue = scope.catalogue.iloc[sku].reset_index(drop=True)
    kind, partner = _kinds(out, why)
    sold = {"now": out.sold_now, "proposed": units(problem, out.proposed)}
    drawn_profit = out.drawn(lambda one: units(one, out.proposed) * one.unit_profit_cents)
    profit = sold["proposed"] * problem.unit_profit_cents
    profit_low, profit_high = interval(drawn_profit, profit)
    worth = worth_cents(problem, out.proposed)
    drawn_worth = out.drawn(lambda one: worth_cents(one, out.proposed))
    worth_low, worth_high = interval(drawn_worth, worth)
    walk, walk_low, walk_high = why.walks
    price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    potential = np.where(out.proposed, sold["proposed"], _if_added(problem, out.proposed))
    store_weeks = problem.stores_per_cluster[:, None] * float(horizon_weeks)
    place = np.repeat(place_worth_cents(problem, out.proposed)[:, None], skus, axis=1)
    facings_now = _facings_now(scope, out, label)
    table = pd.DataFrame({
        "cluster": np.array(problem.clusters, dtype=object)[cluster],
        "sku": np.array(problem.skus, dtype=object)[sku],
        "name": catalogue["name"].fillna(catalogue["sku"]),
        "brand": catalogue["brand"],
        "need_state": [f"need {label + 1}" if label >= 0 else None for label in why.needs.label[sku]],
        "decision": kind.ravel(),
        "swap_partner": partner.ravel(),
        "is_listed_now": out.now.ravel(),
        "stores_now": out.stores_now.ravel(),
        "is_listed_proposed": out.proposed.ravel(),
        "rate_of_sale_units": (potential / store_weeks).ravel(),
        "incremental_percent": 100 * walk.ravel(),
        "transferable_percent": 100 * (1 - walk.ravel()),
        "walk_low_percent": 100 * walk_low.ravel(),
        "walk_high_percent": 100 * walk_high.ravel(),
        "loyal_buyers": [why.loyal.get(name) for name in catalogue["sku"]],
        "facings_now": facings_now.ravel(),
        "facings": plan.facings.ravel(),
        "supplier": catalogue["supplier"],
        "unit_cost_cents": _unit_cost_cents(scope, problem).ravel(),
        "price_cents": catalogue["price_cents"],
        "units_now": sold["now"].ravel(),
        "units_proposed": sold["proposed"].ravel(),
        "sales_now_cents": whole(sold["now"] * price).ravel(),
        "sales_proposed_cents": whole(sold["proposed"] * price).ravel(),
        "profit_now_cents": whole(sold["now"] * out.now_profit_cents).ravel(),
        "profit_proposed_cents": whole(profit).ravel(),
        "profit_low_cents": whole(np.floor(profit_low)).ravel(),
        "profit_high_cents": whole(np.ceil(profit_high)).ravel(),
        "worth_cents": whole(worth).ravel(),
        "worth_low_cents": whole(np.floor(worth_low)).ravel(),
        "worth_high_cents": whole(np.ceil(worth_high)).ravel(),
        "confidence_percent": 100 * (drawn_worth > 0).mean(axis=0).ravel(),
        "binding_rule": [name or None for name in why.forced.ravel()],
        "shadow_price_cents": whole(place).ravel(),
    })  # fmt: skip
    table = _with_shelf(table, scope, plan, problem, sold["proposed"], horizon_weeks)
    table = pd.concat([table, _destinations(problem, why.transfers)], axis=1)
    told = [words(row, ground) for row, ground in zip(_plain(table), _grounds(scope, out, place), strict=True)]
    for name, nth in (("reason", 0), ("reason_codes", 1), ("what_would_change_it", 2)):
        table[name] = [each[nth] for each in told]
    return table


def _grounds(scope: Scope, out: Outcome, place: Floats) -> Iterator[Ground]:
    """The ground of each row: clusters one after the other, every SKU of each."""
    problem = out.problem
    carried = dict(zip(scope.skus, scope.listed.sum(axis=0).tolist(), strict=True))
    title = dict(zip(scope.catalogue["sku"], scope.catalogue["name"].fillna(scope.catalogue["sku"]), strict=True))
    full_code = "SKU_LIMIT" if problem.width_cm is None else "SPACE"
    changed = (out.now != out.proposed).sum(axis=1)
    for nth in range(len(problem.clusters)):
        is_full = problem.max_changes is not None and changed[nth] >= problem.max_changes[nth]
        if problem.max_changes_chain is not None:
            is_full = is_full or changed.sum() >= problem.max_changes_chain
        fits = frozenset(np.array(problem.skus, dtype=object)[_fits(problem, out.proposed, nth)])
        ground = Ground(float(place[nth, 0]), bool(is_full), full_code, fits, carried, len(scope.stores), title)
        yield from [ground] * len(problem.skus)


def _fits(problem: AssortmentProblem, listed: Flags, cluster: int) -> Flags:
    """(n,) SKUs that the list lacks and that a facing, or one more SKU, would leave room for."""
    room = ~listed[cluster]
    if problem.width_cm is not None and problem.space_cm is not None:
        spare = float(problem.space_cm[cluster]) - float(problem.width_cm @ listed[cluster])
        room = room & (problem.width_cm <= spare)
    if problem.max_skus is not None:
        room = room & (int(listed[cluster].sum()) < int(problem.max_skus[cluster]))
    return np.asarray(room, dtype=np.bool_)


def _unit_cost_cents(scope: Scope, problem: AssortmentProblem) -> Floats:
    """(C, n) what a unit costs in each cluster, as the plan buys it; NaN where its price is not known."""
    price = scope.catalogue["price_cents"].to_numpy(dtype=np.float64)
    return np.asarray(np.rint(price - problem.unit_profit_cents))


def _plain(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in table.to_dict("records"):
        yield {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _if_added(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) units that each SKU would sell were it listed beside the others."""
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    room = 1 + weight.sum(axis=2, keepdims=True) + np.where(listed[:, None, :], 0.0, problem.weight)
    sold = np.einsum("c,ck,ckn->cn", problem.visits, problem.mix, problem.weight / room)
    return np.asarray(sold, dtype=np.float64)


def _kinds(out: Outcome, why: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """(C, n) decisions and swap partners: a SKU that goes and the one that comes and takes most of its demand."""
    kind = np.where(out.now, np.where(out.proposed, "keep", "delist"), np.where(out.proposed, "add", "leave"))
    kind = kind.astype(object)
    partner = np.full(kind.shape, None, dtype=object)
    for cluster, moved in enumerate(why.transfers):
        goes = np.flatnonzero(kind[cluster] == "delist")
        comes = np.flatnonzero(kind[cluster] == "add")
        share = moved.moved[np.ix_(goes, comes)].copy()
        for _ in range(min(len(goes), len(comes))):
            row, column = np.unravel_index(int(np.argmax(share)), share.shape)
            if share[row, column] <= 0:
                break
            out_sku, in_sku = int(goes[row]), int(comes[column])
            kind[cluster, [out_sku, in_sku]] = "swap"
            partner[cluster, out_sku], partner[cluster, in_sku] = out.problem.skus[in_sku], out.problem.skus[out_sku]
            share[row, :], share[:, column] = -1.0, -1.0
    return kind, partner


def _facings_now(scope: Scope, out: Outcome, label: Codes) -> np.ndarray:
    """(C, n) typical facings of the cluster's stores that carry the SKU; 0 where the cluster does not."""
    member = np.arange(len(out.problem.clusters))[:, None] == label
    typical = (member @ scope.facings) / np.maximum(member @ scope.listed.astype(np.int64), 1)
    return np.where(out.now, np.maximum(np.rint(typical), 1), 0).astype(np.int64)


def _with_shelf(
    table: pd.DataFrame,
    scope: Scope,
    plan: AssortmentPlan,
    problem: AssortmentProblem,
    sold: Floats,
    horizon_weeks: int,
) -> pd.DataFrame:
    """Days of supply and sales a metre, where widths and capacities are known."""
    days = np.full(sold.shape, np.nan)
    metre = np.full(sold.shape, np.nan)
    stores = problem.stores_per_cluster[:, None]
    if problem.facing_capacity_units is not None:
        daily = sold / stores / problem.horizon_days
        held = plan.facings * problem.facing_capacity_units
        days = np.where((daily > 0) & plan.listed, np.minimum(held / np.maximum(daily, 1e-12), 9_999.0), np.nan)
    if problem.width_cm is not None:
        price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
        width = plan.facings * problem.width_cm / 100
        weekly = sold * price / stores / horizon_weeks
        metre = np.where(width > 0, weekly / np.maximum(width, 1e-9), np.nan)
    return table.assign(
        days_of_supply=days.ravel(),
        sales_per_metre_cents=np.rint(metre.ravel()),
    )


def _destinations(problem: AssortmentProblem, transfers: tuple[Transfer, ...]) -> pd.DataFrame:
    rows = []
    for moved in transfers:
        for sku in range(len(problem.skus)):
            share = moved.moved[sku]
            best = np.argsort(-share, kind="stable")[:DESTINATIONS]
            row: dict[str, object] = {}
            for nth, other in enumerate(best.tolist(), start=1):
                known = share[other] > 0
                row[f"destination_{nth}"] = problem.skus[other] if known else None
                row[f"destination_{nth}_percent"] = 100 * share[other] if known else None
            rows.append(row)
    return pd.DataFrame(rows)
