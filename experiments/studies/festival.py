"""A planted festival, estimated from the tables alone: uplift, pull-forward, net gain and channels beside the truth.

The truth counts lines of baskets that were bought anyway, that the festival added and that it pulled forward. What is
estimated sees none of that: purchases, calendar and promotions.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from experiments import truth
from experiments.findings import Findings, Goal, Say
from experiments.simulator.accounts import STORE_CHAIN, WEB_SHOP
from features.contracts.columns import WEB
from features.engine import session
from features.settings import Settings
from features.sql import instant, literal, parquet
from features.warehouse.warehouse import Warehouse
from training.assortments.festival.events import AFTER_DAYS, Event
from training.assortments.festival.past import Past, past


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Raises StateError without a planted set."""
    warehouse, told = Warehouse.open(settings), truth.find(settings, params)
    found = past(warehouse, warehouse.last + timedelta(microseconds=1))
    for note in found.notes:
        say(note)
    if not found.uplift.events:
        return Findings("The planted set has no festival that could be estimated: " + " ".join(found.notes))
    real = planted_truth(warehouse, told, found.events[0])
    uplift, dips = _uplift_table(found, real), _dip_table(found, real)
    net = _net_table(found, real)
    cells = _cells(found, real)
    tables = {"Uplift": uplift, "Pull forward": dips, "Net gain in lines": net, "Channel transfer": found.transfer}
    goals = (
        _goal("true uplift of each channel inside its 80 % interval", uplift),
        _goal("true pull-forward inside its 80 % interval", dips),
        _goal("true net gain inside its 80 % interval", net),
    )
    share = float(cells["is inside"].mean()) if len(cells) else float("nan")
    whole = dips[dips["channel"] == "all"].iloc[0]
    metrics = {
        **{f"uplift_{row['channel']}": float(row["found"]) for _, row in uplift.iterrows()},
        **{f"uplift_{row['channel']}_true": float(row["true"]) for _, row in uplift.iterrows()},
        "pulled_forward": float(whole["found"]),
        "pulled_forward_true": float(whole["true"]),
        "cells": float(len(cells)),
        "cells_covered": share,
    }
    headline = (
        f"Pull-forward is found as {whole['found']:.1%} [{whole['low']:.1%}, {whole['high']:.1%}] where "
        f"{whole['true']:.1%} is true; uplifts are "
        + ", ".join(f"{row['found']:.2f} (true {row['true']:.2f}) in {row['channel']}" for _, row in uplift.iterrows())
        + f"; {share:.0%} of {len(cells)} cells' 80 % intervals hold the true uplift of their channel."
    )
    return Findings(headline, metrics, tables, goals=goals)


def planted_truth(warehouse: Warehouse, folder: Path, event: Event) -> pd.DataFrame:
    """A row per channel and `all`: lines in the event that are usual, extra and pulled, and lines left afterwards."""
    party = f"CASE channel WHEN {literal(WEB)} THEN {literal(WEB_SHOP)} ELSE {literal(STORE_CHAIN)} END"
    after = event.end + timedelta(days=AFTER_DAYS)
    with session() as connection:
        rows = connection.execute(f"""
            WITH counted AS (
                SELECT basket_id, count(*) AS lines FROM {parquet(warehouse.purchases)} GROUP BY basket_id
            ),
            told AS (
                SELECT {party} || '/' || channel || ':' || order_id AS basket_id, channel, origin, moved_from, bought_at
                FROM read_parquet({literal(folder / "baskets" / "*.parquet")})
            ), kinds AS (
                SELECT channel, lines, CASE
                    WHEN bought_at >= {instant(event.end)} AND bought_at < {instant(after)} THEN 'left'
                    WHEN bought_at < {instant(event.start)} OR bought_at >= {instant(event.end)} THEN 'other'
                    WHEN origin = 'festival' THEN 'extra'
                    WHEN moved_from IS NOT NULL THEN 'pulled'
                    ELSE 'usual' END AS kind
                FROM told JOIN counted USING (basket_id)
            )
            SELECT coalesce(channel, 'all') AS channel, sum(lines) FILTER (kind = 'usual') AS usual,
                sum(lines) FILTER (kind = 'extra') AS extra, sum(lines) FILTER (kind = 'pulled') AS pulled,
                sum(lines) FILTER (kind = 'left') AS left_after
            FROM kinds GROUP BY ROLLUP (channel) ORDER BY channel
        """).df()
    return (
        rows.fillna(0.0).astype(dict.fromkeys(["usual", "extra", "pulled", "left_after"], float)).set_index("channel")
    )


def _inside(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{"is inside": (table["low"] <= table["true"]) & (table["true"] <= table["high"])})


def _uplift_table(found: Past, real: pd.DataFrame) -> pd.DataFrame:
    table = found.uplift.overall[["channel", "times", "low", "high"]].rename(columns={"times": "found"})
    times = (real["usual"] + real["extra"] + real["pulled"]) / real["usual"]
    return _inside(table.assign(true=table["channel"].map(times)))


def _dip_table(found: Past, real: pd.DataFrame) -> pd.DataFrame:
    after = found.dips.dips[found.dips.dips["window"] == "after"]
    table = after[["channel", "missing", "low", "high"]].rename(columns={"missing": "found"})
    share = real["pulled"] / (real["pulled"] + real["left_after"])
    return _inside(table.assign(true=table["channel"].map(share)).reset_index(drop=True))


def _net_table(found: Past, real: pd.DataFrame) -> pd.DataFrame:
    table = found.dips.net[["channel", "net", "low", "high"]].rename(columns={"net": "found"})
    return _inside(table.assign(true=table["channel"].map(real["extra"])))


def _cells(found: Past, real: pd.DataFrame) -> pd.DataFrame:
    """Categories that sold in the event, each beside the true uplift of its channel: none was planted apart."""
    times = (real["usual"] + real["extra"] + real["pulled"]) / real["usual"]
    cells = found.uplift.cells
    cells = cells[np.asarray(cells["sold"] > 0)]
    return _inside(cells.assign(true=cells["channel"].map(times)))


def _goal(name: str, table: pd.DataFrame) -> Goal:
    inside = int(table["is inside"].sum())
    return Goal(name, f"{inside} of {len(table)}", "all", inside == len(table))
