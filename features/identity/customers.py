"""Customers: who they are in a warehouse, now and as of a cutoff, and the purchases that may be learned from.

    identity/                                  the ledger (features/identity/ledger.py)
    identity/as_of/<cutoff>-<digest>-<n>/      what was known before a cutoff, made once for a version of the ledger:
        customers, aliases, payers, paid_baskets   as the ledger has them
        served.parquet                             customer_id, permits: who may be shown what they may like
        purchases.parquet                          the warehouse's, under the customers of that instant

Where a warehouse brings neither identifiers nor consents there is nothing of this, and purchases are what they are.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from features.clock import Cutoff
from features.contracts.inputs import ACCOUNTS, CONSENTS, LOYALTY_CARDS, PAYMENT_INSTRUMENTS, PURCHASE_INPUTS
from features.engine import session
from features.files import locked, whole_folder
from features.identity import ledger
from features.identity.attribution import attributed
from features.identity.evidence import PAID_WITH
from features.identity.permission import RECOMMENDATIONS, TRAINING, answers
from features.identity.resolve import Resolution
from features.settings import Settings
from features.sql import count, parquet, write_parquet
from features.warehouse.warehouse import Warehouse

LAYOUT = "1"
"""Part of every folder's name: raise it when what is made as of a cutoff comes out differently."""

_OF_PERSONS = (ACCOUNTS, LOYALTY_CARDS, PAYMENT_INSTRUMENTS)
_UNASKED = "SELECT NULL::VARCHAR AS party, NULL::VARCHAR AS subject, NULL::BOOLEAN AS permits WHERE FALSE"


def has_identifiers(inputs: Path) -> bool:
    """Whether input tables say anything of persons: accounts, cards, instruments, or payment tokens."""
    if any(_has_rows(inputs / f"{table.name}.parquet") for table in _OF_PERSONS):
        return True
    with session() as connection:
        return any(
            count(connection, f"(FROM {parquet(path)} WHERE {PAID_WITH} IS NOT NULL LIMIT 1)")
            for path in (inputs / f"{table.name}.parquet" for table in PURCHASE_INPUTS)
            if path.is_file()
        )


def has_consents(inputs: Path) -> bool:
    return _has_rows(inputs / f"{CONSENTS.name}.parquet")


def _has_rows(path: Path) -> bool:
    return path.is_file() and pq.read_metadata(path).num_rows > 0


def resolve_customers(settings: Settings, inputs: Path, digest: str, before: str | None) -> Resolution | None:
    """Write the ledger's version for the warehouse that is about to have this digest; None without identifiers.

    `before` is the digest of the warehouse that it follows, None where it follows none or starts anew.
    """
    if not has_identifiers(inputs):
        return None
    basis = ledger.Basis(digest, before)
    return ledger.update(settings.identity, inputs, memory_limit=settings.memory_limit, basis=basis)


