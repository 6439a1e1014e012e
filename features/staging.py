"""Staging: one extract checked against its contract; good rows go to Parquet, bad ones are told apart.

A row is bad for one reason, the first that applies: a value cannot be read, a required value is empty,
a check fails. Good rows keep the order of the files.
"""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.contracts.sql import listed, literal, quoted
from features.contracts.table import Check, Column, Table
from features.errors import DataError
from features.quarantine import BadRows, no_bad_rows, own

DIFFERS = "same key as a later row of the load, which was kept, but other content"
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


def stage(connection: DuckDBPyConnection, extract: Extract, folder: Path, loaded_at: datetime) -> Staged:
    """Check the rows of an extract and write the good ones to `folder`.

    Raises DataError where a required column is not brought, or where most values of a column cannot
    be read (the mapping is wrong then, not the rows).
    """
    table, path = extract.table, folder / f"{extract.table.name}.parquet"
    bad = no_bad_rows(connection, extract, loaded_at)
    judged = _judged(extract, extract.rows, loaded_at)
    _write(connection, f"SELECT {listed(table.names)} FROM ({judged}) WHERE _reason IS NULL", path)
    read, rows = count(connection, extract.rows), count(connection, file(path))
    if rows < read:
        _refuse_wrong_mapping(connection, extract, judged, read)
        bad.add_rows(f"({judged}) WHERE _reason IS NOT NULL", "_reason")
    if extract.malformed:
        bad.add_malformed(extract.malformed)
        read += count(connection, extract.malformed)
    duplicates = _leave_out_duplicates(connection, extract, path, bad, loaded_at)
    rows = count(connection, file(path))
    return Staged(table, path, rows, read, duplicates, bad, _integer_ids(connection, extract, path))


def file(path: Path) -> str:
    """A Parquet file as it stands after FROM."""
    return f"read_parquet({literal(path)})"


def count(connection: DuckDBPyConnection, rows: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])


def _write(connection: DuckDBPyConnection, select: str, path: Path) -> None:
    connection.execute(f"COPY ({select}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)").fetchall()


def _judged(extract: Extract, rows: str, loaded_at: datetime, also: str = "") -> str:
    """SQL of every raw row with its contract columns and `_reason`, null for a good row."""
    brought = [f"{value.sql} AS {quoted(name)}" for name, value in extract.values.items()]
    raw = [f"{value.raw} AS {_raw(name)}" for name, value in extract.values.items() if value.raw]
    theirs = [f"{quoted(name)} AS {own(name)}" for name in extract.raw_columns]
    converted = f"SELECT {', '.join(brought + raw + theirs)}, _file{also} FROM {rows}"
    lacking = [column for column in extract.table.columns if column.name not in extract.values]
    for column in sorted(lacking, key=lambda column: bool(column.otherwise)):
        converted = f"SELECT *, {_stand_in(column, extract)} AS {quoted(column.name)} FROM ({converted})"
    return f"SELECT *, {_reason(extract, loaded_at)} AS _reason FROM ({converted})"


def _raw(name: str) -> str:
    return quoted(f"_raw {name}")


def _stand_in(column: Column, extract: Extract) -> str:
    otherwise = next((one for one in column.otherwise if set(one.given) <= set(extract.values)), None)
    if otherwise is None and column.required:
        raise DataError(_missing_column(column, extract))
    sql = otherwise.sql.replace("{zone}", literal(extract.time_zone)) if otherwise else "NULL"
    return f"CAST({sql} AS {column.sql_type})"


def _missing_column(column: Column, extract: Extract) -> str:
    table, theirs = extract.table.name, extract.raw_columns
    made_from = "".join(f" (or {' and '.join(one.given)}, to make it from)" for one in column.otherwise if one.given)
    near = get_close_matches(column.name, theirs, n=1, cutoff=0.4) or theirs[:1]
    return (
        f"{table}: no column for {column.name}{made_from}. {shown(extract.files)} has: {', '.join(theirs)}. "
        f'Next: name the column that holds it under [{table}.columns], for example {column.name} = "{near[0]}".'
    )


def shown(files: tuple[Path, ...]) -> str:
    """The first file, and how many more there are."""
    return str(files[0]) + (f" (and {len(files) - 1} more)" if len(files) > 1 else "")


