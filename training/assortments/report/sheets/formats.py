"""How cells of the workbook look, and how a stored value becomes one."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from training.assortments.report.columns import WORDS, Kind

INK, SOFT, ACCENT = "#1F2933", "#5B6875", "#0B6E75"
LINE, PANEL, ASKED = "#DFE4E8", "#F5F7F8", "#FFF6D6"
TABLE_STYLE = "Table Style Light 1"

NUMBER_FORMATS: Mapping[Kind, str] = {
    Kind.CENTS: "#,##0.00;[Red]-#,##0.00",
    Kind.COUNT: "#,##0",
    Kind.UNITS: "#,##0.0",
    Kind.NUMBER: "#,##0.00",
    Kind.PERCENT: "0.0%",
    Kind.DAYS: "#,##0.0",
    Kind.CM: "#,##0",
    Kind.DEGREES: "0.0000",
}
WIDTHS: Mapping[Kind, int] = {Kind.ID: 13, Kind.TEXT: 24, Kind.SENTENCE: 52, Kind.CHOICE: 11, Kind.CENTS: 14}
WIDTH = 11


@dataclass(frozen=True, slots=True)
class Formats:
    title: Format
    question: Format
    small: Format
    block: Format
    head: Format
    number_head: Format
    total_label: Format
    asked: Format
    fine_percent: Format
    cells: Mapping[Kind, Format]
    totals: Mapping[Kind, Format]


def formats(book: xlsxwriter.Workbook) -> Formats:
    top = {"valign": "top", "font_color": INK}
    kinds = {
        kind: top | ({"num_format": NUMBER_FORMATS[kind]} if kind in NUMBER_FORMATS else {})
        | ({"text_wrap": True} if kind is Kind.SENTENCE else {})
        | ({"indent": 1, "align": "left"} if kind in WORDS else {})
        for kind in Kind
    }  # fmt: skip
    head = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2, "bottom_color": SOFT, "bg_color": PANEL}
    strong = {"bold": True, "top": 1, "top_color": SOFT, "bg_color": PANEL}
    return Formats(
        title=book.add_format({"bold": True, "font_size": 18, "font_color": INK}),
        question=book.add_format({"font_color": SOFT, "italic": True}),
        small=book.add_format({"font_color": SOFT, "font_size": 9}),
        block=book.add_format({"bold": True, "font_size": 12, "font_color": ACCENT}),
        head=book.add_format(head),
        number_head=book.add_format({**head, "align": "right"}),
        total_label=book.add_format(strong),
        asked=book.add_format(top | {"bg_color": ASKED, "border": 1, "border_color": LINE, "locked": False}),
        fine_percent=book.add_format(top | {"num_format": "0.000%"}),
        cells={kind: book.add_format(look) for kind, look in kinds.items()},
        totals={kind: book.add_format({**look, **strong}) for kind, look in kinds.items()},
    )


def stored(kind: Kind, value: object) -> str | float | bool | None:
    """The value of a cell: amounts in currency units, shares as fractions of 1, null as an empty cell.

    An amount of cents divided by 100 is the nearest float; rounded to cents it is the amount again.
    """
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if kind in WORDS:
        return str(value)
    if kind is Kind.YES_NO:
        return bool(value)
    if kind is Kind.CENTS:
        return int(str(value)) / 100
    return float(str(value)) / 100 if kind is Kind.PERCENT else float(str(value))


def put(sheet: Worksheet, row: int, at: int, value: str | float | bool | None, look: Format) -> None:  # noqa: FBT001  # as a cell may be
    """Text is always text: a name that begins with `=` is no formula."""
    if value is None:
        sheet.write_blank(row, at, None, look)
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value, look)
    elif isinstance(value, str):
        sheet.write_string(row, at, value, look)
    else:
        sheet.write_number(row, at, value, look)
