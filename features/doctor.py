"""The doctor: which tables are there, how fresh and how clean they are, and what each switches on."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.inputs import INPUTS, RETURNS
from features.contracts.table import Kind, Table
from features.engine import session
from features.identity.customers import has_identifiers
from features.identity.ledger import current, resolved
from features.loading.quarantine import held_by_reason
from features.settings import Settings
from features.sql import count, parquet, quoted
from features.warehouse.warehouse import Warehouse

_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One input table.

    row          what one row of it is
    capability   what the table switches on, or would
    rows         rows loaded; 0 where there are none
    latest       the last instant that its rows speak of, None for a table without instants
    loaded_at    the last load that brought it, None for none
    quarantined  reason -> rows in quarantine, most frequent first
    next_step    what to do next; empty where all is well
    """

    table: str
    row: str
    capability: str
    rows: int
    latest: datetime | None
    loaded_at: datetime | None
    quarantined: dict[str, int]
    next_step: str

    @property
    def is_on(self) -> bool:
        return self.rows > 0


def examine(settings: Settings) -> tuple[TableStatus, ...]:
    """The state of every input table, in the order of the contracts; all are off before the first load.

    Raises StateError where the warehouse is damaged.
    """
    warehouse = Warehouse.find(settings)
    with session(settings) as connection:
        return tuple(_status(connection, table, warehouse, settings.quarantine) for table in INPUTS)


@dataclass(frozen=True, slots=True)
class People:
    """How many customers the accounts and cards were resolved to; None: not yet for this warehouse."""

    subjects: int | None
    customers: int | None

    @property
    def sentence(self) -> str:
        if self.subjects is None:
            return "Customers are not resolved for what is loaded. Next: `omnishelf identity`."
        return f"{self.subjects:,} accounts and cards are {self.customers:,} customers; `omnishelf identity` says how."


def people(settings: Settings) -> People | None:
    """What is known of persons; None where no table speaks of them."""
    warehouse = Warehouse.find(settings)
    if warehouse is None or not has_identifiers(warehouse.folder / "inputs"):
        return None
    version = current(settings.identity, warehouse.digest)
    if version is None:
        return People(None, None)
    said = resolved(version)
    return People(said["subjects"], said["customers"])


def _status(connection: DuckDBPyConnection, table: Table, warehouse: Warehouse | None, quarantine: Path) -> TableStatus:
    path = warehouse.input(table.name) if warehouse else None
    present = path if path and path.is_file() else None
    rows = count(connection, parquet(present)) if present else 0
    bad = held_by_reason(quarantine / f"{table.name}.parquet")
    return TableStatus(
        table=table.name,
        row=table.row,
        capability=table.capability,
        rows=rows,
        latest=_latest(connection, table, present) if present else None,
        loaded_at=_loaded_at(table, warehouse) if warehouse else None,
        quarantined=bad,
        next_step=_next_step(table, rows, bad, quarantine) or _unmatched(connection, table, warehouse, rows),
    )


def _latest(connection: DuckDBPyConnection, table: Table, path: Path) -> datetime | None:
    instants = [f"max({quoted(column.name)})" for column in table.columns if column.kind is Kind.INSTANT]
    if not instants:
        return None
    found = connection.execute(f"SELECT greatest({', '.join(instants)}) FROM {parquet(path)}").fetchall()
    latest: datetime | None = found[0][0]
    return latest


def _loaded_at(table: Table, warehouse: Warehouse) -> datetime | None:
    loads = [
        load["loaded_at"]
        for load in warehouse.manifest["loads"]
        if any(one["table"] == table.name for one in load["tables"])
    ]
    return datetime.fromisoformat(loads[-1]) if loads else None


def _unmatched(connection: DuckDBPyConnection, table: Table, warehouse: Warehouse | None, rows: int) -> str:
    """What to do about returns whose purchases are not there; empty where there are none."""
    if table is not RETURNS or warehouse is None or not rows:
        return ""
    units = (f"(SELECT sum(units) FROM {parquet(path)})" for path in (warehouse.input(table.name), warehouse.returns))
    brought, matched = connection.execute(f"SELECT {', '.join(units)}").fetchall()[0]
    missing = brought - (matched or 0)
    if missing <= brought * _NEGLIGIBLE:
        return ""
    return (
        f"{missing:g} of {brought:g} returned units belong to no purchase that is loaded: load its order or receipt, "
        "or mend order_id, receipt_id, line and sku"
    )


def _next_step(table: Table, rows: int, bad: dict[str, int], quarantine: Path) -> str:
    if bad:
        return f"look at {quarantine / table.name}.parquet, mend the source, load it again"
    return "" if rows else f"add [{table.name}] to dataset.toml: {table.row}"
