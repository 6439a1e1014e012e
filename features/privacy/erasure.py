"""Erasure: somebody goes from the warehouse, the quarantine, the ledger and everything that was made of them.

A warehouse without the person is written beside the old one and published like a load. Then all older warehouses are
removed, so that a way back finds nothing of theirs either.
"""

import shutil
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.inputs import INPUTS
from features.contracts.table import Table
from features.engine import session
from features.errors import StateError
from features.files import whole_file
from features.identity import ledger
from features.identity.customers import has_identifiers
from features.loading.faults import writable
from features.loading.manifest import digest, facts
from features.loading.quarantine import MALFORMED_LINE
from features.privacy.held import Held
from features.privacy.personal_rows import GONE, RULES, kept_rows, names_something, speaks_of
from features.privacy.suppression import insert
from features.settings import Settings
from features.sql import count, parquet, quoted, write_parquet
from features.warehouse.assemble import assemble, link
from features.warehouse.scratch import scratch_folder
from features.warehouse.warehouse import PARTIAL, Warehouse, only_load, publish, write_manifest


def erase_tables(settings: Settings, held: Held) -> dict[str, int]:
    """Remove the person's rows; what was removed, by where: a table's rows, the ledger's subjects, made-up copies.

    Doing it again removes nothing. Raises StateError where a load is running, or where nobody else bought anything.
    """
    removed: dict[str, int] = {}
    with writable(settings.work), only_load(settings), scratch_folder(settings.warehouse) as scratch:
        before = Warehouse.open(settings)
        with session(settings, scratch / "spill") as connection:
            connection.execute(f"CREATE TEMP TABLE gone ({GONE})").fetchall()
            insert(connection, held.ids)
            new = scratch / "new"
            for table in INPUTS:
                removed |= _filtered(connection, table, before, new / "inputs")
            name = digest(connection, new / "inputs")
            if name != before.digest:
                _publish(connection, settings, before, new, name)
        _renew_ledger(settings, before, held)
        _remove_others(settings)
        removed["quarantine"] = _clean_quarantine(settings, held)
    removed["identity: accounts and cards"] = len(held.person.subjects)
    return removed


def _filtered(connection: DuckDBPyConnection, table: Table, before: Warehouse, inputs: Path) -> dict[str, int]:
    """Write a table without the person's rows, or link it where it has none; return how many it had."""
    source, path = before.input(table.name), inputs / f"{table.name}.parquet"
    if not source.is_file():
        return {}
    rows = parquet(source)
    if table.name not in RULES or not count(connection, f"{rows} WHERE {names_something(table, 'gone')}"):
        link(source, path)
        return {}
    gone = count(connection, f"{rows} WHERE {speaks_of(table, 'gone')}")
    write_parquet(connection, kept_rows(table, rows, "gone"), path)
    return {table.name: gone}


def _publish(connection: DuckDBPyConnection, settings: Settings, before: Warehouse, new: Path, name: str) -> None:
    rows = assemble(connection, new / "inputs", new, lambda _step: None)
    if not rows["purchases"]:
        raise StateError("Nobody else bought anything: remove the work folder, and everything is gone.")
    manifest = before.manifest | {"digest": name, "rows": rows} | facts(connection, new / "purchases.parquet")
    write_manifest(new, manifest)
    publish(new, settings, name)


def _renew_ledger(settings: Settings, before: Warehouse, held: Held) -> None:
    """Derive every customer again without the person; remove older versions and what was made as of cutoffs."""
    after, folder = Warehouse.open(settings), settings.identity
    version = None
    if has_identifiers(after.folder / "inputs"):
        ledger.update(
            folder,
            after.folder / "inputs",
            memory_limit=settings.memory_limit,
            basis=ledger.Basis(after.digest, before.digest),
            without=held.person.subjects,
        )
        version = ledger.current(folder, after.digest)
    ledger.keep_only(folder, version)


def _clean_quarantine(settings: Settings, held: Held) -> int:
    """Take out bad rows with an id of the person in a cell, and malformed lines that hold one; return how many."""
    files = sorted(settings.quarantine.glob("*.parquet")) if settings.quarantine.is_dir() else []
    ids, gone = sorted({identifier for _, _, identifier in held.ids}), 0
    with session(settings) as connection:
        for path in files:
            columns = [str(row[0]) for row in connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()]
            cells = [f"list_contains(ids, CAST({quoted(name)} AS VARCHAR))" for name in columns]
            if MALFORMED_LINE in columns:
                cells.append(f"list_has_any(string_split_regex({MALFORMED_LINE}, '[^A-Za-z0-9_:-]+'), ids)")
            connection.execute("CREATE OR REPLACE TEMP TABLE hers AS SELECT ? AS ids", [ids]).fetchall()
            is_hers = " OR ".join(f"coalesce({cell}, FALSE)" for cell in cells)
            here = count(connection, f"{parquet(path)}, hers WHERE {is_hers}")
            if here:
                others = f"SELECT * EXCLUDE (ids) FROM {parquet(path)}, hers WHERE NOT ({is_hers})"
                with whole_file(path) as partial:
                    write_parquet(connection, others, partial)
            gone += here
    return gone


def _remove_others(settings: Settings) -> None:
    """Warehouses that do not count any more, and snapshots: they are cheap to make again."""
    current = Warehouse.open(settings).folder
    for path in settings.warehouse.iterdir():
        if path.is_dir() and path != current and path.name != PARTIAL:
            shutil.rmtree(path)
    shutil.rmtree(settings.snapshots, ignore_errors=True)
