"""Held: everything in the warehouse and the ledger that is one person's, as ids and as rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.columns import STORE, WEB
from features.contracts.inputs import INPUTS
from features.engine import session
from features.identity.customers import resolution
from features.identity.evidence import ACCOUNT, CARD, PAID_WITH
from features.identity.person import Person, find, subjects_named
from features.privacy.personal_rows import GONE, RULES, TOKEN, VISITOR, speaks_of
from features.privacy.suppression import Id, insert
from features.settings import Settings
from features.sql import count, literal, parquet, quoted
from features.warehouse.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Held:
    """What is one person's.

    ids     their accounts, cards, orders and receipts; payment tokens and visitors that nobody else was seen with
    names   ways to ask for them that lead to nobody else: subjects in full, without party, ids alone
    """

    person: Person
    ids: tuple[Id, ...]
    names: tuple[str, ...]


def held_of(settings: Settings, warehouse: Warehouse, name: str) -> Held:
    """What is held of the person with a name. Raises UserError where there is nobody, or more than one."""
    person = find(settings, warehouse, name)
    own = [_split(subject) for subject in person.subjects]
    with session(settings) as connection:
        connection.execute(f"CREATE TEMP TABLE gone ({GONE})").fetchall()
        insert(connection, own)
        ids = [*own, *_baskets(connection, warehouse)]
        ids += _tokens(connection, warehouse)
        ids += _visitors(connection, warehouse)
    return Held(person, tuple(sorted(ids)), tuple(_names(settings, warehouse, person)))


def _split(subject: str) -> Id:
    kind, party, identifier = subject.split(":", 2)
    return kind, party, identifier


def _input(warehouse: Warehouse, name: str) -> str | None:
    path = warehouse.input(name)
    return parquet(path) if path.is_file() else None


_SALES = (
    ("web_orders", "order_id", "account_id", ACCOUNT, WEB),
    ("till_receipts", "receipt_id", "loyalty_id", CARD, STORE),
)


def _hers(column: str, kind: str) -> str:
    return f"({literal(kind)}, party, {quoted(column)}) IN (SELECT (kind, party, id) FROM gone)"


def _baskets(connection: DuckDBPyConnection, warehouse: Warehouse) -> list[Id]:
    found: list[Id] = []
    for table, basket, holder, kind, channel in _SALES:
        if rows := _input(warehouse, table):
            query = f"SELECT DISTINCT {literal(channel)}, party, {basket} FROM {rows} WHERE {_hers(holder, kind)}"
            found += connection.execute(query).fetchall()
    return found


def _tokens(connection: DuckDBPyConnection, warehouse: Warehouse) -> list[Id]:
    """Payment tokens that were seen with the person, and with no account or card of anybody else."""
    sales = [(_input(warehouse, table), holder, kind) for table, _, holder, kind, _ in _SALES]
    stored = [
        (_input(warehouse, "payment_instruments"), *one) for one in (("account_id", ACCOUNT), ("loyalty_id", CARD))
    ]
    parts = [
        f"SELECT party, {PAID_WITH} AS token, {_hers(holder, kind)} AS is_hers FROM {rows} "
        f"WHERE {PAID_WITH} IS NOT NULL AND {quoted(holder)} IS NOT NULL"
        for rows, holder, kind in (*sales, *stored)
        if rows
    ]
    return _exclusive(connection, parts, TOKEN)


def _visitors(connection: DuckDBPyConnection, warehouse: Warehouse) -> list[Id]:
    """Visitors who were recognised as the person, and as nobody else."""
    rows = _input(warehouse, "events")
    if rows is None:
        return []
    parts = [
        f"SELECT party, visitor_id AS token, {_hers(holder, kind)} AS is_hers FROM {rows} "
        f"WHERE visitor_id IS NOT NULL AND {quoted(holder)} IS NOT NULL"
        for holder, kind in (("account_id", ACCOUNT), ("loyalty_id", CARD))
    ]
    return _exclusive(connection, parts, VISITOR)


def _exclusive(connection: DuckDBPyConnection, parts: list[str], kind: str) -> list[Id]:
    """One id a party: the parties that saw it with the person, where no party saw it with anybody else."""
    if not parts:
        return []
    seen = " UNION ALL ".join(parts)
    return connection.execute(
        f"SELECT {literal(kind)}, unnest(list_distinct(list(party))), token FROM ({seen}) "
        "GROUP BY token HAVING bool_and(is_hers)"
    ).fetchall()


def _names(settings: Settings, warehouse: Warehouse, person: Person) -> Iterator[str]:
    for subject in person.subjects:
        kind, _, identifier = _split(subject)
        yield subject
        for name in (f"{kind}:{identifier}", identifier):
            named = {subject for subject, _ in subjects_named(settings, warehouse, name)}
            if named <= set(person.subjects):
                yield name


@contextmanager
def looking_at(held: Held) -> Iterator[DuckDBPyConnection]:
    """A session with the table `gone` of everything that is theirs."""
    with session() as connection:
        connection.execute(f"CREATE TEMP TABLE gone ({GONE})").fetchall()
        insert(connection, held.ids)
        yield connection


def write_rows(settings: Settings, warehouse: Warehouse, held: Held, folder: Path) -> dict[str, int]:
    """Write the person's rows of every table to `folder` as CSV; return how many of each."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    with looking_at(held) as connection:
        for table in INPUTS:
            if table.name in RULES and (rows := _input(warehouse, table.name)):
                counts[table.name] = _copy(connection, f"{rows} WHERE {speaks_of(table, 'gone')}", folder / table.name)
        version = resolution(settings, warehouse)
        for name, columns in LEDGER.items() if version else ():
            is_hers = " OR ".join(f"{column} IN (SELECT unnest(?))" for column in columns)
            rows = f"{parquet(version / f'{name}.parquet')} WHERE {is_hers}"  # type: ignore[operator] # not None here
            counts[f"identity_{name}"] = _copy(
                connection, rows, folder / f"identity_{name}", [list(held.person.subjects)] * len(columns)
            )
    return {name: rows for name, rows in counts.items() if rows}


LEDGER = {
    "evidence": ("subject", "value"),
    "decisions": ("left_subject", "right_subject"),
    "links": ("left_subject", "right_subject"),
    "customers": ("subject",),
    "aliases": ("alias", "customer_id"),
    "payers": ("customer_id",),
    "paid_baskets": ("customer_id",),
}
"""The ledger's tables, and their columns that name subjects."""


def _copy(connection: DuckDBPyConnection, rows: str, path: Path, given: list[list[str]] | None = None) -> int:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE hers AS SELECT * FROM {rows}", given or []).fetchall()
    found = count(connection, "hers")
    if found:
        connection.execute(f"COPY hers TO {literal(path.with_suffix('.csv'))} (HEADER)").fetchall()
    return found
