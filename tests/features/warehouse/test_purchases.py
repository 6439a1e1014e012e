"""The one history: lines of both channels, numbered, worked by hand; the expressions compile for Spark."""

from datetime import datetime

import duckdb
import ibis
import pytest

from features.contracts.inputs import TILL_RECEIPTS, WEB_ORDERS
from features.contracts.table import Table
from features.warehouse.assemble import ibis_table
from features.warehouse.purchases import purchases
from tests.helpers.spark import spark_sql

MAY = datetime(2025, 5, 1)


def history(orders: list[dict[str, object]], receipts: list[dict[str, object]]) -> list[dict[str, object]]:
    """The purchases of some lines, most of whose columns do not matter."""
    with duckdb.connect() as connection:
        for table, given in ((WEB_ORDERS, orders), (TILL_RECEIPTS, receipts)):
            _create(connection, table, given)
        query = purchases(ibis_table(WEB_ORDERS) if orders else None, ibis_table(TILL_RECEIPTS) if receipts else None)
        found = connection.execute(ibis.to_sql(query, dialect="duckdb"))
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _create(connection: duckdb.DuckDBPyConnection, table: Table, given: list[dict[str, object]]) -> None:
    columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    connection.execute(f"CREATE TABLE {table.name} ({columns})").fetchall()
    for row in given:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(row.values())).fetchall()


def order(order_id: str = "1", line: int | None = 1, sku: str = "milk", **more: object) -> dict[str, object]:
    key = str(line) if line else f"{sku}#1"
    return {"party": "own", "order_id": order_id, "line": line, "line_key": key, "sku": sku, "ordered_at": MAY} | more


def receipt(receipt_id: str = "1", line: int | None = 1, sku: str = "milk", **more: object) -> dict[str, object]:
    key = str(line) if line else f"{sku}#1"
    return {"party": "own", "receipt_id": receipt_id, "line": line, "line_key": key, "sku": sku, "sold_at": MAY} | more


def test_an_order_and_a_receipt_of_one_number_are_two_baskets() -> None:
    lines = history([order(account_id="c1", paid=3)], [receipt(loyalty_id="c1", store_id="s1", paid=4)])
    assert [(row["basket_id"], row["channel"], row["store_id"], row["customer_id"]) for row in lines] == [
        ("store:1", "store", "s1", "c1"),
        ("web:1", "web", None, "c1"),
    ]


def test_orders_of_two_sellers_are_two_baskets() -> None:
    lines = history([order(), order(party="rival")], [])
    assert [(row["basket_id"], row["party"]) for row in lines] == [("rival/web:1", "rival"), ("web:1", "own")]


def test_a_line_without_customer_is_anonymous() -> None:
    assert [row["customer_id"] for row in history([], [receipt()])] == [None]


def test_numbers_of_lines_stay_and_missing_ones_follow() -> None:
    lines = history([], [receipt(line=None, sku=sku) for sku in ("tea", "ale")] + [receipt(line=5, sku="milk")])
    assert [(row["line"], row["sku"]) for row in lines] == [(5, "milk"), (6, "ale"), (7, "tea")]


def test_lines_of_a_basket_without_numbers_count_from_one() -> None:
    lines = history([], [receipt("1", None, "tea"), receipt("1", None, "ale"), receipt("2", None, "tea")])
    assert [(row["basket_id"], row["line"], row["sku"]) for row in lines] == [
        ("store:1", 1, "ale"),
        ("store:1", 2, "tea"),
        ("store:2", 1, "tea"),
    ]


def test_purchases_are_sorted_by_instant_basket_and_line() -> None:
    earlier = MAY.replace(year=2024)
    lines = history([order("9", 1)], [receipt("2", 2), receipt("2", 1), receipt("3", 1, sold_at=earlier)])
    assert [(row["basket_id"], row["line"]) for row in lines] == [
        ("store:3", 1),
        ("store:2", 1),
        ("store:2", 2),
        ("web:9", 1),
    ]


def test_without_any_purchase_table_there_is_no_history() -> None:
    with pytest.raises(ValueError, match="web_orders or till_receipts"):
        purchases(None, None)


def test_the_history_compiles_for_spark() -> None:
    assert "UNION ALL" in spark_sql(purchases(ibis_table(WEB_ORDERS), ibis_table(TILL_RECEIPTS)))
