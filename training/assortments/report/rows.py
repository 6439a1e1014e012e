"""The same rows for other programs: plain values that JSON can hold, amounts in whole cents."""

from typing import Any

import pandas as pd

from training.assortments.report import declared
from training.assortments.report.columns import WHOLE, WORDS, Kind, Table
from training.assortments.report.report import AssortmentReport
from training.assortments.report.tables import identity


def rows(report: AssortmentReport, table: str) -> list[dict[str, Any]]:
    """The rows of a table; null where a value is not known."""
    kinds = {column.name: column.kind for column in declared.by_name()[table].columns}
    return [
        {str(name): plain(kinds[str(name)], value) for name, value in record.items()}
        for record in report.tables[table].to_dict("records")
    ]


def document(report: AssortmentReport) -> dict[str, Any]:
    """The whole report: its identity, what each column means, and the rows of every table."""
    return {
        **identity(report),
        "columns": {table.name: _meanings(table) for table in declared.tables()},
        "tables": {table.name: rows(report, table.name) for table in declared.tables()},
    }


def plain(kind: Kind, value: Any) -> str | int | float | bool | None:  # noqa: ANN401  # what a frame may hold
    if pd.isna(value):
        return None
    if kind in WORDS:
        return str(value)
    if kind is Kind.YES_NO:
        return bool(value)
    return int(value) if kind in WHOLE else float(value)


def _meanings(table: Table) -> list[dict[str, Any]]:
    return [
        {"name": column.name, "kind": column.kind.value, "title": column.title, "meaning": column.meaning}
        for column in table.columns
    ]
