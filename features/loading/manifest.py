"""What a warehouse says of itself: rows, types of ids, first and last purchase, and the loads that made it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.contracts.inputs import INPUTS, PROMOTIONS, SKUS, TILL_RECEIPTS, WEB_ORDERS
from features.contracts.table import Table
from features.loading.staging import Staged
from features.sql import listed, parquet
from features.warehouse.warehouse import SCHEMA, Warehouse

Manifest = dict[str, Any]

_IDS: dict[str, tuple[tuple[Table, str], ...]] = {
    "customer_id": ((WEB_ORDERS, "account_id"), (TILL_RECEIPTS, "loyalty_id")),
    "sku": ((WEB_ORDERS, "sku"), (TILL_RECEIPTS, "sku"), (SKUS, "sku"), (PROMOTIONS, "sku")),
}


def fingerprint(source: str, extracts: tuple[Extract, ...]) -> str:
    """Names a load: the bytes of its files and what is made of them."""
    whole = hashlib.sha256(f"{SCHEMA} {source}".encode())
    for extract in extracts:
        whole.update(repr((extract.table, sorted(extract.values.items()), extract.time_zone)).encode())
        for path in extract.files:
            with path.open("rb") as opened:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()


def is_repeated(before: Warehouse, mark: str) -> bool:
    """Whether the last load was this one and left no row in quarantine (a later instant might let it in)."""
    last = before.manifest["loads"][-1]
    return bool(last["fingerprint"] == mark and not any(table["quarantined"] for table in last["tables"]))


def digest(connection: DuckDBPyConnection, inputs: Path) -> str:
    """Names the content of the input tables: equal for equal rows in whatever order they came.

    Rows are hashed by the engine and the hashes added up, so that it costs one scan.
    """
    present = [table for table in INPUTS if (inputs / f"{table.name}.parquet").is_file()]
    parts = [_rows_and_hashes(connection, table, inputs / f"{table.name}.parquet") for table in present]
    return hashlib.sha256(" ".join([str(SCHEMA), *parts]).encode()).hexdigest()[:16]


def _rows_and_hashes(connection: DuckDBPyConnection, table: Table, path: Path) -> str:
    row = f"hash({listed(table.names)})"
    select = f"SELECT count(*), coalesce(sum(CAST({row} AS HUGEINT)), 0) FROM {parquet(path)}"
    rows, total = connection.execute(select).fetchall()[0]
    return f"{table.name}:{rows}:{total}"


def facts(connection: DuckDBPyConnection, purchases: Path) -> Manifest:
    """Instants of the first and last purchase."""
    first, last = connection.execute(f"SELECT min(bought_at), max(bought_at) FROM {parquet(purchases)}").fetchall()[0]
    return {"first": first.isoformat(), "last": last.isoformat()}


def integer_ids(before: Warehouse | None, staged: Sequence[Staged]) -> dict[str, list[str]]:
    """Input table -> its id columns that came as whole numbers in every load."""
    known: dict[str, list[str]] = dict(before.manifest["integer_ids"]) if before else {}
    for one in staged:
        if one.rows:
            now = one.integer_ids & set(known.get(one.table.name, one.integer_ids))
            known[one.table.name] = sorted(now)
    return known


def id_types(known: dict[str, list[str]]) -> dict[str, str]:
    """customer_id and sku -> the type in which every one of them came: "int64" or "string"."""
    return {
        name: "int64" if all(column in known[t.name] for t, column in places if t.name in known) else "string"
        for name, places in _IDS.items()
    }
