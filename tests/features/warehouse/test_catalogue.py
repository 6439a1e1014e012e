"""SKUs and stores: described ones completed with those that only purchases know."""

import duckdb
import ibis
import pytest

from features.contracts.inputs import SKUS, STORES
from features.contracts.outputs import PURCHASES
from features.warehouse.assemble import ibis_table
from features.warehouse.catalogue import complete_skus, complete_stores
from tests.helpers.spark import spark_sql


def answer(query: ibis.Table, described: str, bought: str) -> list[tuple[object, ...]]:
    """Rows of the query over tables given as SQL."""
    name = "stores" if "store_id" in described else "skus"
    columns = {one.name: one.sql_type for one in (SKUS if name == "skus" else STORES).columns}
    with duckdb.connect() as connection:
        for table, types, rows in ((name, columns, described), ("purchases", _purchase_types(), bought)):
            declared = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
            connection.execute(f"CREATE TABLE {table} ({declared})").fetchall()
            connection.execute(f"INSERT INTO {table} BY NAME {rows}").fetchall()
        return connection.execute(ibis.to_sql(query, dialect="duckdb")).fetchall()


def _purchase_types() -> dict[str, str]:
    return {column.name: column.sql_type for column in PURCHASES.columns}


@pytest.mark.parametrize(
    ("path", "levels"),
    [
        ("Dairy > Milk > Whole", ("Dairy", "Milk", "Whole")),
        ("Dairy > Milk > Whole > Organic", ("Dairy", "Milk", "Organic")),
        ("Dairy > Milk", ("Dairy", "Milk", "Milk")),
        ("Dairy", ("Dairy", "Dairy", "Dairy")),
        (None, (None, None, None)),
    ],
)
def test_levels_of_a_category_path(path: str | None, levels: tuple[str | None, ...]) -> None:
    value = f"'{path}'" if path else "NULL"
    query = complete_skus(ibis_table(SKUS), ibis_table(PURCHASES)).select("department", "category", "subcategory")
    described = f"SELECT 'own' AS party, 'milk' AS sku, {value} AS category_path"
    assert answer(query, described, "SELECT 'milk' AS sku") == [levels]


def test_every_sku_bought_or_described_is_there_once_with_a_name() -> None:
    query = complete_skus(ibis_table(SKUS), ibis_table(PURCHASES)).select("sku", "name", "brand")
    described = """SELECT * FROM (VALUES ('own', 'milk', 'Whole milk', 'Brook'), ('own', 'tea', NULL, 'Acorn'))
                   t(party, sku, name, brand)"""
    bought = "SELECT unnest(['milk', 'milk', 'ale']) AS sku"
    assert answer(query, described, bought) == [
        ("ale", "ale", None),
        ("milk", "Whole milk", "Brook"),
        ("tea", "tea", "Acorn"),
    ]


def test_of_two_sellers_descriptions_one_is_taken() -> None:
    query = complete_skus(ibis_table(SKUS), ibis_table(PURCHASES)).select("sku", "name")
    described = "SELECT unnest(['any', 'own']) AS party, 'milk' AS sku, unnest(['Their milk', 'Our milk']) AS name"
    assert answer(query, described, "SELECT 'milk' AS sku") == [("milk", "Our milk")]


def test_every_store_seen_or_described_is_there_once() -> None:
    query = complete_stores(ibis_table(STORES), ibis_table(PURCHASES)).select("store_id", "name", "lat")
    described = "SELECT 'own' AS party, 's1' AS store_id, 'First' AS name, 31.2 AS lat"
    bought = "SELECT 'milk' AS sku, unnest(['s2', 's2', NULL]) AS store_id"
    assert answer(query, described, bought) == [("s1", "First", 31.2), ("s2", None, None)]


def test_the_catalogue_compiles_for_spark() -> None:
    bought = ibis_table(PURCHASES)
    for query in (complete_skus(ibis_table(SKUS), bought), complete_stores(ibis_table(STORES), bought)):
        assert "FULL OUTER JOIN" in spark_sql(query)
