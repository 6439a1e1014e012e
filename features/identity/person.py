"""A person: the accounts and cards that one customer is, found by any of their names.

A name is a customer's id, a former id, or an account or a loyalty card, written kind:party:id, kind:id or id.
"""

from dataclasses import dataclass

from features.engine import session
from features.errors import UserError
from features.identity.attribution import SHOWN
from features.identity.customers import resolution
from features.settings import Settings
from features.sql import literal, parquet
from features.warehouse.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Person:
    """One customer.

    customer_id  as answers name them; where customers are not resolved, the id that the channels gave
    subjects     their accounts and cards, kind:party:id, sorted
    """

    customer_id: str
    subjects: tuple[str, ...]


def find(settings: Settings, warehouse: Warehouse, name: str) -> Person:
    """The person with a name. Raises UserError where there is nobody, or more than one."""
    rows = subjects_named(settings, warehouse, name)
    customers = sorted({customer for _, customer in rows})
    if not rows:
        raise UserError(
            f"No account, card or customer is named {name!r}. Next: write it as it was loaded, as id, kind:id or "
            "kind:party:id, where kind is account or card, such as card:own:2337."
        )
    if len(customers) > 1:
        subjects = ", ".join(subject for subject, _ in rows[:5])
        raise UserError(
            f"{name!r} is a name of {len(customers)} customers: {subjects}. Next: write one of them in full."
        )
    return Person(customers[0], tuple(sorted(_all_of(settings, warehouse, customers[0]))))


def subject_named(settings: Settings, warehouse: Warehouse, name: str) -> str:
    """The one account or card with a name, in full. Raises UserError where there is none, or more than one."""
    named = [subject for subject, _ in subjects_named(settings, warehouse, name)]
    if len(named) > 1:
        raise UserError(f"{name!r} is the name of {', '.join(named[:5])}. Next: write one of them in full.")
    return named[0] if named else find(settings, warehouse, name).customer_id


def subjects_named(settings: Settings, warehouse: Warehouse, name: str) -> list[tuple[str, str]]:
    """(subject, customer) of every account and card that a name may mean, sorted; a full name means one."""
    spelled = "(subject, kind || ':' || id, id)"
    with session(settings) as connection:
        found = connection.execute(
            f"SELECT subject, customer_id FROM ({_everybody(settings, warehouse)}) WHERE {literal(name)} IN {spelled} "
            f"ORDER BY subject <> {literal(name)}, subject"
        ).fetchall()
    rows = [(str(subject), str(customer)) for subject, customer in found]
    return rows[:1] if rows and rows[0][0] == name else rows


def _all_of(settings: Settings, warehouse: Warehouse, customer_id: str) -> list[str]:
    with session(settings) as connection:
        found = connection.execute(
            f"SELECT subject FROM ({_everybody(settings, warehouse)}) WHERE customer_id = {literal(customer_id)}"
        ).fetchall()
    return [str(subject) for (subject,) in found]


def _everybody(settings: Settings, warehouse: Warehouse) -> str:
    """A query (subject, kind, id, customer_id) of all accounts and cards, also those without evidence."""
    version = resolution(settings, warehouse)
    bought = f"SELECT DISTINCT {SHOWN} AS subject, customer_id AS id FROM {parquet(warehouse.purchases)}"
    if version is None:
        return (
            "SELECT subject, split_part(subject, ':', 1) AS kind, id, id AS customer_id "
            f"FROM ({bought}) WHERE subject IS NOT NULL"
        )
    known = parquet(version / "customers.parquet")
    every = f"SELECT subject FROM ({bought}) WHERE subject IS NOT NULL UNION SELECT subject FROM {known}"
    identifier = "substr(subject, instr(subject, ':') + 1)"
    return (
        "SELECT every.subject, split_part(every.subject, ':', 1) AS kind, "
        f"substr({identifier.replace('subject', 'every.subject')}, "
        f"instr({identifier.replace('subject', 'every.subject')}, ':') + 1) AS id, "
        f"coalesce(known.customer_id, every.subject) AS customer_id FROM ({every}) AS every "
        f"LEFT JOIN {known} AS known ON known.subject = every.subject"
    )
