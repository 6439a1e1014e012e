"""`report.xlsx`: a sheet a screen, totals that are formulas, and a column for the buyer's overrides."""

from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from training.assortments.report import declared
from training.assortments.report.declared import Screen
from training.assortments.report.report import AssortmentReport
from training.assortments.report.sheets import decisions, screen, stores, summary
from training.assortments.report.sheets.formats import Formats, formats

TOP = 4
"""Row of the first table, below the head of a sheet."""
RUN_PROPERTY = "Omnishelf run"
A4 = 9


def write(report: AssortmentReport, path: Path) -> None:
    """Write the workbook. Formulas have their values beside them: who does not calculate reads the same."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _properties(book, report)
        look = formats(book)
        for nth, each in enumerate(declared.SCREENS, start=1):
            sheet = book.add_worksheet(sheet_name(nth, each))
            _head(sheet, look, report, each)
            if each.name == "summary":
                summary.write(sheet, book, look, report, TOP)
            elif each.name == "decisions":
                decisions.write(sheet, book, look, report)
            else:
                screen.write(sheet, book, look, report, each.tables, TOP)
            _print_setup(sheet, report, each)
        if report.store_lists is not None:
            stores.write(book, look, report, report.store_lists, len(declared.SCREENS) + 1)


def sheet_name(number: int, each: Screen) -> str:
    return f"{number} {each.title}"


def _head(sheet: Worksheet, look: Formats, report: AssortmentReport, each: Screen) -> None:
    run = report.run
    sheet.hide_gridlines(2)
    sheet.set_row(0, 26)
    sheet.write_string(
        0, 0, f"{run.category}: {each.title.lower() if each.title != 'New SKUs' else 'new SKUs'}", look.title
    )
    sheet.write_string(1, 0, each.question, look.question)
    if each.name != "decisions":
        about = f"Run {run.run_id}; before {run.cutoff[:10]}; {run.horizon_weeks} weeks; amounts in {run.money_words}"
        sheet.write_string(2, 0, f"{about}. {run.real_or_planted}".strip(), look.small)
        sheet.freeze_panes(3, 1)


def _print_setup(sheet: Worksheet, report: AssortmentReport, each: Screen) -> None:
    sheet.set_landscape()
    if each.name != "decisions":
        sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f'&L&"Calibri,Bold"{_plain(report.run.category)}: {each.title}&R{_plain(report.run.run_id)}')
    sheet.set_footer(f"&LOmnishelf, before {report.run.cutoff[:10]}&RPage &P of &N")


def _plain(text: str) -> str:
    """`&` begins a code in heads and feet of pages."""
    return text.replace("&", "&&")


def _properties(book: xlsxwriter.Workbook, report: AssortmentReport) -> None:
    made = datetime.fromisoformat(report.run.made_at)
    book.set_properties(
        {
            "title": f"{report.run.category}: assortment",
            "author": "Omnishelf",
            "created": made.replace(tzinfo=made.tzinfo or UTC).astimezone(UTC).replace(tzinfo=None),
        }
    )
    book.set_custom_property(RUN_PROPERTY, report.run.run_id)
    book.set_calc_mode("auto")
