"""Resolve: which subjects are one customer, as far as it was known at an instant.

The order is the argument: strong identifiers and declared links first, then what Splink is sure of, then vetoes,
then connected components, then names that stay. Customers are a view: they can always be derived again.

Tables that stand in the connection afterwards:

- `links` (left_subject, right_subject, type, method, score, valid_from): every link that was found;
- `customers` (subject, customer_id, issued): every subject, also those that are alone; `issued` counts the
  resolutions at which ids were first given;
- `aliases` (alias, customer_id, issued): names that customers once had, and the customer who bears them now;
- `too_common` (type, value, subjects): identifiers that too many subjects share to say anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from features.identity.clusters import cluster
from features.identity.fuzzy import probable_links
from features.identity.limits import Options
from features.identity.names import name_customers
from features.identity.profiles import profiles
from features.identity.shared import LINK_COLUMNS, declared_links, known_before, shared_links
from features.sql import count, instant, literal

DECISION_COLUMNS = "left_subject VARCHAR, right_subject VARCHAR, verdict VARCHAR, decided_at TIMESTAMP, reason VARCHAR"
"""Append-only: what someone decided about two subjects; the latest verdict counts."""

APART = "apart"
"""The tombstone of every link between two subjects, and a veto: they never merge by themselves again."""
TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a resolution found."""

    subjects: int
    customers: int
    links: dict[str, int]
    """How many links each type of evidence gave."""
    too_common: int
    divided: int
    """Components that vetoes divided."""


def prepare(connection: DuckDBPyConnection) -> None:
    """Make the tables that a first resolution starts from, where they are not there yet."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS decisions ({DECISION_COLUMNS})").fetchall()
    connection.execute(
        "CREATE TABLE IF NOT EXISTS customers (subject VARCHAR, customer_id VARCHAR, issued BIGINT)"
    ).fetchall()
    connection.execute(
        "CREATE TABLE IF NOT EXISTS aliases (alias VARCHAR, customer_id VARCHAR, issued BIGINT)"
    ).fetchall()


def resolve(
    connection: DuckDBPyConnection,
    evidence: str,
    at: datetime | None = None,
    options: Options | None = None,
    consents: str | None = None,
) -> Resolution:
    """Derive every customer from the evidence learned before `at` (None: all of it).

    `consents` names rows of the contract table; where it is given, parties are pooled only under a consent that stands.
    `connection` is this resolution's own. Tables `decisions`, `customers` and `aliases` of an earlier one, where they
    stand in it, are heeded: decisions always, and the names of customers so that they stay.
    """
    prepare(connection)
    chosen = options or Options()
    known_before(connection, evidence, at, "known", consents)
    profiles(connection, "known", "profiles")
    connection.execute(f"CREATE OR REPLACE TABLE node_links ({LINK_COLUMNS})").fetchall()
    declared_links(connection, "known", "node_links")
    shared_links(connection, "known", "node_links")
    if chosen.is_fuzzy:
        probable_links(connection, "profiles", "node_links", chosen)
    connection.execute("DROP TABLE known").fetchall()
    _decisions(connection, at)
    connection.execute("""
        CREATE OR REPLACE TABLE links AS
        SELECT l.subject AS left_subject, r.subject AS right_subject, type, method, score, valid_from
        FROM node_links JOIN nodes AS l ON l.node = left_node JOIN nodes AS r ON r.node = right_node
    """).fetchall()
    divided = cluster(connection, "node_links", "profiles", "apart", "clusters")
    name_customers(connection, "clusters")
    for table, column in (("customers", "subject"), ("aliases", "alias")):
        connection.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT subject FROM nodes)").fetchall()
    return _resolution(connection, divided)


def unmerge(
    connection: DuckDBPyConnection, evidence: str, pair: tuple[str, str], at: datetime, reason: str
) -> tuple[str, ...]:
    """Undo a merge: put a tombstone on the links of two subjects and derive again the customers that it touches.

    Everyone else's row stays as it is. The tables are those that `resolve` left. Gives the subjects whose customer
    was derived again.
    """
    left, right = sorted(pair)
    connection.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?)", [left, right, APART, at, reason]).fetchall()
    touched = tuple(
        subject
        for (subject,) in connection.execute(
            "SELECT subject FROM customers WHERE customer_id IN "
            "(SELECT customer_id FROM customers WHERE subject IN (?, ?)) ORDER BY subject",
            [left, right],
        ).fetchall()
    )
    _again(connection, evidence, touched)
    return touched


def _again(connection: DuckDBPyConnection, evidence: str, touched: Sequence[str]) -> None:
    """Cluster the touched subjects anew from the links that were found before."""
    connection.execute("CREATE OR REPLACE TABLE touched AS SELECT unnest(?) AS subject", [list(touched)]).fetchall()
    part = f"(SELECT * FROM {evidence} SEMI JOIN touched USING (subject))"
    known_before(connection, part, None, "known", count_shares=False)
    profiles(connection, "known", "profiles")
    connection.execute("""
        CREATE OR REPLACE TABLE node_links AS
        SELECT l.node AS left_node, r.node AS right_node, type, method, score, valid_from
        FROM links JOIN nodes AS l ON l.subject = left_subject JOIN nodes AS r ON r.subject = right_subject
    """).fetchall()
    _decisions(connection, None)
    cluster(connection, "node_links", "profiles", "apart", "clusters")
    name_customers(connection, "clusters")


def _decisions(connection: DuckDBPyConnection, at: datetime | None) -> None:
    """Make `apart` (left_node, right_node), and links of the pairs that someone decided are one person."""
    made = "TRUE" if at is None else f"decided_at < {instant(at)}"
    connection.execute(f"""
        CREATE OR REPLACE TABLE verdicts AS
        SELECT least(l.node, r.node) AS left_node, greatest(l.node, r.node) AS right_node,
            arg_max(verdict, decided_at) AS verdict, max(decided_at) AS decided_at
        FROM decisions JOIN nodes AS l ON l.subject = left_subject JOIN nodes AS r ON r.subject = right_subject
        WHERE {made} AND l.node <> r.node GROUP BY ALL
    """).fetchall()
    connection.execute(
        f"CREATE OR REPLACE TABLE apart AS SELECT left_node, right_node FROM verdicts WHERE verdict = {literal(APART)}"
    ).fetchall()
    connection.execute(
        "INSERT INTO node_links SELECT left_node, right_node, 'decision', 'decided', 1.0, decided_at "
        f"FROM verdicts WHERE verdict = {literal(TOGETHER)}"
    ).fetchall()


def _resolution(connection: DuckDBPyConnection, divided: int) -> Resolution:
    ((subjects, customers),) = connection.execute(
        "SELECT count(*), count(DISTINCT customer_id) FROM customers"
    ).fetchall()
    by_type = connection.execute("SELECT type, count(*) FROM links GROUP BY type ORDER BY type").fetchall()
    return Resolution(subjects, customers, dict(by_type), count(connection, "too_common"), divided)
