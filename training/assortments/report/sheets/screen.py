"""The other sheets: the tables of a screen one under the other, with formulas and colours that help to read them."""

from string import Formatter

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from training.assortments.report.columns import Kind, Table
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.needs import WALKS
from training.assortments.report.sheets import decisions as decided
from training.assortments.report.sheets.block import CellFormula, Placed, Row, block, widths
from training.assortments.report.sheets.formats import Formats, put

MATRIX_SKUS = 60
"""Up to so many SKUs, transfer is shown as a matrix rather than as a list."""


def write(
    sheet: Worksheet,
    book: xlsxwriter.Workbook,
    look: Formats,
    report: AssortmentReport,
    tables: tuple[Table, ...],
    top: int,
) -> None:
    placed: list[tuple[Placed, Table, pd.DataFrame]] = []
    row = top
    names = dict(zip(report.tables["clusters"]["cluster"], report.tables["clusters"]["name"], strict=True))
    for table in tables:
        rows = report.tables[table.name]
        if table.name == "transfers" and _matrix(sheet, look, rows, row):
            continue
        if "cluster" in rows and table.name != "clusters":
            rows = rows.assign(cluster=[names[cluster] for cluster in rows["cluster"]])
        if rows.empty:
            sheet.write_string(row, 0, table.title, look.block)
            sheet.write_string(row + 1, 0, report.missing[table.name], look.small)
            row += 3
            continue
        here = block(sheet, look, table, rows, row, _formulas(table.name, report))
        placed.append((here, table, rows))
        _colours(sheet, book, here, table.name)
        row = here.next_row
    widths(sheet, placed)


def _formulas(name: str, report: AssortmentReport) -> dict[str, CellFormula]:
    if name == "clusters":
        sums = decided.place(report.decisions)
        return {
            column: _by_cluster(sums, column)
            for column in ("sales_now_cents", "profit_now_cents", "profit_proposed_cents")
        }
    if name == "parties":
        return {"saving_cents": lambda at, row, _: f"={at.cell(row, 'alone_cents')}-{at.cell(row, 'pooled_cents')}"}
    if name == "festival_flows":
        return {"net_units": _net}
    return {}


def _by_cluster(sums: Placed, column: str) -> CellFormula:
    clusters, values = decided.refer(sums, "cluster"), decided.refer(sums, column)

    def formula(placed: Placed, row: int, _: Row) -> str:
        return f"=SUMIF({clusters},{placed.cell(row, 'cluster')},{values})"

    return formula


def _net(placed: Placed, row: int, _: Row) -> str:
    gross, pulled, moved = (placed.cell(row, f"{name}_units") for name in ("gross", "pulled_forward", "transferred"))
    return f"={gross}-{pulled}-{moved}"


def _colours(sheet: Worksheet, book: xlsxwriter.Workbook, placed: Placed, name: str) -> None:
    """Shelves that run out sooner than asked, rules that bind, orders short of a minimum, risks of running out."""
    warn = book.add_format({"bg_color": "#F6D9D3", "font_color": "#8C2A1C"})
    for column, criteria in _WARNINGS.get(name, {}).items():
        needed = {name for _, name, _, _ in Formatter().parse(criteria) if name}
        if column in placed.columns and needed <= set(placed.columns):
            at = placed.columns[column]
            formula = criteria.format(**{each: f"${placed.cell(placed.first_row, each)}" for each in placed.columns})
            rule = {"type": "formula", "criteria": formula, "format": warn}
            sheet.conditional_format(placed.first_row, at, placed.last_row, at, rule)


_WARNINGS = {
    "facings": {
        "days_of_supply": "=AND(ISNUMBER({asked_days}),{days_of_supply}<{asked_days})",
        "packs_on_shelf": "=AND(ISNUMBER({packs_on_shelf}),{packs_on_shelf}<1)",
    },
    "rules": {"shadow_price_cents": "={shadow_price_cents}>0"},
    "suppliers": {"minimum_short_units": "={minimum_short_units}>0"},
    "orders": {"short_units": "={short_units}>0"},
    "festival_stock": {"stock_out_percent": "={stock_out_percent}>0.25"},
    "rollout": {"detectable_percent": "={detectable_percent}>{promised_percent}"},
    "newcomers": {"net_profit_cents": "={net_profit_cents}<0"},
}


def _matrix(sheet: Worksheet, look: Formats, transfers: pd.DataFrame, top: int) -> bool:
    """SKU × SKU in per cent of its demand, the darker the more; the last column walks. False for too many."""
    table = transfers.pivot_table(index="sku", columns="to_sku", values="transfer_percent", aggfunc="sum")
    if table.empty or len(table) > MATRIX_SKUS:
        return False
    order = [*(sku for sku in table.index if sku in table.columns), *([WALKS] if WALKS in table.columns else [])]
    sheet.write_string(top, 0, "Transfer as a matrix: of the demand of the SKU at the left, what goes to …", look.block)
    for at, sku in enumerate(order):
        sheet.write_string(top + 1, at + 1, sku, look.head)
    for nth, (sku, shares) in enumerate(table.reindex(columns=order).iterrows()):
        sheet.write_string(top + 2 + nth, 0, str(sku), look.cells[Kind.ID])
        for at, share in enumerate(shares):
            put(sheet, top + 2 + nth, at + 1, None if pd.isna(share) else float(share) / 100, look.cells[Kind.PERCENT])
    scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#3F9FA5"}
    sheet.conditional_format(top + 2, 1, top + 1 + len(table), len(order), scale)
    return True
