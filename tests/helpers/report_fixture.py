"""A whole report of an invented run: 40 coffee SKUs, six clusters, 56 stores, all eleven screens filled."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.helpers.planted_category import CLUSTERS, NEEDS, PLACES, Category, category
from tests.helpers.report_decisions import BANNED, BRAND_RULE, MUST, SUPPLIERS, WEEKS, decisions
from tests.helpers.report_screens import evidence, festival, newcomers, rollout, suppliers
from training.assortments.report import declared
from training.assortments.report.report import AssortmentReport, Proof, Run
from training.assortments.report.screens.needs import WALKS
from training.assortments.report.sums import summary_measures, summary_money
from training.assortments.report.tables import assembled

RUN = Run(
    run_id="coffee-20260301-7f3a",
    category="Coffee",
    stores=56,
    clusters=6,
    cutoff="2026-03-01T00:00:00",
    made_at="2026-03-02T06:15:00",
    horizon_weeks=WEEKS,
    currency="EUR",
    data_hash="9c1f" * 16,
    model_version="12",
    mlflow_run="3d5c0a7be1f24c1c9a2d41d7f6a0b5e8",
    seed=7,
    parties=("chain", "platform"),
    rules='[[ban]]\nname = "ban-1017"\nsku = "sku-1017"\n',
    real_or_planted="Everything here is invented: it shows what a report looks like.",
)
NOT_KNOWN = (
    "How many people come in and buy no coffee: there is no footfall, so the share that walks is a range.",
    "What shoppers would do at prices below 20 % off the usual: no such weeks were seen.",
    "Stock counts are weekly: a SKU that ran out and came back within a week counts as available.",
)


@cache
def report() -> AssortmentReport:
    """The same frozen report for every test that asks; nobody may change its frames."""
    return assembled(RUN, proof(), frames(), {}, NOT_KNOWN)


@cache
def narrow_report(skus: int = 6, clusters: int = 2, **changes: Any) -> AssortmentReport:  # any column
    """The least that a report can be: decisions of a few SKUs, their sums, and why all else is missing.

    changes  column of the decisions -> a value for all rows
    """
    rows = decisions()
    rows = rows[rows["cluster"].isin(list(CLUSTERS)[:clusters]) & rows["sku"].isin(list(category().skus[:skus]))]
    is_swap = rows["decision"] == "swap"
    halves = rows["is_listed_proposed"].map({True: "add", False: "delist"})
    rows = rows.assign(decision=rows["decision"].where(~is_swap, halves), swap_partner=None).assign(**changes)
    rows = rows.reset_index(drop=True)
    tables = {
        "summary_money": summary_money(rows, intervals={}, changes={}, others={}),
        "summary_measures": summary_measures(rows, horizon_weeks=WEEKS),
        "decisions": rows,
        "clusters": _clusters(rows, category()).head(clusters),
    }
    screens = {screen.name: "Nothing is known of this." for screen in declared.SCREENS}
    run = replace(RUN, run_id="narrow-1", clusters=clusters)
    return assembled(run, proof(), tables, screens)


def proof() -> Proof:
    value = int(decisions()["profit_proposed_cents"].sum()) - 180_000
    return Proof(
        value,
        round(value * 1.00062),
        0.062,
        "local search from three starts, then branch and bound with McCormick cuts",
        41.7,
        audit_passed=True,
        audit="240 decisions recomputed from the plan alone: every rule holds, profit equal to the cent",
    )


def frames() -> dict[str, pd.DataFrame]:
    """Every table but overrides and realised, whose absence needs no sentence; frames are not to be changed."""
    return dict(_frames())


@cache
def _frames() -> dict[str, pd.DataFrame]:
    shelf, rows = category(), decisions()
    money = summary_money(
        rows,
        intervals=_around(rows, 0.035),
        changes=_changes(rows),
        others={"listing_costs": (165_000, 180_000), "working_capital": (98_480_250, 96_911_775)},
    )
    measures = summary_measures(
        rows,
        horizon_weeks=WEEKS,
        working_capital_cents=(98_480_250, 96_911_775),
        used_cm=(39_410.0, 40_220.0),
        units_interval=(float(rows["units_proposed"].sum()) * 0.97, float(rows["units_proposed"].sum()) * 1.04),
    )
    return {
        "summary_money": money,
        "summary_measures": measures,
        "decisions": rows,
        "needs": _needs(rows),
        "transfers": _transfers(shelf),
        "clusters": _clusters(rows, shelf),
        "cluster_mix": _mix(shelf),
        "stores": _stores(),
        "cluster_curve": _cluster_curve(int(rows["profit_proposed_cents"].sum())),
        "space": _space(rows),
        "facings": _facings(rows),
        "sku_curve": _sku_curve(rows),
        "rules": _rules(),
        **suppliers(rows, SUPPLIERS),
        **festival(rows),
        **newcomers(),
        **evidence(),
        **rollout(),
    }


def _around(rows: pd.DataFrame, share: float) -> Mapping[str, tuple[int, int]]:
    sums = {what: int(rows[f"{what}_proposed_cents"].sum()) for what in ("profit", "sales")}
    return {what: (round(total * (1 - share)), round(total * (1 + share * 1.2))) for what, total in sums.items()}


def _changes(rows: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
    gains = {
        what: int(rows[f"{what}_proposed_cents"].sum() - rows[f"{what}_now_cents"].sum())
        for what in ("profit", "sales")
    }
    return {what: (gain - 310_000, gain + 340_000) for what, gain in gains.items()}


def _needs(rows: pd.DataFrame) -> pd.DataFrame:
    leaves = [
        {
            "need_state": need,
            "name": name,
            "parent": {"dark": "ground", "mild": "ground", "beans": "brewed"}.get(need, "all"),
            "distance": distance,
            **_need_sums(rows[rows["need_state"] == need], rows),
            "gap": gap,
        }
        for (need, name), distance, gap in zip(
            NEEDS.items(),
            (0.21, 0.34, 0.28, 0.41, 0.37),
            (None, None, None, "No capsule below 4.00, although a third of its shoppers put price first.", None),
            strict=True,
        )
    ]
    for node, name, parent, distance, members in (
        ("ground", "Ground coffee", "brewed", 0.52, ("dark", "mild")),
        ("brewed", "For brewing", "all", 0.66, ("dark", "mild", "beans")),
        ("all", "Coffee", None, 0.83, tuple(NEEDS)),
    ):
        sums = _need_sums(rows[rows["need_state"].isin(members)], rows)
        leaves.append({"need_state": node, "name": name, "parent": parent, "distance": distance, **sums, "gap": None})
    return pd.DataFrame(leaves)


def _need_sums(part: pd.DataFrame, rows: pd.DataFrame) -> dict[str, float | int]:
    return {
        "skus_now": int(part.loc[part["is_listed_now"], "sku"].nunique()),
        "skus_proposed": int(part.loc[part["is_listed_proposed"], "sku"].nunique()),
        "demand_percent": 100 * float(part["units_now"].sum() / rows["units_now"].sum()),
        "sales_cents": int(part["sales_now_cents"].sum()),
        "walk_percent": float(part["incremental_percent"].mean()),
        "duplication_percent": float(part["transferable_percent"].mean()) * 0.6,
    }


def _transfers(shelf: Category) -> pd.DataFrame:
    """Chain-wide: proportional to weights, more so within a need state; about a third walks."""
    strength = shelf.weight.mean(axis=0) * np.where(shelf.need[:, None] == shelf.need, 4.0, 1.0)
    np.fill_diagonal(strength, 0)
    walks = 0.25 + 0.2 * np.random.default_rng(3).random(len(shelf.skus))
    to = strength / strength.sum(axis=1, keepdims=True) * (1 - walks[:, None]) * 100
    pairs = [
        (sku, other, to[i, j]) for i, sku in enumerate(shelf.skus) for j, other in enumerate(shelf.skus) if i != j
    ] + [(sku, WALKS, walks[i] * 100) for i, sku in enumerate(shelf.skus)]
    return pd.DataFrame(pairs, columns=["sku", "to_sku", "transfer_percent"])


def _clusters(rows: pd.DataFrame, shelf: Category) -> pd.DataFrame:
    by = rows.groupby("cluster", sort=False)
    here = [list(CLUSTERS).index(str(cluster)) for cluster in by.groups]
    known = [list(CLUSTERS.values())[at] for at in here]
    proposed = by["profit_proposed_cents"].sum()
    return pd.DataFrame(
        {
            "cluster": list(by.groups),
            "name": [name for name, _, _ in known],
            "stores": [stores for _, stores, _ in known],
            "profile": [profile for _, _, profile in known],
            "weekly_visits": shelf.visits[here] / WEEKS,
            "sales_now_cents": by["sales_now_cents"].sum().to_numpy(),
            "profit_now_cents": by["profit_now_cents"].sum().to_numpy(),
            "profit_proposed_cents": proposed.to_numpy(),
            "low_cents": (proposed * 0.955).round().astype(int).to_numpy(),
            "high_cents": (proposed * 1.05).round().astype(int).to_numpy(),
            "skus_now": by["is_listed_now"].sum().to_numpy(),
            "skus_proposed": by["is_listed_proposed"].sum().to_numpy(),
        }
    )


def _mix(shelf: Category) -> pd.DataFrame:
    classes = ("Price first", "Brand loyal", "Bean lovers", "Quick cup")
    return pd.DataFrame(
        [
            {"cluster": cluster, "shopper_class": name, "share_percent": 100 * shelf.mix[at, k]}
            for at, cluster in enumerate(CLUSTERS)
            for k, name in enumerate(classes)
        ]
    )


def _stores() -> pd.DataFrame:
    random, rows = np.random.default_rng(5), []
    for at, (cluster, (name, count, _)) in enumerate(CLUSTERS.items()):
        middle = 52.2 + 1.1 * np.sin(at * 1.05), 5.6 + 1.6 * np.cos(at * 1.05)
        rows += [
            {
                "store_id": f"{cluster}-{nth + 1:02}",
                "name": f"{name} {nth + 1}",
                "cluster": cluster,
                "latitude": middle[0] + random.normal(0, 0.22),
                "longitude": middle[1] + random.normal(0, 0.34),
                "weekly_sales_cents": int(random.integers(90_000, 420_000)),
            }
            for nth in range(count)
        ]
    return pd.DataFrame(rows)


def _cluster_curve(profit: int) -> pd.DataFrame:
    at = np.arange(1, 11)
    mean = np.rint(profit * (1 - 0.075 * np.exp(-0.62 * (at - 1)) + 0.0018)).astype(int)
    mean[5] = profit
    return pd.DataFrame(
        {"clusters": at, "profit_cents": mean, "low_cents": mean - 290_000, "high_cents": mean + 310_000}
    )


def _space(rows: pd.DataFrame) -> pd.DataFrame:
    facings = rows.groupby("cluster", sort=False)[["facings_now", "facings"]].sum() * 9
    return pd.DataFrame(
        {
            "cluster": list(CLUSTERS),
            "space_cm": facings.max(axis=1).to_numpy() + np.array([4, 8, 6, 3, 9, 2]),
            "used_now_cm": facings["facings_now"].to_numpy(),
            "used_cm": facings["facings"].to_numpy(),
            "metre_worth_cents": [61_240, 48_310, 39_905, 22_480, 30_115, 18_760],
        }
    )


def _facings(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows[rows["is_listed_proposed"]]
    packs = np.where(np.arange(len(shown)) % 3 == 0, 24.0, 12.0)
    holds = shown["facings"].to_numpy() * 12.0
    return pd.DataFrame(
        {
            "cluster": shown["cluster"],
            "sku": shown["sku"],
            "name": shown["name"],
            "facings_now": shown["facings_now"],
            "facings": shown["facings"],
            "width_cm": 9.0,
            "capacity_units": holds,
            "days_of_supply": shown["days_of_supply"],
            "asked_days": 4.0,
            "pack_units": packs,
            "packs_on_shelf": holds / packs,
        }
    )


def _sku_curve(rows: pd.DataFrame) -> pd.DataFrame:
    profit = rows.groupby("cluster", sort=False)["profit_proposed_cents"].sum()
    curve = []
    for (cluster, total), places in zip(profit.items(), PLACES, strict=True):
        for skus in range(6, 39, 4):
            mean = round(total * (1 - np.exp(-skus / 9)) / (1 - np.exp(-places / 9)) - 2_600 * skus + 2_600 * places)
            curve.append((cluster, skus, mean, round(mean * 0.96), round(mean * 1.045)))
    return pd.DataFrame(curve, columns=["cluster", "skus", "profit_cents", "low_cents", "high_cents"])


def _rules() -> pd.DataFrame:
    columns = ["rule", "kind", "applies_to", "is_binding", "shadow_price_cents", "step", "method", "note"]
    again = "solved again without it"
    return pd.DataFrame(
        [
            (MUST, "must-carry", "sku-1003, all clusters", True, 118_460, "the whole rule", again,
             "Without it, three clusters would give its place to sku-1021."),
            (BANNED, "ban", "sku-1017, all clusters", True, 74_925, "the whole rule", again,
             "It would be carried in the commuter belt and the family suburbs."),
            (BRAND_RULE, "brand minimum", "Own brand, at least 3 SKUs a cluster", True, 41_080, "a SKU", again, None),
            ("shelf", "space", "all clusters", True, 220_810, "a metre", "dual of a linear relaxation", None),
            ("changes", "change limit", "at most 8 changes a cluster", False, 0, "a change", again, "It is slack."),
            ("four-days", "days of supply", "4 days at the high end of demand", True, 12_345, "a day",
             "dual of a linear relaxation", None),
        ],
        columns=columns,
    )  # fmt: skip
