"""Judging rows against their contract, as SQL: every raw row with its contract columns and its first fault.

A row is bad for one reason, the first that applies: a value cannot be read, a required value is empty,
a check fails.
"""

from datetime import datetime
from difflib import get_close_matches

from features.contracts.extract import Extract, shown
from features.contracts.table import Check, Column, Otherwise
from features.errors import DataError
from features.sql import instant, literal, quoted

REASON = "_reason"


def judged(extract: Extract, loaded_at: datetime, rows: str = "", also: str = "") -> str:
    """A query over the rows of an extract (or `rows` in their place).

    Its columns: those of the contract; `_reason`, null for a good row; `_file`; the source's own under
    `own_name`; the raw text of values that may be unreadable under `raw_name`; and `also`.
    Raises DataError where a required column is not brought.
    """
    brought = [f"{value.sql} AS {quoted(name)}" for name, value in extract.values.items()]
    raw = [f"{value.raw} AS {raw_name(name)}" for name, value in extract.values.items() if value.raw]
    theirs = [f"{quoted(name)} AS {own_name(name)}" for name in extract.raw_columns]
    named = ", ".join([*brought, *raw, *theirs, "_file", *([also] if also else [])])
    converted = f"SELECT {named} FROM {rows or extract.rows}"
    need_columns(extract)
    lacking = [column for column in extract.table.columns if column.name not in extract.values]
    for column in sorted(lacking, key=lambda column: bool(column.otherwise)):
        converted = f"SELECT *, {_stand_in(column, extract)} AS {quoted(column.name)} FROM ({converted})"
    return f"SELECT *, {_fault(extract, loaded_at)} AS {REASON} FROM ({converted})"


def need_columns(extract: Extract) -> None:
    """Raises DataError where a required column is not brought and nothing stands in its place."""
    for column in extract.table.columns:
        brought = column.name in extract.values or column.made_from in extract.identifiers
        if column.required and not brought and _otherwise(column, extract) is None:
            raise DataError(_missing_column(column, extract))


def own_name(name: str) -> str:
    return quoted(f"_own {name}")


def raw_name(name: str) -> str:
    return quoted(f"_raw {name}")


def unread(name: str) -> str:
    """The condition that a column has a raw value that cannot be read."""
    return f"({quoted(name)} IS NULL AND {raw_name(name)} IS NOT NULL)"


def unread_reason(column: Column) -> str:
    return f"{column.name} is not {'an' if column.kind[0] in 'aeiou' else 'a'} {column.kind}"


def _stand_in(column: Column, extract: Extract) -> str:
    otherwise = _otherwise(column, extract)
    sql = otherwise.sql.replace("{zone}", literal(extract.time_zone)) if otherwise else "NULL"
    return f"CAST({sql} AS {column.sql_type})"


def _otherwise(column: Column, extract: Extract) -> Otherwise | None:
    return next((one for one in column.otherwise if set(one.given) <= set(extract.values)), None)


def _missing_column(column: Column, extract: Extract) -> str:
    table, theirs = extract.table.name, extract.raw_columns
    made_from = "".join(f" (or {' and '.join(one.given)}, to make it from)" for one in column.otherwise if one.given)
    near = get_close_matches(column.name, theirs, n=1, cutoff=0.0)[0]
    return (
        f"{table}: no column for {column.name}{made_from}. {shown(extract.files)} has: {', '.join(theirs)}. "
        f'Next: name the column that holds it under [{table}.columns]; nearest: {column.name} = "{near}".'
    )


def _fault(extract: Extract, loaded_at: datetime) -> str:
    """SQL of the first fault of a row, null without one."""
    table, at = extract.table, instant(loaded_at)
    cases = [(unread(name), unread_reason(table.column(name))) for name, value in extract.values.items() if value.raw]
    needed = [column.name for column in table.columns if column.required]
    cases += [(f"{quoted(name)} IS NULL", f"{name} is empty") for name in needed]
    for column in table.columns:
        name = column.name
        cases += [(_fails(check, quoted(name), at), f"{name} is {check.fault}") for check in column.checks]
    cases += [(_fails(check, "", at), check.fault) for check in table.checks]
    return "CASE " + " ".join(f"WHEN {condition} THEN {literal(reason)}" for condition, reason in cases) + " END"


def _fails(check: Check, value: str, loaded_at: str) -> str:
    return f"NOT ({check.condition.replace('{value}', value).replace('{loaded_at}', loaded_at)})"
