"""CSV as rows: decoded with the encoding that was said, cells kept as text, broken lines set aside."""

import codecs
import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from duckdb import DuckDBPyConnection

from features.errors import DataError
from features.reading.mapping import CsvOptions
from features.reading.raw_rows import RawRows
from features.sql import literal, parquet, write_parquet

_CHUNK = 1 << 22
_LONGEST_LINE = 16_000_000
_COMMON = ("utf-8", "latin-1", "cp1252", "utf-16", "gb18030")
_GUESSES = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


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
    read = [_decoded(path, options, scratch / f"{nth}.csv") for nth, path in enumerate(files)]
    rows, broken = scratch / "rows.parquet", scratch / "broken.parquet"
    scans = (_scan(one, options, nth) for nth, one in enumerate(read))
    write_parquet(connection, " UNION ALL BY NAME ".join(scans), rows)
    faults = (_broken_lines(one, nth) for nth, one in enumerate(read))
    write_parquet(connection, " UNION ALL ".join(faults), broken)
    names = dict.fromkeys(name for one in read for name in one.header)
    return RawRows(parquet(rows), dict.fromkeys(names, "VARCHAR"), is_typed=False, malformed=parquet(broken))


def _scan(one: _Csv, options: CsvOptions, nth: int) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in one.header)
    return (
        f"SELECT *, {literal(one.path)} AS _file FROM read_csv({literal(one.text)}, auto_detect = false, "
        f"header = true, columns = {{{columns}}}, delim = {literal(one.delimiter)}, quote = {literal(options.quote)}, "
        f"escape = {literal(options.quote)}, max_line_size = {_LONGEST_LINE}, store_rejects = true, "
        f"rejects_table = 'broken_{nth}', rejects_scan = 'broken_scan_{nth}', rejects_limit = 0)"
    )


def _broken_lines(one: _Csv, nth: int) -> str:
    """One row per line that is no row; a line with several faults has its first."""
    reason = "'malformed line: ' || lower(arg_min(error_type, coalesce(column_idx, 0)))"
    text = "any_value(csv_line)"
    return f"SELECT {literal(one.path)} AS _file, {text} AS text, {reason} AS reason FROM broken_{nth} GROUP BY line"


def _decoded(path: Path, options: CsvOptions, copy: Path) -> _Csv:
    """The file in UTF-8: itself where it is, else a copy."""
    encoding = _codec(path, options.encoding)
    needs_copy = encoding != "utf-8" or path.suffix == ".gz"
    if needs_copy:
        with copy.open("wb") as out:
            out.writelines(text.encode() for text in _chunks(path, encoding))
    else:
        for _ in _chunks(path, encoding):  # only to find bytes that do not fit
            pass
    readable = copy if needs_copy else path
    delimiter = options.delimiter or ("\t" if ".tsv" in path.suffixes else ",")
    return _Csv(path, readable, _header(path, readable, delimiter, options.quote), delimiter)


def _codec(path: Path, encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        message = f"{path}: there is no encoding {encoding!r}. Next: write one such as utf-8, utf-16, latin-1, gb18030."
        raise DataError(message) from error


def _chunks(path: Path, encoding: str) -> Iterator[str]:
    """The decoded text, piece by piece. Raises DataError at the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with _opened(path) as file:
        while True:
            chunk = _read(path, file)
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                at = done - held + (error.start if isinstance(error, UnicodeDecodeError) else 0)
                raise DataError(_not_in_encoding(path, encoding, at)) from error
            if "\0" in text:
                raise DataError(_not_in_encoding(path, encoding, done + max(chunk.find(b"\0"), 0)))
            done += len(chunk)
            yield text
            if not chunk:
                return


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _read(path: Path, file: IO[bytes]) -> bytes:
    try:
        return file.read(_CHUNK)
    except (EOFError, gzip.BadGzipFile) as error:
        message = f"{path} is truncated or not gzip: {error}. Next: copy or export it again."
        raise DataError(message) from error


def _not_in_encoding(path: Path, encoding: str, at: int) -> str:
    with _opened(path) as file:
        start = file.read(4)
    guess = _GUESSES.get(start[:2]) or ("utf-16-le" if b"\0" in start else "latin-1")
    others = ", ".join(
        one for one in ("utf-8", "latin-1", "cp1252", "utf-16", "gb18030") if one not in {encoding, guess}
    )
    return (
        f'{path} is not {encoding}: byte {at} does not fit. Next: write encoding = "{guess}" under the table\'s [csv] '
        f"settings, or the encoding that it was exported in ({others})."
    )


def _header(path: Path, text: Path, delimiter: str, quote: str) -> tuple[str, ...]:
    with text.open(encoding="utf-8-sig", newline="") as file:
        names = tuple(name.strip() for name in next(csv.reader(file, delimiter=delimiter, quotechar=quote), []))
    twice = [name for name in names if [one.lower() for one in names].count(name.lower()) > 1]
    if not any(names) or twice:
        what = f"names the column {twice[0]!r} twice" if any(names) else "has no header"
        message = f"{path} {what}. Next: give each column a name of its own in the first line."
        raise DataError(message)
    return tuple(name or f"column {nth}" for nth, name in enumerate(names, start=1))