def _reason(extract: Extract, loaded_at: datetime) -> str:
    """SQL of the first fault of a row, null without one."""
    table, at = extract.table, f"TIMESTAMP {literal(loaded_at.isoformat(sep=' '))}"
    cases = [(_unread(name), _unread_reason(table.column(name))) for name, value in extract.values.items() if value.raw]
    cases += [(f"{quoted(column.name)} IS NULL", f"{column.name} is empty") for column in table.columns if column.required]
    for column in table.columns:
        cases += [(_fails(check, quoted(column.name), at), f"{column.name} is {check.fault}") for check in column.checks]
    cases += [(_fails(check, "", at), check.fault) for check in table.checks]
    return "CASE " + " ".join(f"WHEN {condition} THEN {literal(reason)}" for condition, reason in cases) + " END"


def _unread(name: str) -> str:
    return f"({quoted(name)} IS NULL AND {_raw(name)} IS NOT NULL)"


def _unread_reason(column: Column) -> str:
    return f"{column.name} is not {'an' if column.kind[0] in 'aeiou' else 'a'} {column.kind}"


def _fails(check: Check, value: str, loaded_at: str) -> str:
    return f"NOT ({check.condition.replace('{value}', value).replace('{loaded_at}', loaded_at)})"


def _refuse_wrong_mapping(connection: DuckDBPyConnection, extract: Extract, judged: str, read: int) -> None:
    for name, value in extract.values.items():
        if value.raw is None:
            continue
        unread = f"({judged}) WHERE {_unread(name)}"
        failed = count(connection, unread)
        if failed * 2 > read:
            examples = connection.execute(f"SELECT DISTINCT {_raw(name)} FROM {unread} ORDER BY 1 LIMIT {_EXAMPLES}")
            texts = ", ".join(repr(row[0]) for row in examples.fetchall())
            message = (
                f"{extract.table.name}: {failed:,} of {read:,} rows in {shown(extract.files)} have no readable {name}: "
                f"{_unread_reason(extract.table.column(name))}, such as {texts}. Next: {value.hint}."
            )
            raise DataError(message)


def _leave_out_duplicates(
    connection: DuckDBPyConnection, extract: Extract, path: Path, bad: BadRows, loaded_at: datetime
) -> int:
    """Rewrite the staged file with one row a key, the last in file order; the count of identical rows left out.

    Rows with the key of a later row and other content become bad rows.
    """
    table = extract.table
    key = f"hash({listed(table.key)})"
    distinct, rows = connection.execute(f"SELECT count(DISTINCT {key}), count(*) FROM {file(path)}").fetchall()[0]
    if distinct == rows:
        return 0
    # Equal hashes are only a first sieve: keys themselves are compared below.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT {key} AS h FROM {file(path)} GROUP BY 1 HAVING count(*) > 1"
    ).fetchall()
    numbered = f"(SELECT *, row_number() OVER () AS _row FROM {extract.rows})"
    judged = _judged(extract, numbered, loaded_at, also=", _row")
    last = f"row_number() OVER (PARTITION BY {listed(table.key)} ORDER BY _row DESC)"
    same = f"hash({listed(table.content)})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT *, {last} AS _nth, "
        f"{same} = first_value({same}) OVER (PARTITION BY {listed(table.key)} ORDER BY _row DESC) AS _same "
        f"FROM ({judged}) WHERE _reason IS NULL AND {key} IN (SELECT h FROM suspects)"
    ).fetchall()
    bad.add_rows("doubled WHERE _nth > 1 AND NOT _same", literal(DIFFERS))
    kept = f"SELECT {listed(table.names)} FROM {file(path)} WHERE {key} NOT IN (SELECT h FROM suspects)"
    won = f"SELECT {listed(table.names)} FROM doubled WHERE _nth = 1"
    partial = path.with_suffix(".partial")
    _write(connection, f"{kept} UNION ALL {won}", partial)
    partial.replace(path)
    return count(connection, "doubled WHERE _nth > 1 AND _same")


def _integer_ids(connection: DuckDBPyConnection, extract: Extract, path: Path) -> frozenset[str]:
    """Id columns that came as whole numbers; those of a source without types are looked at."""
    found = set(extract.integer_ids)
    for name in sorted(extract.untyped_ids):
        column = quoted(name)
        as_number = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR)"
        if not count(connection, f"{file(path)} WHERE {column} IS NOT NULL AND {as_number} IS DISTINCT FROM {column}"):
            found.add(name)
    return frozenset(found)
