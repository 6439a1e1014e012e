"""Names of customers that stay: the oldest id survives a merge, and the others become its aliases.

A customer is named for a subject, its founder. So an id never has to be looked up to know whose it was first, and
a customer that is divided again gets back the name that it had before.
"""

from duckdb import DuckDBPyConnection


def name_customers(connection: DuckDBPyConnection, clusters: str) -> None:
    """Rewrite the rows of `customers` and `aliases` for the subjects in `nodes`; all other rows stay.

    Among the ids that members of a group bore before, the one issued first wins, then that of the oldest subject; a
    group whose members never bore an id of their own is named for its oldest member.
    """
    connection.execute(f"""
        CREATE OR REPLACE TABLE members AS
        SELECT subject, node, coalesce(root, node) AS root FROM nodes LEFT JOIN {clusters} USING (node)
    """).fetchall()
    connection.execute("""
        CREATE OR REPLACE TABLE bearers AS
        SELECT customer_id AS subject, min(issued) AS issued FROM customers GROUP BY customer_id
        UNION ALL BY NAME
        SELECT alias AS subject, issued FROM aliases ANTI JOIN customers ON aliases.alias = customers.customer_id
    """).fetchall()
    ((newest,),) = connection.execute("SELECT coalesce(max(issued), 0) + 1 FROM bearers").fetchall()
    connection.execute(f"""
        CREATE OR REPLACE TABLE renamed AS
        SELECT subject, first_value(subject) OVER founder AS customer_id,
            coalesce(first_value(issued) OVER founder, {newest}) AS issued
        FROM members LEFT JOIN bearers USING (subject)
        WINDOW founder AS (PARTITION BY root ORDER BY issued NULLS LAST, node
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    """).fetchall()
    _aliases(connection)
    connection.execute("DELETE FROM customers WHERE subject IN (SELECT subject FROM members)").fetchall()
    connection.execute("INSERT INTO customers BY NAME SELECT * FROM renamed ORDER BY subject").fetchall()
    for table in ("members", "bearers", "renamed"):
        connection.execute(f"DROP TABLE {table}").fetchall()


def _aliases(connection: DuckDBPyConnection) -> None:
    """An id that was ever issued and names no customer now leads to the customer that its founder belongs to."""
    connection.execute("""
        CREATE OR REPLACE TABLE led AS
        SELECT subject AS alias, renamed.customer_id, bearers.issued FROM renamed JOIN bearers USING (subject)
        WHERE renamed.customer_id <> subject
    """).fetchall()
    connection.execute("DELETE FROM aliases WHERE alias IN (SELECT subject FROM renamed)").fetchall()
    connection.execute("INSERT INTO aliases SELECT * FROM led ORDER BY alias").fetchall()
    connection.execute("DROP TABLE led").fetchall()
