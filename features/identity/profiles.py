"""One row per subject with its latest identifiers: what probabilities and vetoes are computed from."""

from duckdb import DuckDBPyConnection

from features.identity.entry import HASH_COLUMNS

FIELDS = tuple(column.removesuffix("_hash") for column in HASH_COLUMNS)


def profiles(connection: DuckDBPyConnection, known: str, into: str) -> None:
    """Make the table `into`: node, party, is_pooled, and a UBIGINT (null where not known) for each field.

    Where a subject has several values of one type, the latest learned counts.
    """
    latest = ", ".join(
        f"CAST(max(stamped) FILTER (type = '{field}') & 18446744073709551615 AS UBIGINT) AS {field}" for field in FIELDS
    )
    connection.execute(f"""
        CREATE OR REPLACE TABLE {into} AS
        SELECT node, any_value(party) AS party, bool_or(is_pooled) AS is_pooled, {latest} FROM (
            SELECT node, party, is_pooled, type,
                (CAST(coalesce(epoch_us(valid_from), -62135596800000000) + 62135596800000000 AS HUGEINT) << 64)
                + CAST(value AS HUGEINT) AS stamped
            FROM {known})
        GROUP BY node
    """).fetchall()
