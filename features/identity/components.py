"""Connected components, by Splink: on DuckDB, where customers are resolved, and on Spark, for what outgrows it."""

import logging
from typing import TYPE_CHECKING, Any

from duckdb import DuckDBPyConnection

from features.sql import count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from splink.internals.database_api import DatabaseAPI
    from splink.internals.splink_dataframe import SplinkDataFrame

_ROOTS = "SELECT node, min(node) OVER (PARTITION BY cluster_id) AS root FROM {found}"


def components(connection: DuckDBPyConnection, edges: str, into: str) -> None:
    """Make the table `into` (node BIGINT, root BIGINT): a node and the least node it hangs with.

    `edges` names a table (left_node BIGINT, right_node BIGINT). Nodes without an edge are left out.
    """
    if not count(connection, edges):
        connection.execute(f"CREATE OR REPLACE TABLE {into} (node BIGINT, root BIGINT)").fetchall()
        return
    from splink.backends.duckdb import DuckDBAPI

    nodes = f"{into}_nodes"
    connection.execute(
        f"CREATE OR REPLACE TABLE {nodes} AS SELECT left_node AS node FROM {edges} UNION SELECT right_node FROM {edges}"
    ).fetchall()
    api = DuckDBAPI(connection)
    found = _clusters(
        api, api.register(nodes, table_name=f"{nodes}_in"), api.register(edges, table_name=f"{into}_edges_in")
    )
    connection.execute(f"CREATE OR REPLACE TABLE {into} AS {_ROOTS.format(found=found.physical_name)}").fetchall()
    found.drop_table_from_database_and_remove_from_cache()
    connection.execute(f"DROP TABLE {nodes}").fetchall()


def components_on_spark(session: "SparkSession", edges: "DataFrame") -> "DataFrame":
    """(node, root), as `components` makes them, of Spark's data frame (left_node, right_node) of whole numbers.

    The session needs a checkpoint folder: Splink writes the tables of its rounds there, as Parquet. Spark's own
    checkpoints keep what was inferred of columns, which grows fourfold a round.
    """
    from splink.backends.spark import SparkAPI

    left, right = edges.selectExpr("left_node AS node"), edges.selectExpr("right_node AS node")
    api = SparkAPI(  # type: ignore[no-untyped-call]  # its constructor has no annotations
        spark_session=session, break_lineage_method="parquet", register_udfs_automatically=False
    )
    found = _clusters(api, api.register(left.union(right).distinct()), api.register(edges))
    return session.sql(_ROOTS.format(found=found.physical_name))


def _clusters(api: "DatabaseAPI[Any]", nodes: "SplinkDataFrame", edges: "SplinkDataFrame") -> "SplinkDataFrame":
    """Splink's table (cluster_id, node) of the graph, on whichever engine the tables are registered."""
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    logging.getLogger("splink").setLevel(logging.ERROR)
    return cluster_pairwise_predictions_at_threshold(
        nodes=nodes,
        edges=edges,
        db_api=api,
        node_id_column_name="node",
        edge_id_column_name_left="left_node",
        edge_id_column_name_right="right_node",
    )
