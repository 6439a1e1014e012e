"""The ledger: evidence, decisions and the customers derived from them, as files; every change is a new version.

    identity/current        the number of the version that counts
    identity/<number>/      a Parquet file for each of TABLES

A version is written beside the others, and the pointer moves last: whatever dies leaves the one before whole.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from features.errors import StateError, UserError
from features.identity.evidence import ORIGINS, empty, gather, load
from features.identity.limits import Options
from features.identity.payers import paid_baskets, payers, token_baskets
from features.identity.resolve import Resolution, prepare, resolve, unmerge
from features.sql import parquet, write_parquet

TABLES = ("evidence", "decisions", "links", "customers", "aliases", "too_common", "payers", "paid_baskets")
KEPT = 3
"""So many versions stay; older ones are removed."""


def current(folder: Path) -> Path | None:
    """The folder of the version that counts, None where nothing was resolved yet."""
    pointer = folder / "current"
    if not pointer.is_file():
        return None
    version = folder / pointer.read_text().strip()
    if missing := [name for name in TABLES if not (version / f"{name}.parquet").is_file()]:
        raise StateError(
            f"{version.name}/{missing[0]}.parquet is missing from {folder}. Put the folder back from a backup, or "
            "remove it whole: the next load resolves every customer again, without the decisions made so far."
        )
    return version


def update(
    folder: Path, inputs: Path, at: datetime | None = None, options: Options | None = None, memory_limit: str = "2GB"
) -> Resolution:
    """Gather the evidence of the contract tables in `inputs` (`<table>.parquet`), derive customers, write a version.

    Customers are those known before `at`. `memory_limit` is what DuckDB may take.
    """
    with _session(folder, memory_limit) as connection:
        _read(connection, folder)
        tables = {path.stem: parquet(path) for path in inputs.glob("*.parquet")}
        for origin in ORIGINS:
            if origin.source in tables:
                gather(connection, tables[origin.source], origin, "evidence")
        found = _derive(connection, tables, at, options)
        _publish(connection, folder)
        return found


def as_of(folder: Path, inputs: Path, at: datetime, out: Path, options: Options | None = None) -> Resolution:
    """Write the customers known before `at` to `out` (customers, aliases, payers, paid_baskets), and publish nothing.

    For training and backtests: a link learned at or after `at` does not reach back. Customers bear the ids that they
    have in the version that counts, as far as they were customers then.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _session(folder) as connection:
        _read(connection, folder)
        tables = {path.stem: parquet(path) for path in inputs.glob("*.parquet")}
        found = _derive(connection, tables, at, options)
        for name in ("customers", "aliases", "payers", "paid_baskets"):
            _write(connection, name, out)
        return found


def _derive(
    connection: DuckDBPyConnection, tables: dict[str, str], at: datetime | None, options: Options | None
) -> Resolution:
    found = resolve(connection, "evidence", at, options, tables.get("consents"))
    connection.execute(f"CREATE OR REPLACE TABLE baskets AS {token_baskets(connection, tables)}").fetchall()
    payers(connection, "baskets", "customers", "payers", at)
    paid_baskets(connection, "baskets", "payers", "paid_baskets")
    return found


def separate(
    folder: Path, pair: tuple[str, str], at: datetime, reason: str, memory_limit: str = "2GB"
) -> tuple[str, ...]:
    """Undo the merge of two subjects; the subjects whose customer was derived again.

    Raises UserError where they are unknown or are not one customer.
    """
    with _session(folder, memory_limit) as connection:
        _read(connection, folder)
        borne = dict(
            connection.execute(
                "SELECT subject, customer_id FROM customers WHERE subject IN (?, ?)", list(pair)
            ).fetchall()
        )
        for name in pair:
            if name not in borne:
                raise UserError(f"customers: there is no subject '{name}'. Subjects are written kind:party:id.")
        if borne[pair[0]] != borne[pair[1]]:
            raise UserError(
                f"customers: '{pair[0]}' and '{pair[1]}' are two customers already, '{borne[pair[0]]}' and "
                f"'{borne[pair[1]]}'. There is nothing to undo."
            )
        touched = unmerge(connection, "evidence", pair, at, reason)
        _publish(connection, folder)
        return touched


@contextmanager
def _session(folder: Path, memory_limit: str = "2GB") -> Iterator[DuckDBPyConnection]:
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "scratch"
    try:
        with duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": str(scratch)}) as connection:
            connection.execute("SET TimeZone = 'UTC'").fetchall()
            yield connection
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _read(connection: DuckDBPyConnection, folder: Path) -> None:
    """The tables of the version that counts; empty ones where there is none."""
    version = current(folder)
    prepare(connection)
    if version is None:
        empty(connection, "evidence")
        return
    load(connection, version / "evidence.parquet", "evidence")
    for name in TABLES[1:]:
        connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {parquet(version / f'{name}.parquet')}"
        ).fetchall()


def _publish(connection: DuckDBPyConnection, folder: Path) -> None:
    """Write the next version and point to it; versions older than the last few go."""
    held = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    number = (held[-1] if held else 0) + 1
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in TABLES:
        _write(connection, name, partial)
    partial.rename(folder / str(number))
    pointer = folder / "current.partial"
    pointer.write_text(f"{number}\n")
    pointer.replace(folder / "current")
    for old in held[: max(len(held) - KEPT + 1, 0)]:
        shutil.rmtree(folder / str(old))


def _write(connection: DuckDBPyConnection, name: str, folder: Path) -> None:
    write_parquet(connection, f"SELECT * FROM {name} ORDER BY ALL", folder / f"{name}.parquet")
