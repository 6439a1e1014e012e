"""Connected components on Spark are those on DuckDB."""

import random
from typing import Any

import duckdb
import pytest

from features.identity.components import components, components_on_spark

LINE = [(n, n + 1) for n in range(6)]
STAR = [(100, n) for n in range(101, 110)]
RNG = random.Random(3)
SCATTERED = [tuple(RNG.sample(range(1_000, 1_400), 2)) for _ in range(150)]


def on_duckdb(edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE edges (left_node BIGINT, right_node BIGINT)")
        connection.executemany("INSERT INTO edges VALUES (?, ?)", edges)
        components(connection, "edges", "found")
        return connection.execute("SELECT node, root FROM found ORDER BY node").fetchall()


@pytest.mark.timeout(600)  # Splink makes a few dozen small jobs, each with Spark's overhead
def test_the_components_are_those_of_duckdb(spark: Any) -> None:
    edges = LINE + STAR + SCATTERED
    found = components_on_spark(spark, spark.createDataFrame(edges, "left_node BIGINT, right_node BIGINT"))
    assert sorted((row.node, row.root) for row in found.collect()) == on_duckdb(edges)
