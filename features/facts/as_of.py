"""Prepare: the facts as of a cutoff, from the warehouse, kept in the work folder for the next run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.clock import Cutoff
from features.engine import CANNOT_WRITE, duckdb_engine
from features.errors import StateError
from features.facts.facts import Codes, Facts, load, save
from features.facts.freeze import codes, freeze
from features.facts.snapshot import code_version, write_snapshot
from features.files import locked, whole_folder
from features.identity.customers import customers_as_of, customers_name
from features.known import known_before
from features.settings import Settings
from features.warehouse.warehouse import Warehouse


def facts_at(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float = 0.0) -> Facts:
    """Facts as of the cutoff; made once for a warehouse digest, cutoff and promotion plan, then reopened.

    Raises StateError where disk or memory do not suffice.
    """
    folder = snapshot_folder(settings, warehouse, cutoff, plan_days)
    facts = _opened(folder)
    if facts is None:
        with _writable(settings, cutoff), locked(folder.with_name(folder.name + ".lock")):
            # Another process may have made them while this one waited.
            facts = _opened(folder) or _made(settings, warehouse, cutoff, plan_days, folder)
    return facts


def snapshot_folder(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float = 0.0) -> Path:
    """Where the snapshot lies: its Parquet tables, one a grain, and `facts/`."""
    plan = f"-plan{plan_days:g}" if plan_days else ""
    customers = customers_name(settings, warehouse)
    known = f"-{customers}" if customers else ""
    return settings.snapshots / f"{cutoff.slug}-{warehouse.digest[:12]}-{code_version()}{known}{plan}"


def _opened(folder: Path) -> Facts | None:
    """The facts of a snapshot folder; None where they are missing or damaged: they are cheap to make again."""
    try:
        return load(folder / "facts")
    except (OSError, ValueError, KeyError, EOFError):
        return None


@contextmanager
def _writable(settings: Settings, cutoff: Cutoff) -> Iterator[None]:
    """Errors of disk and memory as StateError."""
    try:
        yield
    except CANNOT_WRITE as error:
        message = (
            f"The features as of {cutoff} could not be written to {settings.snapshots}: {str(error).splitlines()[0]}. "
            f"Next: free disk space, or allow more memory than OMNISHELF_MEMORY_LIMIT={settings.memory_limit}."
        )
        raise StateError(message) from error


def _made(settings: Settings, warehouse: Warehouse, cutoff: Cutoff, plan_days: float, folder: Path) -> Facts:
    scratch = folder.with_name(folder.name + ".scratch")
    try:
        with duckdb_engine(scratch, settings.memory_limit, settings.threads) as engine:
            bought = customers_as_of(settings, warehouse, cutoff).purchases
            known = known_before(engine, warehouse.folder, cutoff, plan_days, bought)
            write_snapshot(engine, known, folder)
        with whole_folder(folder / "facts") as partial:
            save(freeze(folder, warehouse.skus, cutoff, warehouse.stores), partial)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return load(folder / "facts")


def labels_between(warehouse: Warehouse, facts: Facts, end: Cutoff) -> tuple[Codes, Codes]:
    """Who bought what from the facts' cutoff until `end`: customer and SKU codes, a pair once, ascending.

    Whose a purchase is, is taken as it was known at the cutoff. A SKU that was first sold after the cutoff
    has code −1: it is a label that nobody can propose, and a customer has as many of them as there are such
    SKUs. Customers without a past are left out.
    """
    start = Cutoff.of_days(facts.cutoff_days)
    return labels_of(customers_as_of(Settings(work=warehouse.work), warehouse, start).purchases, facts, end)


def labels_of(purchases: Path, facts: Facts, end: Cutoff) -> tuple[Codes, Codes]:
    """`labels_between` of a file of purchases that bears the customers known at the facts' cutoff."""
    window = [("bought_at", ">=", Cutoff.of_days(facts.cutoff_days).at), ("bought_at", "<", end.at)]
    bought = pq.read_table(purchases, columns=["customer_id", "sku"], filters=window)
    bought = bought.filter(bought["customer_id"].is_valid()).group_by(["customer_id", "sku"]).aggregate([])
    customer, sku = codes(bought["customer_id"], facts.customers), codes(bought["sku"], facts.skus)
    warm = customer >= 0
    order = np.lexsort((sku[warm], customer[warm]))
    return customer[warm][order], sku[warm][order]
