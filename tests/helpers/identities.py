"""Tiny sets of accounts and cards whose customers can be worked out by hand."""

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from features.identity.entry import RAW_COLUMNS, hash_identifiers
from features.identity.evidence import ACCOUNT, Origin, empty, gather
from features.identity.keyed_hash import KeyedHash
from features.identity.normalise import REGIONS

KEY = KeyedHash("a secret of a test")
ACCOUNTS = Origin("accounts", ACCOUNT, "account_id", "created_at", "closed_at", "consent_id", (("twin_id", ACCOUNT),))

Row = dict[str, object]


def named(letter: str) -> str:
    """The subject of an account of our own."""
    return f"account:own:{letter}"


def hashed(rows: Sequence[Row]) -> pa.Table:
    """Accounts as they are stored; a row without `party` is our own, one without `created_at` is from 2020."""
    columns: dict[str, pa.DataType] = {"account_id": pa.string(), "party": pa.string(), "consent_id": pa.string()}
    columns |= {"created_at": pa.timestamp("us"), "closed_at": pa.timestamp("us"), "twin_id": pa.string()}
    columns |= dict.fromkeys(RAW_COLUMNS, pa.string())
    filled = [{"party": "own", "created_at": datetime(2020, 1, 1), **row} for row in rows]
    table = pa.table({name: pa.array([row.get(name) for row in filled], kind) for name, kind in columns.items()})
    return hash_identifiers(table, KEY, REGIONS["US"])


def add(connection: DuckDBPyConnection, rows: Sequence[Row]) -> int:
    """Gather the evidence of some accounts; how many rows of it are new."""
    connection.register("accounts_in", hashed(rows))
    try:
        return gather(connection, "accounts_in", ACCOUNTS, "evidence")
    finally:
        connection.unregister("accounts_in")


def evidence_of(rows: Sequence[Row]) -> DuckDBPyConnection:
    """A connection with the table `evidence` of some accounts."""
    connection = duckdb.connect()
    empty(connection, "evidence")
    add(connection, rows)
    return connection


def groups(connection: DuckDBPyConnection) -> set[str]:
    """The customers, each as the letters of its accounts in order: {"ab", "c"}."""
    found: dict[str, list[str]] = {}
    for subject, customer in connection.execute("SELECT subject, customer_id FROM customers").fetchall():
        found.setdefault(customer, []).append(subject.rpartition(":")[2])
    return {"".join(sorted(members)) for members in found.values()}


def customer_of(connection: DuckDBPyConnection, letter: str) -> str:
    """The letter that the customer of an account is named for."""
    ((customer,),) = connection.execute(
        "SELECT customer_id FROM customers WHERE subject = ?", [named(letter)]
    ).fetchall()
    return str(customer).rpartition(":")[2]
