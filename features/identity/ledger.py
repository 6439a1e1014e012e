"""The ledger: evidence, decisions and the customers derived from them, as files; every change is a new version.

    identity/current        the number of the latest version
    identity/<number>/      a Parquet file for each of TABLES, and resolved.json: for which warehouse, and what came out

A version is written beside the others, and the pointer moves last: whatever dies leaves the one before whole. A load
writes its version before its warehouse counts, and the version of a warehouse is found by that warehouse's digest: so a
load that dies in between leaves both as they were.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from features.engine import STATED, session
from features.errors import StateError, UserError
from features.files import whole_folder, write_whole
from features.identity.evidence import ORIGINS, empty, gather, load
from features.identity.limits import Options
from features.identity.payers import paid_baskets, payers, token_baskets
from features.identity.resolve import Resolution, prepare, resolve, unmerge
from features.sql import parquet, write_parquet

TABLES = ("evidence", "decisions", "links", "customers", "aliases", "too_common", "baskets", "payers", "paid_baskets")
KEPT = 3
"""So many versions stay; older ones are removed."""
RESOLVED = "resolved.json"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a version belongs to and what it carries on.

    warehouse  the digest of the warehouse that its inputs are of
    before     the digest of the warehouse that this one follows. Where it is None, or nothing was resolved for it,
               evidence begins anew; decisions and the ids of customers stay, whatever is loaded
    """

    warehouse: str
    before: str | None = None


def current(folder: Path, warehouse: str | None = None) -> Path | None:
    """The folder of the version that counts, None where nothing was resolved yet.

    With the digest of a warehouse: the newest version that was resolved for it, None where there is none.
    """
    version = _pointed(folder) if warehouse is None else _of_warehouse(folder, warehouse)
    if version is None:
        return None
    if missing := [name for name in TABLES if not (version / f"{name}.parquet").is_file()]:
        raise StateError(
            f"{version.name}/{missing[0]}.parquet is missing from {folder}. Put the folder back from a backup, or "
            "remove it whole: the next load resolves every customer again, without the decisions made so far."
        )
    return version


def _pointed(folder: Path) -> Path | None:
    pointer = folder / "current"
    return folder / pointer.read_text().strip() if pointer.is_file() else None


def _of_warehouse(folder: Path, warehouse: str) -> Path | None:
    versions = (folder / str(number) for number in reversed(_numbers(folder)))
    return next((version for version in versions if resolved(version)["warehouse"] == warehouse), None)


def resolved(version: Path) -> dict[str, Any]:
    """What a version says of itself: `warehouse` (the digest that it was resolved for), and a Resolution's counts.

    Raises StateError where it says nothing.
    """
    try:
        said: dict[str, Any] = json.loads((version / RESOLVED).read_text())
    except (OSError, ValueError) as error:
        raise StateError(
            f"{version.name}/{RESOLVED} of {version.parent} cannot be read: {error}. Put the folder back from a "
            "backup, or remove it whole: the next load resolves every customer again."
        ) from error
    return said


def update(
    folder: Path,
    inputs: Path,
    at: datetime | None = None,
    options: Options | None = None,
    memory_limit: str = "2GB",
    basis: Basis | None = None,
    without: Sequence[str] = (),
) -> Resolution:
    """Gather the evidence of the contract tables in `inputs` (`<table>.parquet`), derive customers, write a version.

    Customers are those known before `at`. `memory_limit` is what DuckDB may take. Without a basis the latest version
    is carried on. Everything about the subjects in `without` is forgotten, decisions too.
    """
    with _session(folder, memory_limit) as connection:
        carried = current(folder, basis.before) if basis and basis.before is not None else None
        base = carried or current(folder)
        _read(connection, base)
        if basis and carried is None:
            empty(connection, "evidence")
        _forget(connection, without)
        tables = {path.stem: parquet(path) for path in inputs.glob("*.parquet")}
        for origin in ORIGINS:
            if origin.source in tables:
                gather(connection, tables[origin.source], origin, "evidence")
        connection.execute(f"CREATE OR REPLACE TABLE baskets AS {token_baskets(connection, tables)}").fetchall()
        found = _derive(connection, tables.get("consents"), at, options)
        _publish(connection, folder, base, {"warehouse": basis.warehouse if basis else "", **asdict(found)})
        return found


