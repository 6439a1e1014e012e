"""What a column of a report holds, and how a table is brought into the shape that was declared for it."""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from features.errors import DataError


class Kind(StrEnum):
    """What a value is. It decides the type that is stored and how every rendering writes it."""

    ID = "identifier"
    TEXT = "text"
    SENTENCE = "sentence"
    CHOICE = "choice"
    CENTS = "whole cents"
    COUNT = "whole number"
    UNITS = "units"
    NUMBER = "number"
    PERCENT = "per cent, 0 to 100"
    DAYS = "days"
    CM = "centimetres"
    DEGREES = "degrees"
    YES_NO = "yes or no"


TYPES: dict[Kind, str] = {
    Kind.ID: "str",
    Kind.TEXT: "str",
    Kind.SENTENCE: "str",
    Kind.CHOICE: "str",
    Kind.CENTS: "Int64",
    Kind.COUNT: "Int64",
    Kind.UNITS: "Float64",
    Kind.NUMBER: "Float64",
    Kind.PERCENT: "Float64",
    Kind.DAYS: "Float64",
    Kind.CM: "Float64",
    Kind.DEGREES: "Float64",
    Kind.YES_NO: "boolean",
}

WORDS = frozenset({Kind.ID, Kind.TEXT, Kind.SENTENCE, Kind.CHOICE})
WHOLE = frozenset({Kind.CENTS, Kind.COUNT})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `title` heads it on pages and sheets, `meaning` says what it is; nullable unless `required`.

    `choices` are the values that a column of kind CHOICE may hold.
    """

    name: str
    kind: Kind
    title: str
    meaning: str
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report.

    row       what one row is
    key       the columns that name a row
    required  whether a report can do without it; one that may be missing needs a sentence that says why
    """

    name: str
    title: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({column.name: pd.Series([], dtype=TYPES[column.kind]) for column in table.columns})


def conform(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the declared columns, in their order and types; an optional column that is absent is null.

    Raises DataError where a column is missing or unknown, a required value is null, a value is not of its
    kind (an amount that is no whole number of cents, an infinite number, a choice that is not offered), or two
    rows have one key.
    """
    _check_columns(table, rows)
    columns = {
        column.name: _typed(table, column, rows[column.name])
        if column.name in rows
        else pd.Series(pd.NA, index=rows.index, dtype=TYPES[column.kind])
        for column in table.columns
    }
    shaped = pd.DataFrame(columns, index=rows.index).reset_index(drop=True)
    twice = shaped.duplicated(list(table.key), keep=False)
    if twice.any():
        example = shaped.loc[twice, list(table.key)].iloc[0].to_dict()
        raise DataError(
            f"Report table {table.name}: {int(twice.sum()):,} rows share their key {', '.join(table.key)}, "
            f"for example {example}. A row is {table.row}: merge them."
        )
    return shaped


def _check_columns(table: Table, rows: pd.DataFrame) -> None:
    missing = [column.name for column in table.columns if column.required and column.name not in rows]
    unknown = [str(name) for name in rows.columns if name not in table.names]
    if missing or unknown:
        raise DataError(
            f"Report table {table.name}: "
            + "; ".join(
                f"{len(names)} columns {what} ({', '.join(names)})"
                for what, names in (("missing", missing), ("unknown", unknown))
                if names
            )
            + f". It has the columns {', '.join(table.names)}."
        )


def _typed(table: Table, column: Column, values: pd.Series) -> pd.Series:
    null = values.isna()
    if column.required and null.any():
        _refuse(table, column, null, values, "without a value")
    if column.kind in WORDS:
        words = values.where(null, values.astype(str)).astype("str")
        if column.choices:
            other = ~null & ~words.isin(column.choices)
            _refuse(table, column, other, values, f"not one of {', '.join(column.choices)}")
        return words
    if column.kind is Kind.YES_NO:
        _refuse(table, column, ~null & ~values.isin([True, False]), values, "neither yes nor no")
        return values.astype("boolean")
    return _number(table, column, values, null)


def _number(table: Table, column: Column, values: pd.Series, null: pd.Series) -> pd.Series:
    if values.dtype.kind in "iu":
        return _stored(values, column.kind)
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    bad = ~null & ~numbers.between(-1e18, 1e18).fillna(value=False)
    _refuse(table, column, bad, values, "not a finite number")
    if column.kind in WHOLE:
        _refuse(table, column, ~null & (numbers != numbers.round()).fillna(value=False), values, "not whole")
    return _stored(numbers, column.kind)


def _stored(values: pd.Series, kind: Kind) -> pd.Series:
    typed: pd.Series = pd.Series(values, dtype=TYPES[kind])
    return typed


def _refuse(table: Table, column: Column, bad: pd.Series, values: pd.Series, fault: str) -> None:
    bad = bad.astype(bool)
    if bad.any():
        raise DataError(
            f"Report table {table.name}, column {column.name}: {int(bad.sum()):,} of {len(values):,} values {fault}, "
            f"for example {values[bad].iloc[0]!r} in row {int(bad.to_numpy().argmax()) + 1}. "
            f"It holds {column.kind.value}: {column.meaning[0].lower()}{column.meaning[1:]}."
        )
