"""Prepare: the facts as of a cutoff, from the warehouse, kept in the work folder for the next run."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq

from features.clock import Cutoff
from features.engine import duckdb_engine
from features.facts import Codes, Facts, load, save
from features.freeze import codes, freeze
from features.known import known_before
from features.settings import Settings
from features.snapshot import SCHEMA, write_snapshot
from features.warehouse import Warehouse


def facts_at(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float = 0.0) -> Facts:
    """Facts as of the cutoff; made once for a warehouse digest, cutoff and promotion plan, then reopened."""
    folder = snapshot_folder(settings, warehouse, cutoff, plan_days)
    if not (folder / "facts" / "facts.json").is_file():
        _make(settings, warehouse, cutoff, plan_days, folder)
    return load(folder / "facts")


def snapshot_folder(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float = 0.0) -> Path:
    """Where the snapshot lies: its Parquet tables, one a grain, and `facts/`."""
    plan = f"-plan{plan_days:g}" if plan_days else ""
    return settings.snapshots / f"{cutoff.slug}-{warehouse.digest[:12]}-v{SCHEMA}{plan}"


def _make(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float, folder: Path) -> None:
    scratch = folder.with_name(folder.name + ".scratch")
    try:
        with duckdb_engine(scratch, settings.memory_limit, settings.threads) as engine:
            known = known_before(engine, warehouse.folder, cutoff, plan_days)
            write_snapshot(engine, known, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    partial = folder / "facts.partial"
    save(freeze(folder, warehouse.skus, cutoff), partial)
    partial.rename(folder / "facts")


def labels_between(warehouse: Warehouse, facts: Facts, end: Cutoff) -> tuple[Codes, Codes]:
    """Distinct (customer, SKU) codes bought from the facts' cutoff until `end`, customers ascending.

    A SKU that was first sold after the cutoff has code −1: it is a label that nobody can propose.
    """
    start = Cutoff.of_days(facts.cutoff_days)
    window = [("bought_at", ">=", start.at), ("bought_at", "<", end.at)]
    bought = pq.read_table(warehouse.purchases, columns=["customer_id", "sku"], filters=window)
    bought = bought.filter(bought["customer_id"].is_valid()).group_by(["customer_id", "sku"]).aggregate([])
    customer, sku = codes(bought["customer_id"], facts.customers), codes(bought["sku"], facts.skus)
    warm = customer >= 0
    order = customer[warm].argsort(kind="stable")
    return customer[warm][order], sku[warm][order]
