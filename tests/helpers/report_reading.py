"""Figures as a reader finds them: on the page, in the workbook, in the rows for programs; amounts in whole cents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from training.assortments.report import declared
from training.assortments.report.sheets.block import distinct
from training.assortments.report.writing import MINUS, NOTHING
from training.assortments.report.xlsx import sheet_name


def cents(text: str) -> int | None:
    """`−1,234.56` -> -123456, exactly; None for the dash that stands for nothing."""
    text = text.strip().lstrip("+")
    if text == NOTHING:
        return None
    whole, _, part = text.replace(MINUS, "-").replace(",", "").partition(".")
    return int(whole + part.ljust(2, "0"))


@dataclass
class Page(HTMLParser):
    """Rows of every table by name, each a dict of what its cells say; cards under `cards`."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    _table: str = ""
    _fields: list[tuple[str, str]] = field(default_factory=list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "table":
            self._table = given.get("data-table") or ""
        if tag == "tr" and self._table:
            cluster, _, sku = (given.get("data-key") or "").partition(" ")
            self.tables.setdefault(self._table, []).append({"cluster": cluster, "sku": sku} if sku else {})
        if tag == "li" and given.get("data-measure"):
            self._table = "cards"
            self.tables.setdefault("cards", []).append({"measure": given["data-measure"] or ""})
        if given.get("data-f"):
            self._fields.append((tag, given["data-f"] or ""))

    def handle_endtag(self, tag: str) -> None:
        if self._fields and self._fields[-1][0] == tag:
            self._fields.pop()
        if tag in {"table", "ul"}:
            self._table = ""

    def handle_data(self, data: str) -> None:
        if self._fields and self._table:
            row = self.tables[self._table][-1]
            name = self._fields[-1][1]
            row[name] = row.get(name, "") + data


def read_page(text: str) -> Page:
    page = Page()
    page.feed(text)
    for name, rows in page.tables.items():
        page.tables[name] = [row for row in rows if row]
    return page


def read_sheet_tables(book: Workbook) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table of the workbook by the table's name, under the titles of its columns."""
    found: dict[str, list[dict[str, Any]]] = {}
    for nth, screen in enumerate(declared.SCREENS, start=1):
        sheet = book[sheet_name(nth, screen)]
        for name, rows in _tables(sheet):
            found[name.removeprefix("t_")] = rows
    return found


def _tables(sheet: Worksheet) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for table in sheet.tables.values():
        lines = [[cell.value for cell in line] for line in sheet[table.ref]]
        yield table.name, [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def titles(table: str) -> dict[str, str]:
    """Column -> the head under which a sheet shows it."""
    columns = declared.by_name()[table].columns
    return dict(zip(declared.by_name()[table].names, distinct(column.title for column in columns), strict=True))