def resolution(settings: Settings, warehouse: Warehouse) -> Path | None:
    """The ledger's version of a warehouse; None where the warehouse has no identifiers.

    Where it is missing (the folder was removed, or an older program loaded the warehouse) it is made now.
    """
    inputs = warehouse.folder / "inputs"
    if not has_identifiers(inputs):
        return None
    folder = settings.identity
    found = ledger.current(folder, warehouse.digest)
    if found is None:
        with locked(folder.with_name(folder.name + ".lock")):
            if ledger.current(folder, warehouse.digest) is None:
                resolve_customers(settings, inputs, warehouse.digest, None)
        found = ledger.current(folder, warehouse.digest)
    return found


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was known of customers before a cutoff.

    purchases    the Parquet file of purchases under their customers; those that nobody may learn from are anonymous
    folder       the tables of the module's docstring; None where the warehouse says nothing of persons
    has_consents whether recommendations need a permission
    """

    purchases: Path
    folder: Path | None = None
    has_consents: bool = False

    @property
    def served(self) -> Path | None:
        """The file of who may be shown what they may like (customer_id, permits); None where nobody was asked."""
        return self.folder / "served.parquet" if self.folder and self.has_consents else None


def customers_name(settings: Settings, warehouse: Warehouse) -> str:
    """A part of the names of what is made of the customers of a warehouse; empty where it says nothing of persons."""
    version = resolution(settings, warehouse)
    if version is None and not has_consents(warehouse.folder / "inputs"):
        return ""
    return f"{version.name if version else 0}-{LAYOUT}"


def customers_as_of(settings: Settings, warehouse: Warehouse, cutoff: Cutoff) -> AsOf:
    """Customers as of the cutoff: a link, a payer or a consent of a later instant does not reach back.

    Made once for a warehouse, a version of the ledger and a cutoff.
    """
    name = customers_name(settings, warehouse)
    if not name:
        return AsOf(warehouse.purchases)
    folder = settings.identity / "as_of" / f"{cutoff.slug}-{warehouse.digest[:12]}-{name}"
    if not folder.is_dir():
        with locked(folder.with_name(folder.name + ".lock")):
            if not folder.is_dir():  # another process may have made it while this one waited
                _make(settings, warehouse, resolution(settings, warehouse), cutoff, folder)
    return AsOf(folder / "purchases.parquet", folder, has_consents(warehouse.folder / "inputs"))


def _make(settings: Settings, warehouse: Warehouse, version: Path | None, cutoff: Cutoff, folder: Path) -> None:
    _sweep(settings, folder.parent)
    with whole_folder(folder) as partial:
        if version:
            inputs = warehouse.folder / "inputs"
            ledger.as_of(version, inputs, cutoff.at, partial, memory_limit=settings.memory_limit)
        with session(settings, partial / "spill") as connection:
            _write(connection, warehouse, cutoff, partial, is_resolved=version is not None)


def _sweep(settings: Settings, folder: Path) -> None:
    """Remove what belongs to warehouses that are gone."""
    digests = {path.name[:12] for path in settings.warehouse.iterdir()} if settings.warehouse.is_dir() else set()
    for path in folder.iterdir():
        if path.is_dir() and path.name.split("-")[-3] not in digests:
            shutil.rmtree(path, ignore_errors=True)


def _write(
    connection: DuckDBPyConnection, warehouse: Warehouse, cutoff: Cutoff, folder: Path, *, is_resolved: bool
) -> None:
    """Who may be shown something, and the purchases; the latter in the order of the contract."""
    consents = warehouse.folder / "inputs" / f"{CONSENTS.name}.parquet"
    is_asked = _has_rows(consents)
    customers = parquet(folder / "customers.parquet") if is_resolved else None
    for purpose in (RECOMMENDATIONS, TRAINING):
        said = answers(parquet(consents), purpose, cutoff.at) if is_asked else _UNASKED
        connection.execute(f"CREATE TABLE {purpose} AS {_under_customers(said, customers)}").fetchall()
    # A profile comes out of a training: without a permission for that there is none to recommend from.
    served = (
        "SELECT customer_id, bool_or(permits) AND NOT bool_or(NOT permits) AND bool_or(teaches.teaching IS NOT NULL) "
        f"AS permits FROM {RECOMMENDATIONS} LEFT JOIN (SELECT DISTINCT customer_id, TRUE AS teaching FROM {TRAINING} "
        "WHERE permits) AS teaches USING (customer_id) GROUP BY ALL ORDER BY 1"
    )
    write_parquet(connection, served, folder / "served.parquet")
    bought = attributed(
        parquet(warehouse.purchases),
        customers,
        parquet(folder / "paid_baskets.parquet") if is_resolved else None,
        f"(SELECT * FROM {TRAINING} WHERE permits)" if is_asked else None,
    )
    path = folder / "purchases.parquet"
    write_parquet(connection, f"SELECT * FROM ({bought}) ORDER BY bought_at, basket_id, line", path)


def _under_customers(said: str, customers: str | None) -> str:
    """Answers of subjects (party, subject, permits) with the customer that each is of."""
    if customers is None:  # ids are as the channels gave them: what stands after kind and party
        return f"SELECT *, substr(subject, length(party) + 2 + instr(subject, ':')) AS customer_id FROM ({said})"
    return (
        f"SELECT said.*, coalesce(known.customer_id, said.subject) AS customer_id FROM ({said}) AS said "
        f"LEFT JOIN {customers} AS known ON known.subject = said.subject"
    )
