"""What persons permit, as of an instant: which subjects permit a purpose, and which customers may be spoken to."""

from datetime import datetime

from duckdb import DuckDBPyConnection

from features.identity.evidence import ACCOUNT, CARD, subject_sql
from features.sql import instant, literal

POOLING = "pooling"
"""The purpose of joining what two parties know of one person."""

TRAINING = "training"
"""The purpose of learning from what a person buys."""

RECOMMENDATIONS = "recommendations"
"""The purpose of showing a person what they may like."""

_HOLDER = f"CASE holder WHEN 'account' THEN {subject_sql(ACCOUNT, 'id')} ELSE {subject_sql(CARD, 'id')} END"


def permitted(connection: DuckDBPyConnection, consents: str, purpose: str, at: datetime | None, into: str) -> None:
    """Make the table `into` (name): subjects with a standing consent, and the ids of those consents.

    `consents` names rows of the contract table. A consent stands from `granted_at` until `withdrawn_at`, and a purpose
    has no other: what was taken back before `at` is not used, not even for the time in which it stood.
    """
    standing = "withdrawn_at IS NULL"
    if at is not None:
        standing = f"granted_at < {instant(at)} AND (withdrawn_at IS NULL OR withdrawn_at >= {instant(at)})"
    connection.execute(f"""
        CREATE OR REPLACE TABLE {into} AS
        WITH standing AS (SELECT * FROM {consents} WHERE purpose = {literal(purpose)} AND {standing})
        SELECT {_HOLDER} AS name FROM standing
        UNION SELECT {consent_name("consent_id")} FROM standing WHERE consent_id IS NOT NULL
    """).fetchall()


def answers(consents: str, purpose: str, at: datetime) -> str:
    """A query (party, subject, permits): what each subject that was asked about a purpose before `at` says.

    It permits where a consent was granted before `at` and not taken back since, however late: who says no today is
    left out of a training as of last month, too.
    """
    return f"""
        SELECT party, {_HOLDER} AS subject, bool_or(withdrawn_at IS NULL) AS permits
        FROM {consents} WHERE purpose = {literal(purpose)} AND granted_at < {instant(at)} GROUP BY ALL
    """


def consent_name(identifier: str, party: str = "party") -> str:
    """SQL of the name that a consent id has beside those of subjects."""
    return f"'consent:' || {party} || ':' || {identifier}"
