"""Connected components, by Splink on DuckDB."""

import logging

from duckdb import DuckDBPyConnection

from features.sql import count


def components(connection: DuckDBPyConnection, edges: str, into: str) -> None:
    """Make the table `into` (node BIGINT, root BIGINT): a node and the least node it hangs with.

    `edges` names a table (left_node BIGINT, right_node BIGINT). Nodes without an edge are left out.
    """
    if not count(connection, edges):
        connection.execute(f"CREATE OR REPLACE TABLE {into} (node BIGINT, root BIGINT)").fetchall()
        return
    from splink.backends.duckdb import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    logging.getLogger("splink").setLevel(logging.ERROR)
    nodes = f"{into}_nodes"
    connection.execute(
        f"CREATE OR REPLACE TABLE {nodes} AS SELECT left_node AS node FROM {edges} UNION SELECT right_node FROM {edges}"
    ).fetchall()
    api = DuckDBAPI(connection)
    found = cluster_pairwise_predictions_at_threshold(
        nodes=api.register(nodes, table_name=f"{nodes}_in"),
        edges=api.register(edges, table_name=f"{into}_edges_in"),
        db_api=api,
        node_id_column_name="node",
        edge_id_column_name_left="left_node",
        edge_id_column_name_right="right_node",
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {into} AS "
        f"SELECT node, min(node) OVER (PARTITION BY cluster_id) AS root FROM {found.physical_name}"
    ).fetchall()
    found.drop_table_from_database_and_remove_from_cache()
    connection.execute(f"DROP TABLE {nodes}").fetchall()
