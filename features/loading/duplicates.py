"""Duplicate keys within one load: the last row in file order is kept."""

from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.files import whole_file
from features.loading.judging import REASON, judged
from features.loading.quarantine import BadRows
from features.sql import count, listed, literal, parquet, write_parquet

DIFFERS = "same key as a later row of the load, which was kept, but other content"


def leave_out_duplicates(
    connection: DuckDBPyConnection, extract: Extract, path: Path, bad: BadRows, loaded_at: datetime
) -> int:
    """Rewrite the staged file `path` with one row a key; the count of identical rows left out.

    Rows with the key of a later row and other content become bad rows. Without duplicates this costs
    one scan of the keys: different hashes mean different keys.
    """
    key = f"hash({listed(extract.table.key)})"
    counted = f"SELECT count(DISTINCT {key}), count(*) FROM {parquet(path)}"
    distinct, rows = connection.execute(counted).fetchall()[0]
    if distinct == rows:
        return 0
    suspects = f"SELECT {key} AS h FROM {parquet(path)} GROUP BY 1 HAVING count(*) > 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE suspects AS {suspects}").fetchall()
    _rank_suspects(connection, extract, key, loaded_at)
    bad.add_rows("doubled WHERE _nth > 1 AND NOT _same", literal(DIFFERS))
    names = listed(extract.table.names)
    kept = f"SELECT {names} FROM {parquet(path)} WHERE {key} NOT IN (SELECT h FROM suspects)"
    with whole_file(path) as partial:
        write_parquet(connection, f"{kept} UNION ALL SELECT {names} FROM doubled WHERE _nth = 1", partial)
    return count(connection, "doubled WHERE _nth > 1 AND _same")


def _rank_suspects(connection: DuckDBPyConnection, extract: Extract, key: str, loaded_at: datetime) -> None:
    """Fill the session's table `doubled`: rows that share a key's hash, counted from the last (`_nth`).

    `_same` tells whether a row has the content of the last one with its key.
    """
    numbered = f"(SELECT *, row_number() OVER () AS _row FROM {extract.rows})"
    rows = judged(extract, loaded_at, rows=numbered, also="_row")
    same = f"hash({listed(extract.table.content)})"
    by_key = f"(PARTITION BY {listed(extract.table.key)} ORDER BY _row DESC)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT *, row_number() OVER {by_key} AS _nth, "
        f"{same} = first_value({same}) OVER {by_key} AS _same "
        f"FROM ({rows}) WHERE {REASON} IS NULL AND {key} IN (SELECT h FROM suspects)"
    ).fetchall()
