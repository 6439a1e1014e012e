"""The buyer's overrides: read back from an edited workbook, and what each of them costs as a table.

Only the column of overrides is used. What else was changed is told, not used: figures belong to the run.
"""

import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from features.errors import DataError, StateError, UserError
from training.assortments.report.columns import WORDS, Kind
from training.assortments.report.report import AssortmentReport
from training.assortments.report.sheets.decisions import CHOICES, COLUMNS, COST, OVERRIDE, OVERRIDE_TITLE, SHEET
from training.assortments.report.sheets.formats import stored

LOOKED_FOR_HEADS = 40
"""Rows from the top in which the heads may stand, should a buyer have put something above them."""
TOLD = 8
"""Faults that a message spells out; the rest is counted."""
HALF_A_CENT = 0.005

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Override:
    """What the buyer wants of a SKU in a cluster; `cell` is where it was written."""

    cluster: str
    sku: str
    asked: str
    cell: str

    @property
    def is_listed(self) -> bool:
        """Whether the cluster has to carry it: `keep` and `add` say the same."""
        return self.asked != "delist"


@dataclass(frozen=True, slots=True)
class Overrides:
    """All of one workbook, in its order; `not_used` tells other changes, a sentence each."""

    run_id: str
    asked: tuple[Override, ...]
    not_used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    run_id: str
    heads: Mapping[str, int]
    rows: tuple[tuple[int, Cells], ...]

    def cell(self, row: int, title: str) -> str:
        return f"{get_column_letter(self.heads[title] + 1)}{row}"


def run_of(path: Path) -> str:
    """The run that a workbook came from. Raises UserError or DataError where it is no report of ours."""
    return _sheet(path).run_id


def read(path: Path, report: AssortmentReport) -> Overrides:
    """The overrides of a workbook that was made from this report.

    Raises StateError where it came from another run; DataError where a cell cannot be used: an override that is no
    choice or is a formula, a SKU or cluster that the run does not have, a row twice, text where a number belongs.
    All such cells are told at once.
    """
    sheet = _sheet(path)
    if sheet.run_id != report.run.run_id:
        raise StateError(
            f"{path.name} belongs to run {sheet.run_id}, not to {report.run.run_id}. "
            f"Take the workbook of {report.run.run_id}, or give the run that this one came from."
        )
    decisions = {
        (str(row["cluster"]), str(row["sku"])): {str(name): value for name, value in row.items()}
        for row in report.decisions.to_dict("records")
    }
    faults: list[str] = []
    notes: list[str] = []
    asked = []
    seen: dict[tuple[str, str], int] = {}
    for row, cells in sheet.rows:
        key = (_text(cells, sheet.heads["Cluster"]), _text(cells, sheet.heads["SKU"]))
        wanted = cells[sheet.heads[OVERRIDE_TITLE]]
        if key == ("", "") and _is_blank(wanted):
            continue
        fault = _key_fault(key, row, report, decisions, seen, sheet) or _choice_fault(wanted, row, sheet)
        seen.setdefault(key, row)
        if fault:
            faults.append(fault)
            continue
        if not _is_blank(wanted):
            asked.append(Override(*key, str(wanted).strip().lower(), sheet.cell(row, OVERRIDE_TITLE)))
        _compare(row, cells, decisions[key], sheet, faults, notes)
    if faults:
        raise DataError(_told(f"{path.name}, sheet {SHEET}", faults))
    return Overrides(sheet.run_id, tuple(asked), tuple(_short(notes)))


def must_exist(overrides: Overrides, skus: Collection[str], clusters: Collection[str]) -> None:
    """Raises DataError where an override names a SKU or cluster that the data at hand no longer have."""
    gone = [
        f"{each.cell}: SKU {each.sku} is no longer in the data"
        if each.sku not in skus
        else f"{each.cell}: there is no cluster {each.cluster} any more"
        for each in overrides.asked
        if each.sku not in skus or each.cluster not in clusters
    ]
    if gone:
        raise DataError(
            _told(f"Overrides of run {overrides.run_id}", gone) + " Empty these cells, or load the SKUs again."
        )


