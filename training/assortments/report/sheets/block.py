"""A table on a sheet: head, rows, a total that follows its filters, notes on what each column means."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from training.assortments.report.columns import WORDS, Column, Kind, Table
from training.assortments.report.sheets.formats import TABLE_STYLE, WIDTH, WIDTHS, Formats, put, stored

ADDED = frozenset(
    {
        "alone_cents", "cost_cents", "gross_units", "minimum_short_units", "net_profit_cents", "net_units",
        "next_saving_cents", "pooled_cents", "profit_now_cents", "profit_proposed_cents", "promised_cents",
        "pulled_forward_units", "realised_cents", "sales_now_cents", "sales_proposed_cents", "saving_cents",
        "short_units", "spend_cents", "stores", "transferred_units", "units", "units_now", "units_proposed",
        "weekly_sales_cents", "weekly_visits", "control_stores", "test_stores",
    }
)  # fmt: skip
"""Columns whose sum means something."""
NOT_ADDED = frozenset({"cluster_curve", "sku_curve", "needs", "newcomers"})
"""Tables whose rows overlap: their sums mean nothing."""

LINE_HEIGHT = 15
NAME_WIDTH = 38
SUM_OF_WHAT_IS_SHOWN = 109
"""SUBTOTAL's sum over the rows that a filter leaves."""


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table came to lie: rows and columns counted from 0, the last row included."""

    head_row: int
    first_row: int
    last_row: int
    columns: Mapping[str, int]

    def cell(self, row: int, column: str) -> str:
        return str(xl_rowcol_to_cell(row, self.columns[column]))

    def range(self, column: str, *, fixed: bool = False) -> str:
        at = self.columns[column]
        first, last = (xl_rowcol_to_cell(row, at, fixed, fixed) for row in (self.first_row, self.last_row))
        return f"{first}:{last}"

    @property
    def next_row(self) -> int:
        return self.last_row + 3


CellFormula = Callable[[Placed, int, Row], str | None]
"""From where the table lies, the sheet's row and the stored row to a formula; None for a plain value.

The stored value is the value that is read before anything is calculated.
"""


def block(
    sheet: Worksheet,
    look: Formats,
    table: Table,
    rows: pd.DataFrame,
    top: int,
    formulas: Mapping[str, CellFormula] | None = None,
) -> Placed:
    """Write title, head, rows and total from row `top` on; columns without any value are left out."""
    shown = [column for column in table.columns if column.required or rows[column.name].notna().any()]
    sheet.write_string(top, 0, table.title, look.block)
    sheet.write_string(top, min(len(shown), 3), f"One row: {table.row}", look.small)
    placed = Placed(top + 1, top + 2, top + 1 + len(rows), {column.name: at for at, column in enumerate(shown)})
    heads(sheet, look, table.name, shown, placed)
    write_rows(sheet, look, shown, rows, placed, formulas or {})
    if table.name not in NOT_ADDED:
        totals(sheet, look, [column for column in shown if column.name in ADDED], rows, placed, placed.last_row + 1)
    return placed


def heads(sheet: Worksheet, look: Formats, name: str, columns: Sequence[Column], placed: Placed) -> None:
    """An Excel table: filter buttons on every head, and its name stays in view where one scrolls."""
    sheet.add_table(
        placed.head_row, 0, max(placed.last_row, placed.first_row), len(columns) - 1,
        {
            "name": f"t_{name}",
            "style": TABLE_STYLE,
            "banded_rows": False,
            "columns": [
                {"header": title, "header_format": look.head if column.kind in WORDS else look.number_head}
                for title, column in zip(distinct(column.title for column in columns), columns, strict=True)
            ],
        },
    )  # fmt: skip
    for at, column in enumerate(columns):
        sheet.write_comment(placed.head_row, at, _note(column), {"x_scale": 1.6, "y_scale": 0.6, "font_size": 9})


def write_rows(
    sheet: Worksheet,
    look: Formats,
    columns: Sequence[Column],
    rows: pd.DataFrame,
    placed: Placed,
    formulas: Mapping[str, CellFormula],
) -> None:
    for nth, record in enumerate(rows.to_dict("records")):
        row = placed.first_row + nth
        plain = {str(name): value for name, value in record.items()}
        sheet.set_row(row, LINE_HEIGHT * max(_lines(column, plain[column.name]) for column in columns))
        for column in columns:
            at, cell = placed.columns[column.name], look.cells[column.kind]
            value = stored(column.kind, plain[column.name])
            formula = formulas[column.name](placed, row, plain) if column.name in formulas else None
            if formula:
                sheet.write_formula(row, at, formula, cell, value)
            else:
                put(sheet, row, at, value, cell)


def _lines(column: Column, value: object) -> int:
    """How many lines a sentence takes in its column; programs do not all fit the height of a row to its text."""
    if column.kind is not Kind.SENTENCE or not isinstance(value, str):
        return 1
    return max(1, -(-len(value) // (WIDTHS[Kind.SENTENCE] - 4)))


def totals(
    sheet: Worksheet, look: Formats, columns: Sequence[Column], rows: pd.DataFrame, placed: Placed, row: int
) -> None:
    """A row of sums of what the filters leave, with the sums of all rows as the values that are read at first."""
    if not columns or len(rows) < 2:
        return
    sheet.write_string(row, 0, "Total shown", look.total_label)
    for column in columns:
        formula = f"=SUBTOTAL({SUM_OF_WHAT_IS_SHOWN},{placed.range(column.name)})"
        sheet.write_formula(row, placed.columns[column.name], formula, look.totals[column.kind], added(column, rows))


def added(column: Column, rows: pd.DataFrame) -> float:
    """The sum as a cell holds it: cents are added as whole numbers first."""
    total = rows[column.name].sum()
    return int(total) / 100 if column.kind is Kind.CENTS else float(total)


def widths(sheet: Worksheet, placed: Sequence[tuple[Placed, Table, pd.DataFrame]]) -> None:
    """Each column of the sheet as wide as the widest that any of its tables asks for; sentences wrap."""
    wide: dict[int, int] = {}
    for each, table, rows in placed:
        for name, at in each.columns.items():
            column = table.column(name)
            wide[at] = max(
                wide.get(at, 0),
                NAME_WIDTH if name == "name" else WIDTHS.get(column.kind, WIDTH),
                _longest_word(column.title) + 3,
                _longest_value(column, rows),
            )
    for at, width in wide.items():
        sheet.set_column(at, at, width)


def _longest_value(column: Column, rows: pd.DataFrame) -> int:
    """Of words that do not wrap, up to `NAME_WIDTH`; 0 for others, and for columns that are only in the workbook."""
    if column.kind not in WORDS or column.kind is Kind.SENTENCE or column.name not in rows:
        return 0
    longest = max((len(str(value)) for value in rows[column.name].dropna()), default=-2)
    return min(longest + 2, NAME_WIDTH)


def whole(placed: Placed) -> str:
    """The rows of the table, all columns."""
    return str(xl_range(placed.first_row, 0, placed.last_row, len(placed.columns) - 1))


def _note(column: Column) -> str:
    kind = "" if column.kind in WORDS else f"\n({column.kind.value.replace('whole cents', 'amount')})"
    return f"{column.meaning}.{kind}"


def _longest_word(title: str) -> int:
    return max(len(word) for word in title.split())


def distinct(titles: Iterable[str]) -> list[str]:
    """Heads of an Excel table have to differ."""
    seen: dict[str, int] = {}
    result = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        result.append(title if seen[title] == 1 else f"{title} {seen[title]}")
    return result
