"""A table as a page shows it: columns that belong together share a cell, ids are read as names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from training.assortments.report.columns import WORDS, Column, Kind, Table
from training.assortments.report.names import Names
from training.assortments.report.writing import NOTHING, glued, written

MOST_ROWS = 1_000
"""Of a table are on the page; the workbook and the files have all."""
NAMED = ("cluster", "need_state", "parent", "supplier", "to_sku", "swap_partner")
WIDE = frozenset({Kind.SENTENCE})


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the column that it stands in, as it is stored, and as it is read."""

    column: str
    stored: object
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    title: str
    meaning: str
    style: str
    joins: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Heads, and rows of cells of one or more values; `left_out` rows are not shown."""

    table: Table
    heads: tuple[Head, ...]
    rows: tuple[tuple[tuple[Value, ...], ...], ...]
    left_out: int


def grid(table: Table, rows: pd.DataFrame, names: Names, most: int = MOST_ROWS) -> Grid:
    """Columns without any value are left out; low and high share a cell, and so do a SKU and its share."""
    shown = [column for column in table.columns if column.required or rows[column.name].notna().any()]
    shown = [column for column in shown if not _says_nothing(table, column, rows)]
    groups = _groups(shown)
    records = rows.head(most).to_dict("records")
    return Grid(
        table,
        tuple(_head(group) for group in groups),
        tuple(tuple(tuple(_value(column, row, names) for column in group) for group in groups) for row in records),
        len(rows) - len(records),
    )


def text_of(column: Column, value: object, names: Names) -> str:
    if column.name in NAMED or re.match(r"(destination|takes_from)_\d$", column.name):
        return names.of(column.name, str(value)) if isinstance(value, str) else NOTHING
    return glued(written(column.kind, value))


def _value(column: Column, row: Mapping[object, object], names: Names) -> Value:
    stored = row[column.name]
    return Value(column.name, None if pd.isna(stored) else stored, text_of(column, stored, names))  # type: ignore[call-overload]


def _says_nothing(table: Table, column: Column, rows: pd.DataFrame) -> bool:
    """A party that is the same everywhere, and the name of an id that is read as a name anyway."""
    if column.name == "name" and table.key[0] in NAMED and len(table.key) == 1:
        return True
    return column.name == "party" and not column.required and len(set(rows[column.name])) <= 1


def _groups(columns: list[Column]) -> list[list[Column]]:
    groups: list[list[Column]] = []
    for column in columns:
        if groups and _belongs(groups[-1][-1], column):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _belongs(before: Column, column: Column) -> bool:
    is_interval = "low" in before.name.split("_") and before.name.replace("low", "high") == column.name
    return is_interval or column.name == f"{before.name}_percent"


_LEVEL = re.compile(r"\d+ %")
"""Of an interval, as its column tells it."""


def _head(group: list[Column]) -> Head:
    first = group[0]
    if len(group) == 2 and "low" in first.name.split("_"):
        what = first.title.removesuffix("Low").removesuffix(", low").removesuffix("Low %").strip()
        level = found[0] if (found := _LEVEL.search(first.meaning)) else "80 %"
        return Head(f"{what} {level}" if what else f"{level} interval", first.meaning, "number", " to ")
    if first.kind in WIDE:
        return Head(first.title, first.meaning, "wide", "")
    return Head(
        first.title, first.meaning, "text" if first.kind in WORDS or first.kind is Kind.YES_NO else "number", " "
    )
