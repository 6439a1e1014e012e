"""The resolution of a warehouse as a person looks at it, and the decision that undoes a merge."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from features.engine import session
from features.errors import StateError, UserError
from features.identity import ledger
from features.identity.customers import resolution
from features.identity.person import subject_named
from features.settings import Settings
from features.sql import count, literal, parquet
from features.warehouse.warehouse import Warehouse, only_load


@dataclass(frozen=True, slots=True)
class Described:
    """What a version of the ledger holds.

    links       type of evidence -> links that it gave
    sizes       accounts and cards -> customers that have so many, rising
    too_common  identifiers that too many accounts and cards share
    divided     groups that a veto divided
    """

    version: int
    subjects: int
    customers: int
    links: dict[str, int]
    sizes: dict[int, int]
    too_common: int
    divided: int
    payers: int
    paid_baskets: int


@dataclass(frozen=True, slots=True)
class Separated:
    """The customers that were derived again -> their accounts and cards."""

    customers: dict[str, list[str]]

    def __len__(self) -> int:
        return sum(len(members) for members in self.customers.values())


def describe(settings: Settings) -> Described:
    """The resolution of the warehouse that counts. Raises StateError where no table speaks of persons."""
    version = _needed(settings, Warehouse.open(settings))
    said = ledger.resolved(version)
    with session(settings) as connection:
        sizes = connection.execute(
            "SELECT size, count(*) FROM (SELECT count(*) AS size FROM "
            f"{parquet(version / 'customers.parquet')} GROUP BY customer_id) GROUP BY size ORDER BY size"
        ).fetchall()
        payers, paid = (count(connection, parquet(version / f"{name}.parquet")) for name in ("payers", "paid_baskets"))
    return Described(
        version=int(version.name),
        subjects=said["subjects"],
        customers=said["customers"],
        links=said["links"],
        sizes={int(size): int(customers) for size, customers in sizes},
        too_common=said["too_common"],
        divided=said["divided"],
        payers=payers,
        paid_baskets=paid,
    )


def separate(settings: Settings, left: str, right: str, at: datetime, reason: str) -> Separated:
    """Put a tombstone between two accounts or cards, found by any of their names, and derive their customer again.

    Raises UserError where one is unknown or ambiguous, where both are the same, or are two customers already;
    StateError where no table speaks of persons or a load is running.
    """
    if not reason.strip():
        raise UserError(
            "The reason is empty; it is what somebody will want to know in a year. Next: say it in --reason."
        )
    with only_load(settings):
        warehouse = Warehouse.open(settings)
        version = _needed(settings, warehouse)
        pair = (subject_named(settings, warehouse, left), subject_named(settings, warehouse, right))
        if pair[0] == pair[1]:
            raise UserError(f"{left!r} and {right!r} are the same account or card. Next: name two.")
        when = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
        folder = settings.identity
        touched = ledger.separate(folder, pair, when, reason, settings.memory_limit, warehouse.digest)
        version = ledger.current(folder, warehouse.digest) or version
    return Separated(_members(version, touched))


def _needed(settings: Settings, warehouse: Warehouse) -> Path:
    version = resolution(settings, warehouse)
    if version is None:
        raise StateError(
            "Nothing that was loaded speaks of persons, so every account and every card is a customer of its own. "
            "Next: bring accounts, loyalty_cards or payment_instruments, or payment_token in orders and receipts."
        )
    return version


def _members(version: Path, touched: tuple[str, ...]) -> dict[str, list[str]]:
    names = ", ".join(literal(name) for name in touched)
    with session() as connection:
        rows = connection.execute(
            f"SELECT customer_id, list(subject ORDER BY subject) FROM {parquet(version / 'customers.parquet')} "
            f"WHERE subject IN ({names}) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return {str(customer): list(members) for customer, members in rows}
