"""Deterministic links: two subjects that share a strong identifier, or that a channel itself says are one."""

from datetime import datetime

from duckdb import DuckDBPyConnection

from features.identity.evidence import LINKED
from features.identity.limits import SHARED_BY_AT_MOST, STRONG
from features.identity.permission import POOLING, consent_name, permitted
from features.sql import instant, literal

LINK_COLUMNS = "left_node BIGINT, right_node BIGINT, type VARCHAR, method VARCHAR, score DOUBLE, valid_from TIMESTAMP"


def known_before(
    connection: DuckDBPyConnection,
    evidence: str,
    at: datetime | None,
    into: str,
    consents: str | None = None,
    *,
    count_shares: bool = True,
) -> None:
    """Make the table `into` (node, type, value UBIGINT, …): evidence learned before `at`, within the limits.

    Identities may be pooled where a consent of `consents` stands; without that table, where evidence names a consent.

    Also makes `nodes` (node BIGINT, subject, party, first_seen): every subject, the oldest first. Values that too many
    subjects share are left out, and stand in `too_common` (type, value, subjects). Where `evidence` is only a part,
    that table is to be taken as it is: `count_shares` is False.
    """
    is_pooled = "consent IS NOT NULL"
    if consents:
        permitted(connection, consents, POOLING, at, "poolable")
        pooled = "IN (SELECT name FROM poolable)"
        is_pooled = f"(subject {pooled} OR coalesce({consent_name('consent', 'rows.party')} {pooled}, FALSE))"
    learned = "TRUE" if at is None else f"(valid_from IS NULL OR valid_from < {instant(at)})"
    evidence = _with_links_across(connection, f"(SELECT * FROM {evidence} AS all_rows WHERE {learned})")
    connection.execute(f"""
        CREATE OR REPLACE TABLE nodes AS
        SELECT row_number() OVER (ORDER BY first_seen NULLS FIRST, subject) AS node, * FROM (
            SELECT subject, min(party) AS party,
                CASE WHEN count(*) = count(valid_from) THEN min(valid_from) END AS first_seen
            FROM (SELECT subject, party, valid_from FROM {evidence}
                  UNION ALL SELECT value, split_part(value, ':', 2), valid_from FROM {evidence}
                  WHERE type = {literal(LINKED)})
            GROUP BY subject)
    """).fetchall()
    connection.execute(f"""
        CREATE OR REPLACE TABLE known_all AS
        SELECT node, type, hash(value) AS value, CASE WHEN type = {literal(LINKED)} THEN value END AS other,
            nodes.party AS party, {is_pooled} AS is_pooled, valid_from, valid_to
        FROM {evidence} AS rows JOIN nodes USING (subject)
    """).fetchall()
    if count_shares:
        _too_common(connection)
    connection.execute(
        f"CREATE OR REPLACE TABLE {into} AS SELECT * FROM known_all ANTI JOIN too_common USING (type, value)"
    ).fetchall()
    connection.execute("DROP TABLE known_all").fetchall()


def _with_links_across(connection: DuckDBPyConnection, evidence: str) -> str:
    """The evidence in which a link to a card that its own party does not have leads to the party that has it.

    An online shop knows the card of a chain by the number that its customers entered. Where several parties have that
    number, the link stays with the declaring party, and leads nowhere.
    """
    identifier = "substr({0}, instr({0}, ':') + length(split_part({0}, ':', 2)) + 2)"
    connection.execute(f"""
        CREATE OR REPLACE TABLE across AS
        WITH subjects AS (SELECT DISTINCT subject FROM {evidence}),
        named AS (SELECT DISTINCT value FROM {evidence} WHERE type = {literal(LINKED)}),
        nowhere AS (SELECT value FROM named ANTI JOIN subjects ON subject = value)
        SELECT value AS named, min(subject) AS meant FROM nowhere JOIN subjects
        ON split_part(subject, ':', 1) = split_part(value, ':', 1)
            AND {identifier.format("subject")} = {identifier.format("value")}
        GROUP BY value HAVING count(*) = 1
    """).fetchall()
    return (
        f"(SELECT rows.* EXCLUDE (value), coalesce(meant, value) AS value FROM {evidence} AS rows "
        f"LEFT JOIN across ON type = {literal(LINKED)} AND value = named)"
    )


def _too_common(connection: DuckDBPyConnection) -> None:
    limits = ", ".join(f"({literal(kind)}, {most})" for kind, most in SHARED_BY_AT_MOST.items())
    connection.execute(f"""
        CREATE OR REPLACE TABLE too_common AS
        SELECT type, value, count(DISTINCT node) AS subjects FROM known_all
        JOIN (VALUES {limits}) AS most(type, most) USING (type)
        GROUP BY type, value, most HAVING count(DISTINCT node) > most
    """).fetchall()


def shared_links(connection: DuckDBPyConnection, known: str, into: str) -> None:
    """Insert into `into` (LINK_COLUMNS) each pair of subjects that shares a strong identifier at the same time.

    Subjects of different parties only where both gave their consent to it.
    """
    strong = ", ".join(literal(kind) for kind in STRONG)
    connection.execute(f"""
        INSERT INTO {into}
        SELECT l.node, r.node, l.type, 'shared', 1.0, min(greatest(l.valid_from, r.valid_from))
        FROM {known} AS l JOIN {known} AS r ON l.type = r.type AND l.value = r.value AND l.node < r.node
        WHERE l.type IN ({strong}) AND r.type IN ({strong}) AND {MAY_POOL}
          AND coalesce(l.valid_from < r.valid_to, TRUE) AND coalesce(r.valid_from < l.valid_to, TRUE)
        GROUP BY ALL
    """).fetchall()


def declared_links(connection: DuckDBPyConnection, known: str, into: str) -> None:
    """Insert into `into` the links that a channel declares: a loyalty card entered in an account.

    A card of another party only where both permit it; accounts of one party that name the same one belong together
    whether they do or not.
    """
    connection.execute(f"""
        INSERT INTO {into}
        SELECT least(l.node, r.node), greatest(l.node, r.node), {literal(LINKED)}, 'declared', 1.0, min(l.valid_from)
        FROM {known} AS l JOIN nodes AS r ON l.other = r.subject
        WHERE l.type = {literal(LINKED)} AND l.node <> r.node
          AND (l.party = r.party OR (l.is_pooled AND r.node IN (SELECT node FROM {known} WHERE is_pooled)))
        GROUP BY ALL
        UNION
        SELECT l.node, r.node, {literal(LINKED)}, 'declared', 1.0, min(greatest(l.valid_from, r.valid_from))
        FROM {known} AS l JOIN {known} AS r ON l.other = r.other AND l.node < r.node AND l.party = r.party
        JOIN nodes AS named ON named.subject = l.other AND named.party <> l.party
        GROUP BY ALL
    """).fetchall()


MAY_POOL = "(l.party = r.party OR (l.is_pooled AND r.is_pooled))"
"""Identities of two parties are pooled only where consent says so."""
