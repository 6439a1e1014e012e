"""Returned lines: what came back of which purchased line, worked by hand; and purchases less what came back."""

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import ibis
import pytest

from features.clock import Cutoff
from features.contracts.inputs import RETURNS
from features.contracts.outputs import PURCHASES
from features.contracts.outputs import RETURNS as RETURNED
from features.contracts.table import Table
from features.known import kept_before
from features.sql import quoted
from features.warehouse.assemble import ibis_table
from features.warehouse.returned import returned_lines
from tests.helpers.spark import spark_sql

BOUGHT = datetime(2025, 5, 1, 12)
Row = dict[str, object]


def bought(basket: str = "web:1", line: int = 1, sku: str = "milk", units: float = 2, paid: float | None = 5) -> Row:
    return {
        "customer_id": "ann", "basket_id": basket, "line": line, "channel": "web" if "web:" in basket else "store",
        "sku": sku, "bought_at": BOUGHT, "units": units, "paid": paid, "party": "own",
    }  # fmt: skip


def back(days: float = 1, units: float = 1, **more: object) -> Row:
    some: Row = {"party": "own", "order_id": "1", "sku": "milk", "units": units}
    some["line_key"] = str(more.get("line", "milk#1"))
    return some | {"returned_at": BOUGHT + timedelta(days=days)} | more


def filled(connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: list[Row]) -> None:
    columns = ", ".join(f"{quoted(column.name)} {column.sql_type}" for column in table.columns)
    connection.execute(f"CREATE TABLE {name} ({columns})").fetchall()
    for row in rows:
        named, marks = ", ".join(map(quoted, row)), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {name} ({named}) VALUES ({marks})", list(row.values())).fetchall()


def came_back(purchases: list[Row], returns: list[Row]) -> list[tuple[object, ...]]:
    """(basket, line, days after the purchase, units, paid) of the returned lines."""
    with duckdb.connect() as connection:
        filled(connection, "purchases", PURCHASES, purchases)
        filled(connection, "returns", RETURNS, returns)
        query = ibis.to_sql(returned_lines(ibis_table(RETURNS), ibis_table(PURCHASES)), dialect="duckdb")
        chosen = "basket_id, line, date_diff('day', bought_at, returned_at), units, paid"
        return connection.execute(f"SELECT {chosen} FROM ({query})").fetchall()


def test_a_return_of_a_line_takes_its_share_of_what_the_line_cost() -> None:
    assert came_back([bought(), bought(line=2)], [back(line=2)]) == [("web:1", 2, 1, 1.0, Decimal("2.5000"))]


def test_what_was_refunded_is_what_came_back() -> None:
    assert came_back([bought()], [back(line=1, refunded=2)]) == [("web:1", 1, 1, 1.0, Decimal("2.0000"))]


def test_where_nothing_is_known_of_money_nothing_is_said() -> None:
    assert came_back([bought(paid=None)], [back(line=1)]) == [("web:1", 1, 1, 1.0, None)]


def test_a_return_without_a_line_takes_from_the_lines_of_its_sku_the_first_first() -> None:
    lines = [bought(line=1), bought(line=2, sku="tea"), bought(line=3, units=4, paid=8)]
    assert came_back(lines, [back(units=3)]) == [
        ("web:1", 1, 1, 2.0, Decimal("5.0000")),
        ("web:1", 3, 1, 1.0, Decimal("2.0000")),
    ]


def test_a_later_return_takes_what_the_earlier_one_left() -> None:
    lines = [bought(line=1), bought(line=2)]
    assert [row[:4] for row in came_back(lines, [back(days=2, units=3, line_key="b"), back(days=1, units=1)])] == [
        ("web:1", 1, 1, 1.0),
        ("web:1", 1, 2, 1.0),
        ("web:1", 2, 2, 2.0),
    ]


def test_no_more_comes_back_than_was_bought() -> None:
    assert [row[3] for row in came_back([bought()], [back(units=1.5, line=1), back(days=2, units=9, line=1)])] == [
        1.5,
        0.5,
    ]


@pytest.mark.parametrize(
    "wrong", [{"sku": "tea"}, {"line": 7}, {"order_id": "2"}, {"order_id": None, "receipt_id": "1"}, {"party": "x"}]
)
def test_a_return_without_its_purchase_has_no_row(wrong: Row) -> None:
    assert came_back([bought()], [back(line=1) | wrong]) == []