def _forget(connection: DuckDBPyConnection, subjects: Sequence[str]) -> None:
    connection.execute("CREATE OR REPLACE TABLE forgotten AS SELECT unnest(?) AS name", [list(subjects)]).fetchall()
    named = {
        "evidence": ("subject", "value"),
        "decisions": ("left_subject", "right_subject"),
        "customers": ("subject", "customer_id"),
        "aliases": ("alias", "customer_id"),
    }
    for table, columns in named.items():
        gone = " OR ".join(f"{column} IN (SELECT name FROM forgotten)" for column in columns)
        connection.execute(f"DELETE FROM {table} WHERE {gone}").fetchall()
    connection.execute("DROP TABLE forgotten").fetchall()


def keep_only(folder: Path, version: Path | None) -> None:
    """Remove every version but one (None: all of them), and what was made as of cutoffs."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and path != version:
            shutil.rmtree(path)
    if version is None:
        (folder / "current").unlink(missing_ok=True)


def as_of(
    version: Path,
    inputs: Path,
    at: datetime,
    out: Path,
    options: Options | None = None,
    memory_limit: str = "2GB",
) -> Resolution:
    """Write the customers known before `at` to `out` (customers, aliases, payers, paid_baskets), and publish nothing.

    For training and backtests: a link learned at or after `at` does not reach back. Customers bear the ids that they
    have in `version` (see `current`), as far as they were customers then.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _session(out, memory_limit) as connection:
        _read(connection, version)
        consents = inputs / "consents.parquet"
        found = _derive(connection, parquet(consents) if consents.is_file() else None, at, options)
        for name in ("customers", "aliases", "payers", "paid_baskets"):
            _write(connection, name, out)
        return found


def _derive(
    connection: DuckDBPyConnection, consents: str | None, at: datetime | None, options: Options | None
) -> Resolution:
    found = resolve(connection, "evidence", at, options, consents)
    payers(connection, "baskets", "customers", "payers", at)
    paid_baskets(connection, "baskets", "payers", "paid_baskets")
    return found


def separate(
    folder: Path,
    pair: tuple[str, str],
    at: datetime,
    reason: str,
    memory_limit: str = "2GB",
    warehouse: str | None = None,
) -> tuple[str, ...]:
    """Undo the merge of two subjects; the subjects whose customer was derived again.

    `warehouse` is the digest of the warehouse whose customers they are (None: the latest version is meant). Raises
    UserError where they are unknown or are not one customer.
    """
    with _session(folder, memory_limit) as connection:
        base = current(folder, warehouse)
        _read(connection, base)
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
        _publish(connection, folder, base, _counted_again(connection, resolved(base) if base else {}))
        return touched


def _counted_again(connection: DuckDBPyConnection, said: dict[str, Any]) -> dict[str, Any]:
    ((customers,),) = connection.execute("SELECT count(DISTINCT customer_id) FROM customers").fetchall()
    return {**said, "customers": customers}


@contextmanager
def _session(folder: Path, memory_limit: str = "2GB") -> Iterator[DuckDBPyConnection]:
    folder.mkdir(parents=True, exist_ok=True)
    with session(replace(STATED, memory_limit=memory_limit), folder / "scratch") as connection:
        yield connection


def _read(connection: DuckDBPyConnection, version: Path | None) -> None:
    """The tables of a version; empty ones where there is none."""
    prepare(connection)
    if version is None:
        empty(connection, "evidence")
        return
    load(connection, version / "evidence.parquet", "evidence")
    for name in TABLES[1:]:
        connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {parquet(version / f'{name}.parquet')}"
        ).fetchall()


def _publish(connection: DuckDBPyConnection, folder: Path, base: Path | None, said: dict[str, Any]) -> None:
    """Write the next version and point to it; versions older than the last few go, but not `base`."""
    held = _numbers(folder)
    number = (held[-1] if held else 0) + 1
    with whole_folder(folder / str(number)) as partial:
        for name in TABLES:
            _write(connection, name, partial)
        (partial / RESOLVED).write_text(json.dumps(said))
    write_whole(folder / "current", f"{number}\n")
    for old in held[: max(len(held) - KEPT + 1, 0)]:
        if base is None or base.name != str(old):
            shutil.rmtree(folder / str(old))


def _numbers(folder: Path) -> list[int]:
    """The versions that are there, the oldest first."""
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit()) if folder.is_dir() else []


def _write(connection: DuckDBPyConnection, name: str, folder: Path) -> None:
    write_parquet(connection, f"SELECT * FROM {name} ORDER BY ALL", folder / f"{name}.parquet")
