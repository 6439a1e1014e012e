"""CSV as rows: decoded with the encoding that was said, cells kept as text, broken lines set aside."""

import csv
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.errors import DataError
from features.reading.encoding import as_utf8
from features.reading.mapping import CsvOptions
from features.reading.raw_rows import RawRows
from features.sql import literal, parquet, write_parquet


@dataclass(frozen=True, slots=True)
class _Csv:
    """A CSV file: as the user named it, where its UTF-8 text lies, its columns and their delimiter."""

    path: Path
    text: Path
    header: tuple[str, ...]
    delimiter: str


def csv_rows(connection: DuckDBPyConnection, files: tuple[Path, ...], options: CsvOptions, scratch: Path) -> RawRows:
    """Rows of CSV files, each with a header of its own; files may have different columns.

    They are read once, into a Parquet file in `scratch`. Raises DataError for a file that is not in
    the encoding, has no header or names a column twice.
    """
    read = [_opened(path, options, scratch / f"{nth}.csv") for nth, path in enumerate(files)]
    rows, broken = scratch / "rows.parquet", scratch / "broken.parquet"
    scans = (_scan(one, options, nth) for nth, one in enumerate(read))
    write_parquet(connection, " UNION ALL BY NAME ".join(scans), rows)
    faults = (_broken_lines(one, nth) for nth, one in enumerate(read))
    write_parquet(connection, " UNION ALL ".join(faults), broken)
    names = dict.fromkeys(name for one in read for name in one.header)
    return RawRows(parquet(rows), dict.fromkeys(names, "VARCHAR"), is_typed=False, malformed=parquet(broken))


def _scan(one: _Csv, options: CsvOptions, nth: int) -> str:
    nulls = ", ".join(literal(text) for text in ("", *options.null))
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in one.header)
    return (
        f"SELECT *, {literal(one.path)} AS _file FROM read_csv({literal(one.text)}, auto_detect = false, "
        f"header = true, columns = {{{columns}}}, delim = {literal(one.delimiter)}, quote = {literal(options.quote)}, "
        f"escape = {literal(options.quote)}, nullstr = [{nulls}], "
        f"store_rejects = true, rejects_table = 'broken_{nth}', rejects_scan = 'broken_scan_{nth}', rejects_limit = 0)"
    )


def _broken_lines(one: _Csv, nth: int) -> str:
    """One row per line that is no row; a line with several faults has its first."""
    reason = "'malformed line: ' || lower(arg_min(error_type, coalesce(column_idx, 0)))"
    text = "any_value(csv_line)"
    return f"SELECT {literal(one.path)} AS _file, {text} AS text, {reason} AS reason FROM broken_{nth} GROUP BY line"


def _opened(path: Path, options: CsvOptions, copy: Path) -> _Csv:
    text = as_utf8(path, options.encoding, copy)
    delimiter = options.delimiter or ("\t" if ".tsv" in path.suffixes else ",")
    return _Csv(path, text, _header(path, text, delimiter, options.quote), delimiter)


def _header(path: Path, text: Path, delimiter: str, quote: str) -> tuple[str, ...]:
    with text.open(encoding="utf-8-sig", newline="") as file:
        names = tuple(name.strip() for name in next(csv.reader(file, delimiter=delimiter, quotechar=quote), []))
    twice = [name for name in names if [one.lower() for one in names].count(name.lower()) > 1]
    if not any(names) or twice:
        what = f"names the column {twice[0]!r} twice" if any(names) else "has no header"
        message = f"{path} {what}. Next: give each column a name of its own in the first line."
        raise DataError(message)
    other = next((one for one in ";\t|," if one in names[0]), "") if len(names) == 1 else ""
    if other:
        message = f"{path} has one column, {names[0]!r}. Next: write csv = {{ delimiter = {other!r} }} under its table."
        raise DataError(message)
    return tuple(name or f"column {nth}" for nth, name in enumerate(names, start=1))
