"""The sheet of single stores: a row a store and SKU, for filters; more than fit are in their file only."""

from collections.abc import Mapping

import pandas as pd
import xlsxwriter

from training.assortments.report.columns import Kind
from training.assortments.report.report import AssortmentReport
from training.assortments.report.sheets.formats import Formats, put
from training.assortments.report.tables import STORE_LISTS_FILE

TITLE = "Store lists"
MOST_ROWS = 100_000
"""Spreadsheets hold a million rows and are slow with a tenth of it."""

_COLUMNS: Mapping[str, tuple[str, Kind, int]] = {
    "store_id": ("Store", Kind.ID, 12),
    "cluster": ("Cluster", Kind.ID, 12),
    "sku": ("SKU", Kind.ID, 14),
    "name": ("Name", Kind.TEXT, 44),
    "decision": ("Decision", Kind.CHOICE, 11),
    "facings": ("Facings", Kind.COUNT, 9),
    "units": ("Units", Kind.UNITS, 10),
    "profit_cents": ("Profit", Kind.CENTS, 12),
}


def write(book: xlsxwriter.Workbook, look: Formats, report: AssortmentReport, rows: pd.DataFrame, number: int) -> None:
    """The sheet; where there are too many rows it says where they are."""
    sheet = book.add_worksheet(f"{number} {TITLE}")
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, f"{report.run.category}: a list for each store", look.title)
    if len(rows) > MOST_ROWS:
        said = f"{len(rows):,} rows are too many for a sheet: they are in {STORE_LISTS_FILE} of the run's folder."
        sheet.write_string(1, 0, said, look.question)
        return
    sheet.write_string(1, 0, "What each store keeps, adds and delists; units and profit over the weeks.", look.question)
    for at, (title, _, width) in enumerate(_COLUMNS.values()):
        sheet.write_string(3, at, title, look.head)
        sheet.set_column(at, at, width)
    for nth, row in enumerate(rows[list(_COLUMNS)].itertuples(index=False), start=4):
        for at, (value, (_, kind, _)) in enumerate(zip(row, _COLUMNS.values(), strict=True)):
            plain = value if isinstance(value, str) else float(value) / (100 if kind is Kind.CENTS else 1)
            put(sheet, nth, at, plain, look.cells[kind])
    sheet.freeze_panes(4, 0)
    sheet.autofilter(3, 0, 3 + len(rows), len(_COLUMNS) - 1)
