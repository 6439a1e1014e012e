"""What a load did, in counts."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from features.loading.merge import Merged
from features.loading.staging import Staged
from features.warehouse.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a load did to one input table; every count but `rows` is of rows of the load.

    read         rows and malformed lines in the files
    added        rows that were not there
    corrected    rows that replaced one with the same key and other content
    unchanged    rows that were there already
    duplicates   rows left out because the load has an identical one
    quarantined  reason -> rows in quarantine
    rows         rows of the table after the load
    """

    table: str
    read: int
    added: int
    corrected: int
    unchanged: int
    duplicates: int
    quarantined: dict[str, int]
    rows: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a load did. `changed` is false where the warehouse is the one that was there before.

    rows         output table -> rows after the load
    first, last  instants of the first and last purchase
    subjects     accounts and cards that were resolved, and how many `customers` they are; None where no table
                 speaks of persons
    """

    source: str
    digest: str
    changed: bool
    tables: tuple[TableReport, ...]
    rows: dict[str, int]
    first: datetime
    last: datetime
    subjects: int | None = None
    customers: int | None = None


def table_report(staged: Staged, merged: Merged) -> TableReport:
    return TableReport(
        table=staged.table.name,
        read=staged.read,
        added=merged.added,
        corrected=merged.corrected,
        unchanged=merged.unchanged,
        duplicates=staged.duplicates,
        quarantined=staged.bad.by_reason(),
        rows=merged.rows,
    )


def report(warehouse: Warehouse, source: str, tables: tuple[TableReport, ...], *, changed: bool) -> IngestReport:
    return IngestReport(source, warehouse.digest, changed, tables, warehouse.rows, warehouse.first, warehouse.last)


def nothing_new(before: Warehouse) -> IngestReport:
    """The report of a load that was just the last one again."""
    last = before.manifest["loads"][-1]
    again = [
        TableReport(**(table | {"added": 0, "corrected": 0, "unchanged": table["read"] - table["duplicates"]}))
        for table in last["tables"]
    ]
    return report(before, last["source"], tuple(again), changed=False)