def costed(overrides: Overrides, before: AssortmentReport, cost_cents: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Rows of the report's `overrides`: what was asked, what was proposed instead, and what it costs.

    cost_cents  (cluster, SKU) -> profit of the best plan without this override − with it
    """
    proposed = before.decisions.set_index(["cluster", "sku"])
    return pd.DataFrame(
        [
            {
                "cluster": each.cluster,
                "sku": each.sku,
                "name": str(proposed["name"][each.cluster, each.sku]),
                "asked": each.asked,
                "instead_of": str(proposed["decision"][each.cluster, each.sku]),
                "cost_cents": cost_cents[each.cluster, each.sku],
            }
            for each in overrides.asked
        ],
        columns=["cluster", "sku", "name", "asked", "instead_of", "cost_cents"],
    )


def _sheet(path: Path) -> _Sheet:
    if not path.is_file():
        raise UserError(f"There is no file {path}. Give the report.xlsx of a run with your overrides in it.")
    with warnings.catch_warnings():
        # Spreadsheet programs leave extensions that openpyxl does not read and that say nothing about overrides.
        warnings.filterwarnings("ignore", module="openpyxl")
        try:
            book = openpyxl.load_workbook(path, read_only=True)
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
            raise DataError(
                f"{path.name} cannot be read as an .xlsx workbook ({error}). Save it as .xlsx again."
            ) from error
        try:
            if SHEET not in book.sheetnames:
                raise DataError(
                    f"{path.name} has no sheet {SHEET}; it has {', '.join(book.sheetnames)}. Take a run's report.xlsx."
                )
            lines = [tuple(line) for line in book[SHEET].iter_rows(values_only=True)]
        finally:
            book.close()
    return _parsed(path, lines)


def _parsed(path: Path, lines: Sequence[Cells]) -> _Sheet:
    run_id, heads = "", dict[str, int]()
    for nth, line in enumerate(lines[:LOOKED_FOR_HEADS]):
        if line and line[0] == "Run" and len(line) > 1 and not run_id:
            run_id = str(line[1] or "")
        titles = {str(cell).strip(): at for at, cell in enumerate(line) if isinstance(cell, str)}
        if {"Cluster", "SKU", OVERRIDE_TITLE} <= set(titles):
            heads = titles
            # Programs leave out empty cells at the end of a row.
            rows = tuple(
                (nth + 2 + after, (*cells, *[None] * (len(line) - len(cells))))
                for after, cells in enumerate(lines[nth + 1 :])
            )
            if run_id:
                return _Sheet(run_id, heads, rows)
    lacks = f"the heads Cluster, SKU and {OVERRIDE_TITLE} are" if not heads else "the run's id beside Run is"
    raise DataError(f"{path.name}, sheet {SHEET}: {lacks} missing. Take a fresh report.xlsx and write into it.")


def _key_fault(
    key: tuple[str, str],
    row: int,
    report: AssortmentReport,
    decisions: Collection[tuple[str, str]],
    seen: Mapping[tuple[str, str], int],
    sheet: _Sheet,
) -> str:
    cluster, sku = key
    known = set(report.tables["clusters"]["cluster"])
    if cluster not in known:
        return (
            f"{sheet.cell(row, 'Cluster')}: {cluster!r} is no cluster of this run ({', '.join(sorted(known)[:TOLD])})"
        )
    if key not in decisions:
        return f"{sheet.cell(row, 'SKU')}: SKU {sku!r} is not in this run"
    if key in seen:
        return f"{sheet.cell(row, 'SKU')}: SKU {sku} in cluster {cluster} stands in row {seen[key]} too"
    return ""


def _choice_fault(wanted: object, row: int, sheet: _Sheet) -> str:
    if _is_blank(wanted) or str(wanted).strip().lower() in CHOICES:
        return ""
    where = sheet.cell(row, OVERRIDE_TITLE)
    if _is_formula(wanted):
        return f"{where}: a formula ({str(wanted)[:40]}); write the word itself: {', '.join(CHOICES)}"
    return f"{where}: {str(wanted)[:40]!r} is no override; write {', '.join(CHOICES)}, or leave it empty"


def _compare(
    row: int, cells: Cells, decision: Mapping[str, Any], sheet: _Sheet, faults: list[str], notes: list[str]
) -> None:
    """Text or a formula where a number belongs is a fault; another number is a note."""
    for column in COLUMNS:
        if (
            column in {OVERRIDE, COST}
            or column.kind in WORDS
            or column.kind is Kind.YES_NO
            or column.title not in sheet.heads
        ):
            continue
        now, was = cells[sheet.heads[column.title]], stored(column.kind, decision[column.name])
        where = f"{sheet.cell(row, column.title)} ({column.title})"
        if _is_formula(now):
            faults.append(f"{where}: a formula ({now[:40]}) where the number {was} belongs")
        elif isinstance(now, str) and not _is_blank(now):
            faults.append(f"{where}: {now[:40]!r} is text where the number {was} belongs")
        elif not _is_same(now, was):
            notes.append(f"{where}: {now} instead of {was}")


def _is_same(now: object, was: object) -> bool:
    if now is None or was is None:
        return now is None and was is None
    return isinstance(now, int | float) and abs(float(now) - float(str(was))) < HALF_A_CENT


def _text(cells: Cells, at: int) -> str:
    """An id as text: a program may have made a number of it."""
    value = cells[at] if at < len(cells) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _told(where: str, faults: Sequence[str]) -> str:
    listed = "\n".join(f"- {each}" for each in faults[:TOLD])
    more = f"\n- and {len(faults) - TOLD:,} more" if len(faults) > TOLD else ""
    cells = f"{len(faults):,} cell{'s' if len(faults) > 1 else ''}"
    return f"{where}: {cells} cannot be used.\n{listed}{more}\nMend them and give the workbook again."


def _short(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield f"{len(notes):,} figures were changed in the workbook and not used, for example {notes[0]}."
