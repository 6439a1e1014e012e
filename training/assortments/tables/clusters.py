"""Tables of clusters, stores, shelves and need states."""

from dataclasses import replace

import numpy as np
import pandas as pd

from training.assortments.choice.need_states import NeedStates
from training.assortments.choice.transfer import Transfer
from training.assortments.optimiser.chain_search import search_chain
from training.assortments.optimiser.plan import Plan
from training.assortments.optimiser.problem import Floats, Problem
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.value import profit_cents, sku_profit_cents
from training.assortments.report.screens.needs import WALKS
from training.assortments.stages.outcome import Outcome, interval, place_worth_cents, whole
from training.assortments.stages.scope import Scope
from training.assortments.stages.shelves import Shelves
from training.assortments.stages.shoppers import Shoppers
from training.assortments.tables.decisions import Evidence

SHOWN_TRANSFERS = 12
"""Destinations of a SKU that are shown; what is left goes to the last row, so that all rows make 100 %."""
OTHERS = "(others)"
_SUMMED = ("profit_now_cents", "profit_proposed_cents", "sales_now_cents")
CURVE_STEPS = (0.5, 0.75, 1.0, 1.25, 1.5)


def clusters(out: Outcome, held: Shelves, scope: Scope, found: Shoppers, decisions: pd.DataFrame) -> pd.DataFrame:
    """`clusters`: profits are the sums of their decisions."""
    problem = out.problem
    sums = decisions.groupby("cluster", sort=False)[
        ["profit_now_cents", "profit_proposed_cents", "sales_now_cents"]
    ].sum()
    drawn = out.drawn(lambda one: sku_profit_cents(one, out.proposed).sum(axis=1))
    low, high = interval(drawn, sums["profit_proposed_cents"].to_numpy(dtype=np.float64))
    rows = []
    for nth, name in enumerate(problem.clusters):
        rows.append({
            "cluster": name,
            "name": name,
            "stores": int(problem.stores_per_cluster[nth]),
            "profile": _profile(problem, held, scope, found, nth),
            "weekly_visits": float(problem.visits[nth] * 7 / problem.horizon_days),
            "sales_now_cents": int(sums["sales_now_cents"].loc[name]),
            "profit_now_cents": int(sums["profit_now_cents"].loc[name]),
            "profit_proposed_cents": int(sums["profit_proposed_cents"].loc[name]),
            "low_cents": int(np.floor(low[nth])),
            "high_cents": int(np.ceil(high[nth])),
            "skus_now": int(out.now[nth].sum()),
            "skus_proposed": int(out.proposed[nth].sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _profile(problem: Problem, held: Shelves, scope: Scope, found: Shoppers, cluster: int) -> str:
    """What sets a cluster apart: the class of shoppers that it has more of, and how much its stores sell."""
    mix = held.averaged(found.model.mix, found.planned)
    average = np.average(mix, axis=0, weights=problem.visits)
    over = mix[cluster] - average
    kind = int(np.argmax(over))
    mine, mean = held.demand[held.label == cluster].mean(), held.demand.mean()
    size = "larger than most" if mine > 1.2 * mean else "smaller than most" if mine < 0.8 * mean else "of middle size"
    favourite = int(np.argmax(found.model.utility[kind] - found.model.utility.mean(axis=0)))
    name = scope.catalogue["name"].iloc[favourite]
    if len(problem.clusters) == 1:
        return "All stores: lists of their own would hardly earn more."
    return (
        f"Stores {size}; more shoppers of class {kind + 1} than elsewhere ({mix[cluster, kind]:.0%} against "
        f"{average[kind]:.0%}), who stand out for {name}."
    )


def cluster_mix(problem: Problem, held: Shelves, found: Shoppers) -> pd.DataFrame:
    rows = [
        {"cluster": name, "shopper_class": f"class {kind + 1}", "share_percent": 100 * float(share)}
        for name, shares in zip(problem.clusters, held.averaged(found.model.mix, found.planned), strict=True)
        for kind, share in enumerate(shares)
    ]
    return pd.DataFrame(rows)


def stores(problem: Problem, held: Shelves, scope: Scope, horizon_weeks: int) -> pd.DataFrame:
    price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    mean_price = float(np.average(price, weights=np.maximum(scope.listed.sum(axis=0), 1)))
    return pd.DataFrame({
        "store_id": scope.shops["store_id"],
        "name": scope.shops["name"],
        "cluster": np.array(problem.clusters, dtype=object)[held.label],
        "latitude": scope.shops["lat"],
        "longitude": scope.shops["lon"],
        "weekly_sales_cents": whole(held.demand * mean_price / horizon_weeks),
    })  # fmt: skip


def cluster_curve(held: Shelves) -> pd.DataFrame:
    return pd.DataFrame({"clusters": held.curve.numbers, "profit_cents": whole(held.curve.profit)})


def space(out: Outcome, plan: Plan, facings_now: Floats) -> pd.DataFrame:
    """`space`; no rows where widths are not known."""
    problem = out.problem
    if problem.width_cm is None or problem.space_cm is None:
        return pd.DataFrame()
    wide = problem.width_cm[problem.width_cm > 0]
    metre = place_worth_cents(problem, out.proposed) * 100 / float(np.median(wide))
    return pd.DataFrame({
        "cluster": problem.clusters,
        "space_cm": problem.space_cm,
        "used_now_cm": facings_now @ problem.width_cm,
        "used_cm": plan.facings @ problem.width_cm,
        "metre_worth_cents": whole(metre),
    })  # fmt: skip


def facings(decisions: pd.DataFrame, problem: Problem, scope: Scope) -> pd.DataFrame:
    """`facings` of what is carried now or proposed; no rows where widths are not known."""
    if problem.width_cm is None or problem.facing_capacity_units is None:
        return pd.DataFrame()
    skus = pd.Index(problem.skus)
    shown = decisions[decisions["is_listed_now"] | decisions["is_listed_proposed"]]
    at = skus.get_indexer(pd.Index(shown["sku"]))
    capacity = shown["facings"].to_numpy(dtype=np.float64) * problem.facing_capacity_units[at]
    pack = scope.catalogue["pack_units"].to_numpy(dtype=np.float64)[at]
    asked = None if problem.days_of_supply is None else problem.days_of_supply[at]
    return shown[["cluster", "sku", "name", "facings_now", "facings"]].assign(
        width_cm=problem.width_cm[at],
        capacity_units=capacity,
        days_of_supply=shown["days_of_supply"].fillna(0.0),
        asked_days=asked,
        pack_units=pack,
        packs_on_shelf=capacity / pack,
    )


def sku_curve(problem: Problem) -> pd.DataFrame:
    """Profit of the best list by local search with so many SKUs, rules kept; numbers that rules forbid are left out."""
    rows = []
    for nth, name in enumerate(problem.clusters):
        one = only(problem, nth)
        now = int(one.current.sum()) if one.current is not None else len(one.skus) // 2
        for number in sorted({min(max(round(now * step), 1), len(one.skus)) for step in CURVE_STEPS}):
            limited = replace(one, max_skus=np.array([number]), max_changes=None, max_changes_chain=None, space_cm=None)
            listed = search_chain(limited, shelves(limited))
            if listed is not None:
                rows.append({"cluster": name, "skus": number, "profit_cents": round(profit_cents(limited, listed))})
    return pd.DataFrame(rows).drop_duplicates(["cluster", "skus"])


def only(problem: Problem, cluster: int) -> Problem:
    """The problem of one cluster."""
    rows = [cluster]
    of_clusters = ("stores_per_cluster", "visits", "mix", "weight", "unit_profit_cents", "space_cm", "must", "banned",
                   "brand_minimum", "max_skus", "current", "max_changes")  # fmt: skip
    parts = {name: getattr(problem, name)[rows] for name in of_clusters if getattr(problem, name) is not None}
    party = (problem.party[cluster],) if problem.party else ()
    return replace(problem, clusters=(problem.clusters[cluster],), party=party, **parts)


def needs(out: Outcome, why: Evidence, chain: Transfer, scope: Scope) -> pd.DataFrame:
    """`needs`: the category and its need states."""
    states = why.needs
    price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    about = pd.DataFrame({
        "demand": chain.demand / max(chain.demand.sum(), 1e-12),
        "sales": out.sold_now.sum(axis=0) * price,
        "walked": chain.walked,
        "now": out.now.any(axis=0),
        "proposed": out.proposed.any(axis=0),
    })  # fmt: skip
    duplication = _kept_within(chain, states)
    rows = [_need(about) | {"need_state": "category", "name": scope.category, "distance": 1.0}]
    for state in range(states.count):
        members = np.flatnonzero(states.label == state)
        row = _need(about.iloc[members]) | {
            "need_state": f"need {state + 1}",
            "name": _named(scope, members, about["demand"].to_numpy()),
            "parent": "category",
            "distance": _distance(states, members),
            "duplication_percent": 100 * float(duplication[state]),
        }
        if not row["skus_proposed"]:
            row["gap"] = "Nothing of this need is proposed in any cluster."
        rows.append(row)
    return pd.DataFrame(rows)


def _need(about: pd.DataFrame) -> dict[str, object]:
    weight = float(about["demand"].sum())
    return {
        "parent": None,
        "skus_now": int(about["now"].sum()),
        "skus_proposed": int(about["proposed"].sum()),
        "demand_percent": 100 * weight,
        "sales_cents": round(float(about["sales"].sum())),
        "walk_percent": 100 * float((about["demand"] * about["walked"]).sum()) / max(weight, 1e-12),
        "gap": None,
    }


def _kept_within(chain: Transfer, states: NeedStates) -> Floats:
    """(states,) of a state's demand, what others of it would take."""
    kept = []
    for state in range(states.count):
        members = np.flatnonzero(states.label == state)
        weight = chain.demand[members]
        within = chain.moved[np.ix_(members, members)].sum(axis=1)
        kept.append(float((weight * within).sum() / max(weight.sum(), 1e-12)))
    return np.array(kept)


def _distance(states: NeedStates, members: np.ndarray) -> float:
    """1 / (1 + mean closeness) of its pairs, as the tree measures it."""
    if len(members) < 2:
        return 0.0
    close = states.closeness[np.ix_(members, members)]
    pairs = close[~np.eye(len(members), dtype=bool)]
    return float(1 / (1 + pairs.mean()))


def _named(scope: Scope, members: np.ndarray, demand: Floats) -> str:
    best = members[np.argmax(demand[members])]
    return f"like {scope.catalogue['name'].iloc[int(best)]}"


def transfers(chain: Transfer, skus: tuple[str, ...]) -> pd.DataFrame:
    """`transfers`, over the chain: the largest shares, the others together, and what walks."""
    rows = []
    for sku in np.flatnonzero(chain.demand > 0).tolist():
        share = chain.moved[sku]
        best = [other for other in np.argsort(-share, kind="stable")[:SHOWN_TRANSFERS].tolist() if share[other] > 0]
        rows += [(skus[sku], skus[other], 100 * float(share[other])) for other in best]
        rest = float(share.sum() - share[best].sum())
        if rest > 0:
            rows.append((skus[sku], OTHERS, 100 * rest))
        rows.append((skus[sku], WALKS, 100 * float(chain.walked[sku])))
    return pd.DataFrame(rows, columns=["sku", "to_sku", "transfer_percent"])
