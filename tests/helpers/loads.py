"""Loads of tables that a test writes out by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import duckdb
import pandas as pd

from features.ingest import ingest
from features.loading.report import IngestReport, TableReport
from features.settings import Settings
from features.sql import literal

LOADED_AT = datetime(2025, 6, 1)

RECEIPTS = """\
[till_receipts]
files = "receipts.csv"
"""
"""A mapping for `receipts.csv` whose columns have our names."""


def write_files(folder: Path, files: Mapping[str, str | bytes | pd.DataFrame]) -> None:
    """Write files: text as UTF-8 without the indentation, bytes as they are, frames as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, pd.DataFrame):
            content.to_parquet(folder / name, index=False)
        else:
            (folder / name).write_bytes(content if isinstance(content, bytes) else dedent(content).encode())


def load(
    settings: Settings,
    mapping: str,
    files: Mapping[str, str | bytes | pd.DataFrame],
    *,
    loaded_at: datetime = LOADED_AT,
    replace: bool = False,
) -> IngestReport:
    """Write files and a mapping beside the work folder and load them."""
    folder = settings.work / "brought"
    write_files(folder, {**files, "dataset.toml": mapping})
    return ingest(settings, "tables", folder / "dataset.toml", loaded_at=loaded_at, replace=replace)


def of_table(report: IngestReport, table: str) -> TableReport:
    return next(one for one in report.tables if one.table == table)


def rows(path: Path, columns: Sequence[str] | str = "*", where: str = "true") -> list[tuple[Any, ...]]:
    """Rows of a Parquet file in the order in which they lie there."""
    named = columns if isinstance(columns, str) else ", ".join(f'"{name}"' for name in columns)
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {named} FROM read_parquet({literal(path)}) WHERE {where}").fetchall()
