"""Only features opens history: training and serving get it from a `Past`, and open no table of the warehouse."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_THE_WAREHOUSE = {"purchases", "skus", "stores", "promotions", "returns", "table", "input"}
READERS = {"read_table", "read_parquet", "ParquetFile"}
ALLOWED = {
    ("training/recommendations/describe.py", "warehouse.table"): "names the files for MLflow's record of data sets",
    ("training/recommendations/record.py", "read_parquet"): "reads its own tables",
    ("training/recommendations/profiles.py", "read_table"): "reads its own tables",
    ("training/recommendations/bulk.py", "ParquetFile"): "reads a file that names customers",
    ("training/assortments/report/tables.py", "read_parquet"): "reads its own tables",
    ("training/privacy/scrub.py", "read_table"): "takes persons out of what was made",
    ("training/cli/main.py", "ParquetFile"): "counts the rows of a snapshot",
}


def doors(tree: ast.AST) -> Iterator[str]:
    """What opens a table: an engine, a reader of Parquet, the path of a table of the warehouse or of purchases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "features.sql" and "parquet" in names:
                yield "features.sql.parquet"
            if node.module in {"duckdb", "pyarrow.parquet"}:
                yield from names & {"connect", *READERS}
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner.lower().endswith("warehouse") or owner.endswith(("Warehouse.open(settings)", "Warehouse.open()")):
                yield from (f"warehouse.{name}" for name in {node.attr} & OF_THE_WAREHOUSE)
            elif node.attr == "purchases" or node.attr in READERS or (owner, node.attr) == ("duckdb", "connect"):
                yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "read_parquet(" in node.value:
            yield "read_parquet"


def opened() -> set[tuple[str, str]]:
    return {
        (path.relative_to(ROOT).as_posix(), door)
        for package in ("training", "serving")
        for path in (ROOT / package).rglob("*.py")
        for door in doors(ast.parse(path.read_text(encoding="utf-8")))
    }


def test_nobody_but_features_opens_history() -> None:
    assert opened() - ALLOWED.keys() == set()


def test_what_is_allowed_is_done() -> None:
    assert ALLOWED.keys() - opened() == set()


def test_doors_are_seen() -> None:
    source = """
from features.sql import literal, parquet
from pyarrow.parquet import read_table
duckdb.connect()
pq.read_table(path)
run.warehouse.table("skus")
warehouse.purchases
customers_as_of(settings, warehouse, cutoff).purchases
connection.execute("FROM read_parquet('a')")
problem.skus, seen.stores, warehouse.digest
"""
    assert sorted(doors(ast.parse(source))) == [
        "connect", "features.sql.parquet", "purchases", "read_parquet", "read_table", "read_table",
        "warehouse.purchases", "warehouse.table",
    ]  # fmt: skip
