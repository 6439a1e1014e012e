"""Names, texts and Parquet files in DuckDB's SQL."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection


def quoted(name: str) -> str:
    """A column or table name, whatever characters it has."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: object) -> str:
    """A text as an SQL literal."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def instant(at: datetime) -> str:
    """An instant without a zone marker as an SQL literal."""
    return f"TIMESTAMP {literal(at.isoformat(sep=' '))}"


def listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def parquet(path: Path) -> str:
    """A Parquet file as it stands after FROM."""
    return f"read_parquet({literal(path)})"


def count(connection: DuckDBPyConnection, rows: str) -> int:
    """How many rows `rows`, as it stands after FROM, has."""
    return int(connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])


def write_parquet(connection: DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of a query to a Parquet file."""
    connection.execute(f"COPY ({select}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)").fetchall()
