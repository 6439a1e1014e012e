"""The sheet of decisions: what is proposed, a column for what the buyer wants instead, a guess at what that costs."""

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.decisions import DECISIONS_TABLE
from training.assortments.report.sheets.block import ADDED, Placed, Row, heads, totals, widths, write_rows
from training.assortments.report.sheets.formats import Formats

SHEET = "2 Decisions"
HEAD_ROW = 6
TOTAL_ROW = 5
RUN_CELL = (2, 1)
"""Where the run's id stands, so that a workbook that comes back says which run it belongs to."""
OVERRIDE_TITLE = "Your override"
CHOICES = ("keep", "add", "delist")

CLUSTER_NAME = Column("cluster_name", Kind.TEXT, "Cluster name", "What a buyer calls the cluster")
OVERRIDE = Column(
    "override", Kind.CHOICE, OVERRIDE_TITLE,
    "What you want instead: keep or add (carry it), delist (do not). Empty: as proposed", required=False,
)  # fmt: skip
COST = Column(
    "override_cost_cents", Kind.CENTS, "Costs about",
    "A guess: the worth of the decision that your override turns. Feed the workbook back for the answer",
    required=False,
)  # fmt: skip
FIRST = (
    "cluster", "cluster_name", "sku", "name", "decision", "override", "override_cost_cents", "reason", "worth_cents",
    "worth_low_cents", "worth_high_cents", "confidence_percent", "profit_now_cents", "profit_proposed_cents",
    "swap_partner", "binding_rule",
)  # fmt: skip
"""What a buyer reads first, and what is printed; all else stands to the right."""
A3 = 8
FROZEN_COLUMNS = 7

_BY_NAME = {column.name: column for column in (*DECISIONS_TABLE.columns, CLUSTER_NAME, OVERRIDE, COST)}
COLUMNS = tuple(_BY_NAME[name] for name in FIRST) + tuple(
    column for column in DECISIONS_TABLE.columns if column.name not in FIRST
)
SHEET_TABLE = Table("decisions", "Decisions", DECISIONS_TABLE.row, COLUMNS, DECISIONS_TABLE.key)


def place(decisions: pd.DataFrame) -> Placed:
    """Where the decisions will lie: other sheets refer to them before they are written."""
    return Placed(
        HEAD_ROW, HEAD_ROW + 1, HEAD_ROW + len(decisions), {column.name: at for at, column in enumerate(COLUMNS)}
    )


def refer(placed: Placed, column: str) -> str:
    """The column's cells, as a formula of another sheet calls them."""
    return f"'{SHEET}'!{placed.range(column, fixed=True)}"


def write(sheet: Worksheet, book: xlsxwriter.Workbook, look: Formats, report: AssortmentReport) -> None:
    decisions = report.decisions
    clusters = report.tables["clusters"]
    cluster_names = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    placed = place(decisions)
    rows = decisions.assign(
        cluster_name=[cluster_names[cluster] for cluster in decisions["cluster"]],
        override=None,
        override_cost_cents=0,
    )
    sheet.write_string(RUN_CELL[0], RUN_CELL[1] - 1, "Run", look.small)
    sheet.write_string(*RUN_CELL, report.run.run_id, look.small)
    sheet.write_string(3, 0, _HOW, look.small)
    heads(sheet, look, "decisions", COLUMNS, placed)
    write_rows(sheet, look, COLUMNS, rows, placed, {"override_cost_cents": _cost})
    added = [column for column in COLUMNS if column.name in ADDED or column is COST]
    totals(sheet, look, added, rows, placed, TOTAL_ROW)
    _invite(sheet, look, placed)
    _colour(sheet, book, placed)
    widths(sheet, [(placed, SHEET_TABLE, rows)])
    sheet.set_row(HEAD_ROW, 32)
    sheet.freeze_panes(HEAD_ROW + 1, FROZEN_COLUMNS)
    sheet.repeat_rows(HEAD_ROW)
    sheet.print_area(0, 0, placed.last_row, len(FIRST) - 1)
    sheet.set_paper(A3)


_HOW = (
    "Write keep, add or delist in the yellow column, save, and run: omnishelf assort --overrides report.xlsx. "
    "All else on this sheet is read only; other changes are reported and not used."
)


def _cost(placed: Placed, row: int, _: Row) -> str:
    """Nothing where the override is empty or says what is proposed; otherwise the worth that is given up."""
    asked, listed, worth = (placed.cell(row, name) for name in ("override", "is_listed_proposed", "worth_cents"))
    return f'=IF({asked}="",0,IF(OR({asked}="keep",{asked}="add")={listed},0,{worth}))'


def _invite(sheet: Worksheet, look: Formats, placed: Placed) -> None:
    at = placed.columns["override"]
    for row in range(placed.first_row, placed.last_row + 1):
        sheet.write_blank(row, at, None, look.asked)
    sheet.data_validation(
        placed.first_row, at, placed.last_row, at,
        {
            "validate": "list",
            "source": list(CHOICES),
            "ignore_blank": True,
            "input_title": "Your override",
            "input_message": "keep or add: carry it. delist: do not. Empty: as proposed.",
            "error_title": "Not an override",
            "error_message": "Write keep, add or delist, or leave the cell empty.",
        },
    )  # fmt: skip


def _colour(sheet: Worksheet, book: xlsxwriter.Workbook, placed: Placed) -> None:
    def look(**how: object) -> object:
        return book.add_format(how)

    for decision, (ground, ink) in _CHIPS.items():
        chip = look(bg_color=ground, font_color=ink)
        _when(sheet, placed, "decision", type="cell", criteria="==", value=f'"{decision}"', format=chip)
    low, high = (f"${placed.cell(placed.first_row, f'worth_{end}_cents')}" for end in ("low", "high"))
    unsure = look(bg_color="#FBE5CC")
    _when(sheet, placed, "worth_cents", type="formula", criteria=f"=AND({low}<0,{high}>0)", format=unsure)
    _when(sheet, placed, "confidence_percent", type="data_bar", bar_color="#9FC9CB", **_FROM_0_TO_1)
    dear = look(font_color="#A33526", bold=True)
    _when(sheet, placed, "override_cost_cents", type="cell", criteria=">", value=0, format=dear)


_FROM_0_TO_1 = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
_CHIPS = {
    "add": ("#D3ECEB", "#07575C"),
    "swap": ("#FBE5CC", "#8A4A06"),
    "delist": ("#F6D9D3", "#8C2A1C"),
    "leave": ("#FFFFFF", "#9AA4AE"),
}


def _when(sheet: Worksheet, placed: Placed, column: str, **rule: object) -> None:
    at = placed.columns[column]
    sheet.conditional_format(placed.first_row, at, placed.last_row, at, rule)
