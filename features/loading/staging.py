"""Staging: one extract checked against its contract; good rows go to Parquet, bad ones are told apart."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract, shown
from features.contracts.table import Table
from features.errors import DataError
from features.loading.duplicates import leave_out_duplicates
from features.loading.judging import REASON, judged, raw_name, unread, unread_reason
from features.loading.overlaps import leave_out_overlaps
from features.loading.quarantine import BadRows, no_bad_rows
from features.sql import count, listed, parquet, quoted, write_parquet

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged table.

    path         Parquet with the contract's columns, keys unique
    rows         rows in `path`
    read         raw rows and malformed lines that were read
    duplicates   rows left out because an identical one is there
    bad          the bad rows, ready for quarantine
    integer_ids  id columns whose every value came as a whole number
    """

    table: Table
    path: Path
    rows: int
    read: int
    duplicates: int
    bad: BadRows
    integer_ids: frozenset[str]


def stage(
    connection: DuckDBPyConnection, extract: Extract, folder: Path, loaded_at: datetime, held: Path | None = None
) -> Staged:
    """Check the rows of an extract and write the good ones to `folder`; `held` is the table as loaded before.

    Raises DataError where a required column is not brought, or where most values of a column cannot
    be read (the mapping is wrong then, not the rows).
    """
    table, path = extract.table, folder / f"{extract.table.name}.parquet"
    rows = judged(extract, loaded_at)
    bad = no_bad_rows(connection, extract, loaded_at)
    write_parquet(connection, f"SELECT {listed(table.names)} FROM ({rows}) WHERE {REASON} IS NULL", path)
    read = count(connection, extract.rows)
    if count(connection, parquet(path)) < read:
        _refuse_wrong_mapping(connection, extract, rows, read)
        bad.add_rows(f"({rows}) WHERE {REASON} IS NOT NULL", REASON)
    if extract.malformed:
        bad.add_malformed(extract.malformed)
        read += count(connection, extract.malformed)
    duplicates = leave_out_duplicates(connection, extract, path, bad, loaded_at)
    leave_out_overlaps(connection, extract, path, held, bad)
    kept = count(connection, parquet(path))
    return Staged(table, path, kept, read, duplicates, bad, _integer_ids(connection, extract, path))


def _refuse_wrong_mapping(connection: DuckDBPyConnection, extract: Extract, rows: str, read: int) -> None:
    for name, value in extract.values.items():
        failed = count(connection, f"({rows}) WHERE {unread(name)}") if value.raw else 0
        if failed * 2 > read:
            examples = f"SELECT DISTINCT {raw_name(name)} FROM ({rows}) WHERE {unread(name)} ORDER BY 1"
            found = connection.execute(f"{examples} LIMIT {_EXAMPLES}").fetchall()
            message = (
                f"{extract.table.name}: in {failed:,} of {read:,} rows of {shown(extract.files)} "
                f"{unread_reason(extract.table.column(name))}, such as {', '.join(repr(row[0]) for row in found)}. "
                f"Next: {value.hint}."
            )
            raise DataError(message)


def _integer_ids(connection: DuckDBPyConnection, extract: Extract, path: Path) -> frozenset[str]:
    """Id columns that came as whole numbers; those of a source without types are looked at."""
    found = set(extract.integer_ids)
    for name in sorted(extract.untyped_ids):
        column = quoted(name)
        # Text that a number would not be written as, such as 007, keeps the column text.
        differs = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR) IS DISTINCT FROM {column}"
        if not count(connection, f"{parquet(path)} WHERE {column} IS NOT NULL AND {differs}"):
            found.add(name)
    return frozenset(found)
