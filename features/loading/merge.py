"""Merging a staged table into the one that is there: late rows are added, corrected rows replace older ones."""

from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.loading.staging import Staged
from features.sql import count, listed, parquet, quoted, write_parquet


@dataclass(frozen=True, slots=True)
class Merged:
    """What a load did to one table: counts of its rows by what became of them, and the rows after it."""

    added: int
    corrected: int
    unchanged: int
    rows: int


def merge(connection: DuckDBPyConnection, staged: Staged, before: Path | None, path: Path) -> Merged:
    """Write `before` (None: nothing) with the staged rows put in by key to `path`."""
    if before is None:
        staged.path.rename(path)
        return Merged(added=staged.rows, corrected=0, unchanged=0, rows=staged.rows)
    new, old, table = parquet(staged.path), parquet(before), staged.table
    known = f"{new} n JOIN {old} o ON {_same(table.key)}"
    matched = count(connection, known)
    unchanged = count(connection, f"{known} AND {_same(table.content)}")
    kept = f"SELECT {listed(table.names)} FROM {old} o ANTI JOIN {new} n ON {_same(table.key)}"
    written = f"{kept} UNION ALL SELECT {listed(table.names)} FROM {new}"
    write_parquet(connection, written, path)
    rows = count(connection, parquet(path))
    return Merged(added=staged.rows - matched, corrected=matched - unchanged, unchanged=unchanged, rows=rows)


def _same(names: tuple[str, ...]) -> str:
    return " AND ".join(f"n.{quoted(name)} IS NOT DISTINCT FROM o.{quoted(name)}" for name in names)
