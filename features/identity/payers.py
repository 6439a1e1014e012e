"""Payers: a payment token says who paid a receipt that shows no card. It never joins two subjects.

A customer has several tenders (a bank card, a wallet, a second card), and each leads back to them. A token that
several customers use leads to the one who nearly always uses it, or to nobody.
"""

from collections.abc import Mapping
from datetime import datetime

from duckdb import DuckDBPyConnection

from features.contracts.columns import STORE, WEB
from features.contracts.inputs import OWN_PARTY
from features.identity.evidence import ACCOUNT, CARD, PAID_WITH, subject_sql
from features.sql import instant, literal

LEAST_SHARE = 0.8
"""Of the baskets of a token whose customer is known, the share that one customer needs to be its payer."""

MOST_CUSTOMERS = 4
"""A token that more customers used pays for an office or a till."""

_SALES = {
    "web_orders": (WEB, "order_id", ACCOUNT, "account_id", "ordered_at"),
    "till_receipts": (STORE, "receipt_id", CARD, "loyalty_id", "sold_at"),
}


def token_baskets(connection: DuckDBPyConnection, tables: Mapping[str, str]) -> str:
    """A query of the rows that `payers` asks for: orders, receipts and stored instruments of `tables`.

    `tables` leads from the name of a contract table to how it stands after FROM. Baskets are named as in purchases.
    """
    parts = [
        (
            "SELECT NULL::VARCHAR AS party, NULL::VARCHAR AS basket_id, NULL::VARCHAR AS payment_token, "
            "NULL::VARCHAR AS subject, NULL::TIMESTAMP AS bought_at WHERE FALSE"
        )
    ]
    seller = f"CASE party WHEN {literal(OWN_PARTY)} THEN '' ELSE party || '/' END"
    for name, (channel, basket, kind, holder, at) in _SALES.items():
        if name in tables and _has(connection, tables[name], PAID_WITH):
            parts.append(
                f"SELECT DISTINCT party, {seller} || {literal(channel + ':')} || {basket}, payment_token, "
                f"{subject_sql(kind, holder)}, {at} FROM {tables[name]}"
            )
    if instruments := tables.get("payment_instruments"):
        parts += [
            f"SELECT party, NULL, payment_token, {subject_sql(kind, holder)}, created_at FROM {instruments} "
            f"WHERE {holder} IS NOT NULL"
            for kind, holder in ((ACCOUNT, "account_id"), (CARD, "loyalty_id"))
        ]
    return " UNION ALL ".join(parts)


def _has(connection: DuckDBPyConnection, rows: str, column: str) -> bool:
    columns = [name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    return column in columns


def payers(connection: DuckDBPyConnection, baskets: str, customers: str, into: str, at: datetime | None = None) -> None:
    """Make the table `into` (payment_token, party, customer_id, score, baskets): who pays with each token.

    `baskets` names (party, basket_id, payment_token, subject, bought_at): a row for each token of a basket, and one for
    each instrument stored in an account (its basket_id is null); `subject` is null where no card or account was shown.
    `score` is the share of the token's baskets with a known customer that are this customer's; only what happened
    before `at` counts.
    """
    seen = "TRUE" if at is None else f"(bought_at IS NULL OR bought_at < {instant(at)})"
    connection.execute(f"""
        CREATE OR REPLACE TABLE {into} AS
        WITH shown AS (
            SELECT DISTINCT party, payment_token, basket_id, coalesce(customer_id, subject) AS customer_id
            FROM {baskets} LEFT JOIN {customers} USING (subject)
            WHERE payment_token IS NOT NULL AND subject IS NOT NULL AND {seen}
        ), counted AS (
            SELECT party, payment_token, customer_id, count(*) AS baskets FROM shown GROUP BY ALL
        ), shares AS (
            SELECT *, baskets / sum(baskets) OVER token AS score, count(*) OVER token AS users FROM counted
            WINDOW token AS (PARTITION BY party, payment_token)
        )
        SELECT payment_token, party, customer_id, score, baskets FROM shares
        WHERE score >= {LEAST_SHARE} AND users <= {MOST_CUSTOMERS}
    """).fetchall()


def paid_baskets(connection: DuckDBPyConnection, baskets: str, payers: str, into: str) -> None:
    """Make the table `into` (party, basket_id, customer_id, score) of anonymous baskets whose payer is known.

    A basket paid with several tokens has a payer where those that lead to somebody all lead to the same; its score is
    that of the best of them.
    """
    connection.execute(f"""
        CREATE OR REPLACE TABLE {into} AS
        WITH anonymous AS (
            SELECT party, basket_id FROM {baskets} WHERE basket_id IS NOT NULL
            GROUP BY ALL HAVING count(subject) = 0
        )
        SELECT party, basket_id, min(customer_id) AS customer_id, max(score) AS score
        FROM anonymous JOIN {baskets} USING (party, basket_id) JOIN {payers} USING (party, payment_token)
        GROUP BY ALL HAVING count(DISTINCT customer_id) = 1
    """).fetchall()
