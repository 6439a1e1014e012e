"""Evidence: an append-only table of what each account, card and payment token was seen to have.

One row says that one *subject* (an account, a card, a payment token of one party) had one identifier from an
instant on. Customers are derived from these rows and can be derived again; the rows themselves never change.
"""

from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.errors import StateError
from features.files import whole_file
from features.identity.entry import HASH_COLUMNS
from features.sql import count, literal, parquet, quoted, write_parquet

ACCOUNT = "account"
CARD = "card"

PAID_WITH = "payment_token"
"""Evidence of a payer, not of a person: it never joins two subjects."""

LINKED = "linked"
"""The type of a row whose value is another subject: a channel itself says that the two are one person."""

COLUMNS = {
    "evidence_id": "UBIGINT",  # a hash of the row, so that appending it again changes nothing
    "subject": "VARCHAR",  # kind:party:id
    "type": "VARCHAR",  # email, phone, …, or linked
    "value": "VARCHAR",  # keyed hash; of a row `linked`: the other subject
    "source": "VARCHAR",  # the table that it comes from
    "party": "VARCHAR",
    "consent": "VARCHAR",  # the consent to pool identities across parties; null: none was given
    "valid_from": "TIMESTAMP",  # when it was learned; null: before everything
    "valid_to": "TIMESTAMP",  # first instant at which it no longer held; null: it still does
    "method": "VARCHAR",  # declared, observed
    "score": "DOUBLE",  # 0 to 1: how sure the source is
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A table of subjects, and which of its columns is what.

    Hash columns are found by name (`email_hash`, …); those that the table lacks give no evidence.
    """

    source: str
    """Name of the contract table."""
    kind: str
    id_column: str
    valid_from: str | None = None
    valid_to: str | None = None
    consent: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    """(column, kind of subject) of ids of other subjects of the same party that are the same person."""
    method: str = "declared"


ORIGINS = (
    Origin("accounts", ACCOUNT, "account_id", "created_at", None, "consent_id", (("loyalty_id", CARD),)),
    Origin("loyalty_cards", CARD, "loyalty_id", "created_at", None, "consent_id", (("account_id", ACCOUNT),)),
    Origin("payment_instruments", ACCOUNT, "account_id", "created_at"),
    Origin("payment_instruments", CARD, "loyalty_id", "created_at"),
    Origin("web_orders", ACCOUNT, "account_id", "ordered_at", method="observed"),
    Origin("till_receipts", CARD, "loyalty_id", "sold_at", method="observed"),
)


def subject(kind: str, party: str, identifier: str) -> str:
    """The name of a subject, and of the customer that it founds."""
    return f"{kind}:{party}:{identifier}"


def subject_sql(kind: str, identifier: str, party: str = "party") -> str:
    return f"{literal(kind + ':')} || {party} || ':' || {identifier}"


def empty(connection: DuckDBPyConnection, table: str) -> None:
    """Make an empty table of evidence."""
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE OR REPLACE TABLE {quoted(table)} ({columns})").fetchall()


def gather(connection: DuckDBPyConnection, rows: str, origin: Origin, into: str) -> int:
    """Append the evidence of `rows`, as it stands after FROM, to the table `into`; return how many rows were new.

    `rows` has one row per id, as accounts and cards do. Of orders and receipts the first time counts at which a subject
    paid with a token.
    """
    before = count(connection, quoted(into))
    present = {name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    for name in HASH_COLUMNS:
        if name in present:
            _append(connection, rows, origin, present, (name.removesuffix("_hash"), quoted(name)), into)
    if PAID_WITH in present and origin.id_column in present:
        _append(connection, _first_paid(rows, origin, present), origin, present, (PAID_WITH, PAID_WITH), into)
    for column, kind in origin.links:
        if column in present:
            _append(connection, rows, origin, present, (LINKED, subject_sql(kind, quoted(column))), into)
    return count(connection, quoted(into)) - before


def _first_paid(rows: str, origin: Origin, present: set[str]) -> str:
    at = quoted(origin.valid_from) if origin.valid_from in present and origin.valid_from else "NULL::TIMESTAMP"
    named, identifier = quoted(origin.valid_from or "valid_from"), quoted(origin.id_column)
    return f"(SELECT party, {identifier}, {PAID_WITH}, min({at}) AS {named} FROM {rows} GROUP BY ALL)"


def _append(
    connection: DuckDBPyConnection, rows: str, origin: Origin, present: set[str], what: tuple[str, str], into: str
) -> None:
    """Insert one type of evidence, leaving out what is known already."""
    kind, value = what
    # only rows of the same type can be known already; on a first load there are none to compare with
    known = f"(SELECT evidence_id FROM {quoted(into)} WHERE type = {literal(kind)})"
    unknown = f"ANTI JOIN {known} AS known USING (evidence_id)" if count(connection, known) else ""

    def optional(column: str | None, sql_type: str) -> str:
        return quoted(column) if column in present and column else f"CAST(NULL AS {sql_type})"

    connection.execute(f"""
        INSERT INTO {quoted(into)} BY NAME
        WITH seen AS (
            SELECT {subject_sql(origin.kind, quoted(origin.id_column))} AS subject, {literal(kind)} AS type,
                {value} AS value, {literal(origin.source)} AS source, party,
                CAST({optional(origin.consent, "VARCHAR")} AS VARCHAR) AS consent,
                CAST({optional(origin.valid_from, "TIMESTAMP")} AS TIMESTAMP) AS valid_from,
                CAST({optional(origin.valid_to, "TIMESTAMP")} AS TIMESTAMP) AS valid_to,
                {literal(origin.method)} AS method, 1.0 AS score
            FROM {rows} WHERE {value} IS NOT NULL AND {quoted(origin.id_column)} IS NOT NULL
        ), named AS (SELECT {_ROW_ID} AS evidence_id, * FROM seen)
        SELECT * FROM named {unknown}
    """).fetchall()


_ROW_ID = (
    "md5_number_lower(concat_ws(chr(31), subject, type, value, source, coalesce(consent, ''), "
    "coalesce(CAST(valid_from AS VARCHAR), ''), coalesce(CAST(valid_to AS VARCHAR), ''), method))"
)


def load(connection: DuckDBPyConnection, path: Path, table: str) -> None:
    """The evidence of a file as a table; none where there is no file yet."""
    empty(connection, table)
    if not path.exists():
        return
    found = {name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()}
    if missing := set(COLUMNS) - found:
        raise StateError(
            f"{path.name}: column {min(missing)} is missing, so that these are not rows of evidence. "
            "Put the file back from a backup, or remove it and load accounts and loyalty_cards again."
        )
    connection.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT * FROM {parquet(path)}").fetchall()


def save(connection: DuckDBPyConnection, table: str, path: Path) -> None:
    """Write the evidence, whole or not at all."""
    rows = f"SELECT * FROM {quoted(table)} ORDER BY subject, type, value, evidence_id"
    with whole_file(path) as partial:
        write_parquet(connection, rows, partial)
