"""Quarantine: bad rows as they came, all columns as text, with the reason, the file and the load's instant.

One Parquet file a table. A bad row that is loaded again is not added again; nothing is taken out
except by a load that replaces everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.engine import session
from features.loading.judging import own_name
from features.sql import instant, listed, parquet, quoted, write_parquet

REASON = "reason"
SOURCE_FILE = "source_file"
LOADED_AT = "loaded_at"
MALFORMED_LINE = "malformed_line"
_OURS = (REASON, SOURCE_FILE, LOADED_AT, MALFORMED_LINE)


@dataclass(frozen=True, slots=True)
class BadRows:
    """The bad rows of one table of a load, in a table `name` of the session until the load is published."""

    connection: DuckDBPyConnection
    table: str
    columns: tuple[str, ...]
    """The source's own."""
    loaded_at: datetime

    @property
    def name(self) -> str:
        return f"bad_{self.table}"

    def add_rows(self, rows: str, reason: str) -> None:
        """Add rows (judged, as they stand after FROM) with a reason, an SQL expression."""
        theirs = "".join(f", CAST({own_name(name)} AS VARCHAR) AS {_kept(name)}" for name in self.columns)
        self._insert(f"SELECT {reason} AS {REASON}, _file AS {SOURCE_FILE}{theirs} FROM {rows}")

    def add_malformed(self, lines: str) -> None:
        """Add lines that are no rows: `reason`, `_file`, `text`."""
        self._insert(f"SELECT reason AS {REASON}, _file AS {SOURCE_FILE}, text AS {MALFORMED_LINE} FROM {lines}")

    def _insert(self, select: str) -> None:
        stamped = f"SELECT *, {instant(self.loaded_at)} AS {LOADED_AT} FROM ({select})"
        self.connection.execute(f"INSERT INTO {self.name} BY NAME {stamped}").fetchall()

    def by_reason(self) -> dict[str, int]:
        """Reason -> count, most frequent first."""
        counted = f"SELECT {REASON}, count(*) FROM {self.name} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self.connection.execute(counted).fetchall())


def no_bad_rows(connection: DuckDBPyConnection, extract: Extract, loaded_at: datetime) -> BadRows:
    """A place for the bad rows of an extract, empty as yet."""
    bad = BadRows(connection, extract.table.name, extract.raw_columns, loaded_at)
    ours = f"{REASON} VARCHAR, {SOURCE_FILE} VARCHAR, {LOADED_AT} TIMESTAMP, {MALFORMED_LINE} VARCHAR"
    theirs = "".join(f", {_kept(name)} VARCHAR" for name in extract.raw_columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {bad.name} ({ours}{theirs})").fetchall()
    return bad


def _kept(name: str) -> str:
    return quoted(f"their {name}" if name.lower() in _OURS else name)


def write_quarantine(bad: BadRows, held: Path | None, path: Path) -> None:
    """Write to `path` the rows that are in quarantine (`held`, None for none) and the bad rows not among them."""
    if held is None or not held.is_file():
        return write_parquet(bad.connection, f"SELECT * FROM {bad.name}", path)
    known, fresh = _columns(bad.connection, parquet(held)), _columns(bad.connection, bad.name)
    every = [*known, *(name for name in fresh if name not in known)]
    before, added = _aligned(parquet(held), known, every), _aligned(bad.name, fresh, every)
    compared = listed(name for name in every if name != LOADED_AT)
    unseen = f"SELECT {compared} FROM ({added}) EXCEPT ALL SELECT {compared} FROM ({before})"
    stamped = f"SELECT *, {instant(bad.loaded_at)} AS {LOADED_AT} FROM ({unseen})"
    return write_parquet(bad.connection, f"({before}) UNION ALL BY NAME ({stamped})", path)


def held_by_reason(path: Path) -> dict[str, int]:
    """Reason -> how many rows of a table are in quarantine for it, most frequent first; empty without a file."""
    if not path.is_file():
        return {}
    with session() as connection:
        counted = f"SELECT {REASON}, count(*) FROM {parquet(path)} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(connection.execute(counted).fetchall())


def _columns(connection: DuckDBPyConnection, rows: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]


def _aligned(rows: str, present: Sequence[str], every: Sequence[str]) -> str:
    columns = (quoted(name) if name in present else f"CAST(NULL AS VARCHAR) AS {quoted(name)}" for name in every)
    return f"SELECT {', '.join(columns)} FROM {rows}"