def test_a_return_before_its_purchase_has_no_row() -> None:
    assert came_back([bought()], [back(days=-1, line=1)]) == []


def test_baskets_of_receipts_and_of_other_sellers_are_found() -> None:
    lines = [bought("store:1"), bought("rival/web:1") | {"party": "rival"}]
    found = came_back(lines, [back(line=1, order_id=None, receipt_id="1"), back(line=1, party="rival")])
    assert sorted(row[0] for row in found) == ["rival/web:1", "store:1"]


def test_two_returns_of_a_line_at_one_instant_are_one_row() -> None:
    twice = [back(units=0.5, line_key="a"), back(units=0.5, line_key="b")]
    assert came_back([bought()], twice) == [("web:1", 1, 1, 1.0, Decimal("2.5000"))]


def kept(at: datetime, returned: list[Row]) -> list[tuple[object, ...]]:
    """(line, units, paid) of what is kept as of an instant of two milks, and of a coupon."""
    with duckdb.connect() as connection:
        filled(connection, "purchases", PURCHASES, [bought(), bought(line=2, sku="coupon", units=0, paid=0)])
        filled(connection, "returns", RETURNED, returned)
        query = kept_before(ibis_table(PURCHASES), ibis_table(RETURNED), Cutoff(at))
        sql = ibis.to_sql(query, dialect="duckdb")
        return connection.execute(f"SELECT line, units, paid FROM ({sql}) ORDER BY line").fetchall()


@pytest.mark.parametrize(
    ("after", "units", "expected"),
    [
        (timedelta(days=1), 1.0, (1, 2.0, 5.0)),
        (timedelta(days=1, microseconds=1), 1.0, (1, 1.0, 3.0)),
        (timedelta(days=9), 2.0, None),
    ],
)
def test_what_came_back_before_an_instant_is_not_kept(
    after: timedelta, units: float, expected: tuple[object, ...] | None
) -> None:
    """At the instant of the return itself the line is whole: a cutoff is the first instant that is not seen."""
    row = bought() | {"units": units, "paid": 2, "returned_at": BOUGHT + timedelta(days=1)}
    assert kept(BOUGHT + after, [row]) == [*([expected] if expected else []), (2, 0.0, 0.0)]


def test_a_refund_above_the_price_leaves_nothing_paid() -> None:
    row = bought() | {"units": 1, "paid": 9, "returned_at": BOUGHT + timedelta(days=1)}
    assert kept(BOUGHT + timedelta(days=2), [row])[0] == (1, 1.0, 0.0)


@pytest.mark.parametrize(("paid", "left"), [(4.5, 0.5), (5, 0.0), (5.5, 0.0)])
def test_what_stays_paid_is_what_was_not_refunded_and_never_less_than_nothing(paid: float, left: float) -> None:
    row = bought() | {"units": 1, "paid": paid, "returned_at": BOUGHT + timedelta(days=1)}
    assert kept(BOUGHT + timedelta(days=2), [row])[0] == (1, 1.0, left)


def test_several_returns_of_a_line_add_up() -> None:
    returned = [
        bought() | {"units": 0.5, "paid": paid, "returned_at": BOUGHT + timedelta(days=days)}
        for days, paid in ((1, 1), (2, 2), (3, 1))
    ]
    assert kept(BOUGHT + timedelta(days=3), returned)[0] == (1, 1.0, 2.0)


def test_a_gram_that_is_kept_is_kept_and_what_rounding_leaves_is_not() -> None:
    a_gram, a_rounding = (bought() | {"units": 2 - left, "paid": 5} for left in (0.001, 1e-12))
    at = BOUGHT + timedelta(days=2)
    assert kept(at, [a_gram | {"returned_at": BOUGHT}])[0] == (1, pytest.approx(0.001), 0.0)
    assert kept(at, [a_rounding | {"returned_at": BOUGHT}]) == [(2, 0.0, 0.0)]


def test_both_compile_for_spark() -> None:
    assert "PARTITION BY" in spark_sql(returned_lines(ibis_table(RETURNS), ibis_table(PURCHASES)))
    assert "LEFT OUTER JOIN" in spark_sql(kept_before(ibis_table(PURCHASES), ibis_table(RETURNED), Cutoff(BOUGHT)))
