"""The first sheet: measures as live sums of the decisions, the proof, and what the overrides cost at a guess."""

from collections.abc import Mapping

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from training.assortments.report import declared
from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.summary import MONEY_MEASURES, OTHER_MEASURES
from training.assortments.report.sheets import decisions as decided
from training.assortments.report.sheets.block import CellFormula, Placed, Row, block, widths
from training.assortments.report.sheets.formats import Formats
from training.assortments.report.sums import WEEKS_A_YEAR

RELATIVE = Column("change_percent", Kind.PERCENT, "Change %", "Proposed / now − 1")


def _with_change(name: str, change: Column) -> Table:
    table = declared.by_name()[name]
    return Table(name, table.title, table.row, (*table.columns, change, RELATIVE), table.key)


MONEY = _with_change("summary_money", Column("change_cents", Kind.CENTS, "Change", "Proposed − now"))
MEASURES = _with_change("summary_measures", Column("change", Kind.NUMBER, "Change", "Proposed − now"))
FIRST_WIDTH = 34


def write(sheet: Worksheet, book: xlsxwriter.Workbook, look: Formats, report: AssortmentReport, top: int) -> None:
    sums = decided.place(report.decisions)
    money = block(
        sheet, look, MONEY, _changed(report.tables["summary_money"], "_cents", MONEY_MEASURES), top, _money(sums)
    )
    formulas = _measures(sums, money, report)
    rows = _changed(report.tables["summary_measures"], "", OTHER_MEASURES)
    measures = block(sheet, look, MEASURES, rows, money.next_row, formulas)
    row = _guess(sheet, look, money, sums, report, measures.next_row)
    row = _proof(sheet, look, report, row)
    row = _told(sheet, look, "What is not known", report.not_known or ("Nothing was found.",), row)
    if len(report.tables["overrides"]):
        block(sheet, look, declared.by_name()["overrides"], report.tables["overrides"], row)
    widths(sheet, [(money, MONEY, report.tables[MONEY.name]), (measures, MEASURES, report.tables[MEASURES.name])])
    sheet.set_column(0, 0, FIRST_WIDTH)
    for placed, name in ((money, "change_cents"), (measures, "change")):
        _signs(sheet, book, placed, name)


def _changed(rows: pd.DataFrame, unit: str, titles: Mapping[str, str]) -> pd.DataFrame:
    """With its change, and measures by their titles; `code` remembers which is which."""
    now, then = rows[f"now{unit}"], rows[f"proposed{unit}"]
    relative = (then.astype("Float64") / now.astype("Float64").where(now != 0) - 1) * 100
    return rows.assign(**{f"change{unit}": then - now, "change_percent": relative}).assign(
        code=rows["measure"], measure=[titles[measure] for measure in rows["measure"]]
    )


def _differences(unit: str) -> dict[str, CellFormula]:
    def change(placed: Placed, row: int, _: Row) -> str:
        return f"={placed.cell(row, f'proposed{unit}')}-{placed.cell(row, f'now{unit}')}"

    def relative(placed: Placed, row: int, _: Row) -> str:
        now, then = placed.cell(row, f"now{unit}"), placed.cell(row, f"proposed{unit}")
        return f'=IF({now}=0,"",{then}/{now}-1)'

    return {f"change{unit}": change, "change_percent": relative}


def _money(sums: Placed) -> dict[str, CellFormula]:
    def total(when: str) -> CellFormula:
        def formula(_: Placed, __: int, row: Row) -> str | None:
            if row["code"] not in {"sales", "profit"}:
                return None
            return "=SUM(" + decided.refer(sums, f"{row['code']}_{when}_cents") + ")"

        return formula

    return {"now_cents": total("now"), "proposed_cents": total("proposed")} | _differences("_cents")


