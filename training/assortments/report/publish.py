"""A run's folder: the tables, and every rendering of them, written together or not at all."""

from pathlib import Path

import orjson

from features.errors import StateError
from features.files import whole_folder
from training.assortments.report import html, rows, xlsx
from training.assortments.report.report import AssortmentReport
from training.assortments.report.tables import write

PAGE = "report.html"
WORKBOOK = "report.xlsx"
ROWS = "report.json"


def publish(report: AssortmentReport, folder: Path) -> Path:
    """Write `report.html`, `report.xlsx`, `report.json`, `decisions.parquet`, `tables/*.parquet` and `run.json`.

    The folder appears whole: a run that is killed leaves half of it under another name, which the next one clears away.
    Raises StateError where the folder is there already.
    """
    if folder.exists():
        raise StateError(f"{folder} is there already: a run is never written over. Choose another folder.")
    with whole_folder(folder) as fresh:
        write(report, fresh)
        (fresh / PAGE).write_text(html.page(report), encoding="utf-8")
        xlsx.write(report, fresh / WORKBOOK)
        (fresh / ROWS).write_bytes(orjson.dumps(rows.document(report), option=orjson.OPT_INDENT_2))
    return folder
