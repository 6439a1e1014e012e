"""Intervals that have to stand apart: two prices of one SKU in one store and channel at one instant are a mistake.

An interval that says no end lasts until the next one begins.
"""

from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.contracts.table import Table
from features.files import whole_file
from features.loading.judging import REASON, judged
from features.loading.quarantine import BadRows
from features.sql import count, listed, literal, parquet, write_parquet


def leave_out_overlaps(
    connection: DuckDBPyConnection, extract: Extract, path: Path, held: Path | None, bad: BadRows
) -> None:
    """Rewrite the staged file `path` without rows that overlap what was loaded before or begins before them.

    What was loaded before (`held`, None for nothing) stays, unless the load corrects it by its key.
    """
    # Again, because what was loaded before stays where its correction is left out.
    while extract.table.apart and _left_out(connection, extract, path, held, bad):
        pass


def _left_out(connection: DuckDBPyConnection, extract: Extract, path: Path, held: Path | None, bad: BadRows) -> bool:
    """Leave out what overlaps as things stand; whether there was anything."""
    table = extract.table
    key = f"hash({listed(table.key)})"
    found = _overlapping(table, key, path, held)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE overlapping AS {found}").fetchall()
    if not count(connection, "overlapping"):
        return False
    numbered = f"(SELECT *, row_number() OVER () AS _row FROM {extract.rows})"
    rows = judged(extract, bad.loaded_at, rows=numbered, also="_row")
    last = f"row_number() OVER (PARTITION BY {listed(table.key)} ORDER BY _row DESC) = 1"
    chosen = f"{REASON} IS NULL AND {key} IN (SELECT h FROM overlapping)"
    bad.add_rows(f"(SELECT * FROM ({rows}) WHERE {chosen} QUALIFY {last})", literal(_reason(table)))
    kept = f"SELECT {listed(table.names)} FROM {parquet(path)} WHERE {key} NOT IN (SELECT h FROM overlapping)"
    with whole_file(path) as partial:
        write_parquet(connection, kept, partial)
    return True


def _overlapping(table: Table, key: str, path: Path, held: Path | None) -> str:
    """A query of the hashed keys (`h`) of staged rows that overlap."""
    columns = f'{listed(table.apart)}, "from", "to"'
    every = f"SELECT {columns}, {key} AS h, false AS is_held FROM {parquet(path)}"
    if held:
        stays = f"{key} NOT IN (SELECT {key} FROM {parquet(path)})"
        every += f" UNION ALL SELECT {columns}, {key}, true FROM {parquet(held)} WHERE {stays}"
    order = f'PARTITION BY {listed(table.apart)} ORDER BY "from", h ROWS BETWEEN'
    past = f'max("to") OVER ({order} UNBOUNDED PRECEDING AND 1 PRECEDING)'
    coming = f'min("from") FILTER (is_held) OVER ({order} 1 FOLLOWING AND UNBOUNDED FOLLOWING)'
    spans = f"SELECT *, {past} AS past, {coming} AS coming FROM ({every})"
    return f'SELECT h FROM ({spans}) WHERE NOT is_held AND (past > "from" OR coming < "to")'


def _reason(table: Table) -> str:
    return f"overlaps another row of the same {', '.join(name for name in table.apart if name != 'party')}"