def _measures(sums: Placed, money: Placed, report: AssortmentReport) -> dict[str, CellFormula]:
    order = [str(measure) for measure in report.tables["summary_money"]["measure"]]

    def cell(measure: str, when: str) -> str:
        return money.cell(money.first_row + order.index(measure), f"{when}_cents")

    def counted(when: str) -> CellFormula:
        def formula(_: Placed, __: int, row: Row) -> str | None:
            if row["code"] == "units":
                return f"=SUM({decided.refer(sums, f'units_{when}')})"
            if row["code"] == "listings":
                return f"=COUNTIF({decided.refer(sums, f'is_listed_{when}')},TRUE)"
            if row["code"] == "gmroi" and "working_capital" in order:
                year = f"{WEEKS_A_YEAR!r}/{report.run.horizon_weeks}"
                return f"={cell('profit', when)}*{year}/{cell('working_capital', when)}"
            return None

        return formula

    return {"now": counted("now"), "proposed": counted("proposed")} | _differences("")


def _guess(sheet: Worksheet, look: Formats, money: Placed, sums: Placed, report: AssortmentReport, row: int) -> int:
    """What the overrides in this workbook cost, by adding single effects; the answer needs a new run."""
    profit = money.first_row + [str(each) for each in report.tables["summary_money"]["measure"]].index("profit")
    proposed = money.cell(profit, "proposed_cents")
    now = int(report.decisions["profit_proposed_cents"].sum()) / 100
    sheet.write_string(row, 0, "Your overrides, at a guess", look.block)
    sheet.write_string(row + 1, 0, "Written so far", look.cells[Kind.TEXT])
    sheet.write_formula(row + 1, 1, f"=COUNTA({decided.refer(sums, 'override')})", look.cells[Kind.COUNT], 0)
    sheet.write_string(row + 2, 0, "They cost about", look.cells[Kind.TEXT])
    sheet.write_formula(row + 2, 1, f"=SUM({decided.refer(sums, 'override_cost_cents')})", look.cells[Kind.CENTS], 0)
    sheet.write_string(row + 3, 0, "Profit with them, about", look.cells[Kind.TEXT])
    sheet.write_formula(row + 3, 1, f"={proposed}-B{row + 3}", look.cells[Kind.CENTS], now)
    return row + 5


def _proof(sheet: Worksheet, look: Formats, report: AssortmentReport, row: int) -> int:
    proof = report.proof
    sheet.write_string(row, 0, "Proof", look.block)
    amounts = (
        ("This plan earns, after listing costs", proof.value_cents),
        ("No plan earns more than", proof.bound_cents),
    )
    for nth, (words, cents) in enumerate(amounts):
        sheet.write_string(row + 1 + nth, 0, words, look.cells[Kind.TEXT])
        sheet.write_number(row + 1 + nth, 1, cents / 100, look.cells[Kind.CENTS])
    sheet.write_string(row + 3, 0, "Proven gap", look.cells[Kind.TEXT])
    gap = f"=(B{row + 3}-B{row + 2})/B{row + 3}"
    value = (proof.bound_cents - proof.value_cents) / proof.bound_cents if proof.bound_cents else 0.0
    sheet.write_formula(row + 3, 1, gap, look.fine_percent, value)
    sheet.write_string(row + 4, 0, f"{proof.method}; {proof.audit}", look.small)
    return row + 6


def _told(sheet: Worksheet, look: Formats, title: str, sentences: tuple[str, ...], row: int) -> int:
    sheet.write_string(row, 0, title, look.block)
    for nth, sentence in enumerate(sentences):
        sheet.write_string(row + 1 + nth, 0, sentence, look.cells[Kind.TEXT])
    return row + len(sentences) + 2


def _signs(sheet: Worksheet, book: xlsxwriter.Workbook, placed: Placed, name: str) -> None:
    at = placed.columns[name]
    for criteria, colour in ((">", "#07575C"), ("<", "#A33526")):
        rule = {"type": "cell", "criteria": criteria, "value": 0, "format": book.add_format({"font_color": colour})}
        sheet.conditional_format(placed.first_row, at, placed.last_row, at + 1, rule)
