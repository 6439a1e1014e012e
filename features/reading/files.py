"""A user's files as rows in DuckDB: Parquet where it lies, CSV as a copy that is checked and typed as text.

A file that is missing, empty, truncated or in another encoding raises DataError with its name and the
setting that mends it.
"""

from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from features.contracts.extract import shown
from features.errors import DataError
from features.reading.csv_rows import csv_rows
from features.reading.mapping import CsvOptions
from features.reading.raw_rows import RawRows
from features.sql import literal

_PARQUET = {".parquet", ".pq"}
_CSV = {".csv", ".tsv", ".txt"}
_MAGIC = b"PAR1"


def found(folder: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """The files that paths and globs name, each once, sorted within a pattern.

    Raises DataError for a pattern that names nothing.
    """
    files: dict[Path, None] = {}
    for pattern in patterns:
        path = folder / pattern
        named = [path] if path.is_file() else sorted(one for one in _glob(folder, pattern) if one.is_file())
        if not named:
            message = f"There is no file {path}. Next: mend `files` in the mapping file, or put the file there."
            raise DataError(message)
        files |= dict.fromkeys(named)
    return tuple(files)


def _glob(folder: Path, pattern: str) -> list[Path]:
    root = Path(Path(pattern).anchor)
    return list(root.glob(str(Path(pattern).relative_to(root)))) if root.anchor else list(folder.glob(pattern))


def rows_of(connection: DuckDBPyConnection, files: tuple[Path, ...], options: CsvOptions, scratch: Path) -> RawRows:
    """The rows of files of one kind; `scratch` is an empty folder for copies."""
    kinds = {_kind(path) for path in files}
    for path in files:
        if path.stat().st_size == 0:
            message = f"{path} is empty: not even a header. Next: export it again, or take it out of `files`."
            raise DataError(message)
    if kinds == {"parquet"}:
        return _parquet(connection, files)
    if kinds == {"csv"}:
        return csv_rows(connection, files, options, scratch)
    message = f"{files[0].parent}: Parquet and CSV are mixed in one table. Next: bring one of them."
    raise DataError(message)


def _kind(path: Path) -> str:
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix.lower() in _PARQUET:
        return "parquet"
    if suffix.lower() in _CSV:
        return "csv"
    message = (
        f"{path}: not a kind of file that is read here. Next: bring Parquet (.parquet) or CSV (.csv, .tsv, .csv.gz)."
    )
    raise DataError(message)


def _parquet(connection: DuckDBPyConnection, files: tuple[Path, ...]) -> RawRows:
    for path in files:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(-4, 2)
            if head != _MAGIC or file.read(4) != _MAGIC:
                what = "truncated: its end is missing" if head == _MAGIC else "not a Parquet file"
                message = f"{path} is {what}. Next: copy or export it again."
                raise DataError(message)
    named = ", ".join(literal(path) for path in files)
    rows = f"(SELECT * RENAME (filename AS _file) FROM read_parquet([{named}], union_by_name = true, filename = true))"
    try:
        described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (_file) FROM {rows}").fetchall()
    except duckdb.Error as error:
        message = f"{shown(files)} cannot be read: {str(error).splitlines()[0]}. Next: copy or export it again."
        raise DataError(message) from error
    return RawRows(rows, {name: _plain(physical) for name, physical, *_ in described}, is_typed=True)


def _plain(physical: str) -> str:
    return "VARCHAR" if physical.startswith("ENUM") else physical
