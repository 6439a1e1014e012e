"""Conversion of a user's values: what each type of theirs becomes, worked by hand."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from features.contracts.table import Kind
from features.errors import UserError
from features.reading.convert import converted
from features.reading.mapping import ColumnMapping

PLAIN = ColumnMapping(column="x")
CENTS = ColumnMapping(column="x", unit="cents")
DAY_FIRST = ColumnMapping(column="x", formats=("%d.%m.%Y %H:%M", "%d.%m.%Y"))
SECONDS = ColumnMapping(column="x", unit="s")
MILLISECONDS = ColumnMapping(column="x", unit="ms")
WITH_OFFSET = ColumnMapping(column="x", formats=("%Y%m%dT%H%M%S%z",))


def value(
    sql: str, physical: str, kind: Kind, mapping: ColumnMapping = PLAIN, zone: str = "UTC", decimal: str = "."
) -> object:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        expression = converted("x", physical, kind, mapping, zone, decimal)
        return connection.execute(f"SELECT {expression} FROM (SELECT CAST({sql} AS {physical}) AS x)").fetchall()[0][0]


@pytest.mark.parametrize(
    ("sql", "physical", "expected"),
    [
        ("'A-7'", "VARCHAR", "A-7"),
        ("'007'", "VARCHAR", "007"),
        ("' a '", "VARCHAR", " a "),
        ("'  '", "VARCHAR", None),
        ("31198570044", "BIGINT", "31198570044"),
        ("7.0", "DOUBLE", "7"),
        ("7.5", "DOUBLE", "7.5"),
        ("'nan'", "DOUBLE", None),
        ("NULL", "DOUBLE", None),
    ],
)
def test_ids_stay_as_they_came(sql: str, physical: str, expected: str | None) -> None:
    assert value(sql, physical, Kind.ID) == expected


@pytest.mark.parametrize(
    ("sql", "physical", "mapping", "decimal", "expected"),
    [
        ("' 12.50'", "VARCHAR", PLAIN, ".", "12.5"),
        ("'12,50'", "VARCHAR", PLAIN, ".", None),
        ("'1.234,50'", "VARCHAR", PLAIN, ",", "1234.5"),
        ("'free'", "VARCHAR", PLAIN, ".", None),
        ("1999", "BIGINT", CENTS, ".", "19.99"),
        ("0.1 + 0.2", "DOUBLE", PLAIN, ".", "0.3"),
        ("'nan'", "DOUBLE", PLAIN, ".", None),
        ("'inf'", "DOUBLE", PLAIN, ".", None),
        ("1e30", "DOUBLE", PLAIN, ".", None),
        ("-3", "INTEGER", PLAIN, ".", "-3"),
        ("2.5", "DECIMAL(9,2)", CENTS, ".", "0.025"),
        ("DATE '2025-03-01'", "DATE", PLAIN, ".", None),
        ("[1, 2]", "INTEGER[]", PLAIN, ".", None),
    ],
)
def test_money_is_decimal(sql: str, physical: str, mapping: ColumnMapping, decimal: str, expected: str | None) -> None:
    assert value(sql, physical, Kind.MONEY, mapping, decimal=decimal) == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(("sql", "expected"), [("'2'", 2.0), ("'nan'", None), ("'Infinity'", None), ("'two'", None)])
def test_units_are_finite_numbers(sql: str, expected: float | None) -> None:
    assert value(sql, "VARCHAR", Kind.UNITS) == expected


@pytest.mark.parametrize(
    ("sql", "physical", "mapping", "zone", "expected"),
    [
        ("'2025-03-01 12:00'", "VARCHAR", PLAIN, "UTC", datetime(2025, 3, 1, 12)),
        ("'2025-03-01'", "VARCHAR", PLAIN, "UTC", datetime(2025, 3, 1)),
        ("'2025-03-01 12:00'", "VARCHAR", PLAIN, "Asia/Shanghai", datetime(2025, 3, 1, 4)),
        ("'2025-03-01T12:00:00Z'", "VARCHAR", PLAIN, "Asia/Shanghai", datetime(2025, 3, 1, 12)),
        ("'2025-03-01T12:00:00+02:00'", "VARCHAR", PLAIN, "Asia/Shanghai", datetime(2025, 3, 1, 10)),
        ("'2025-07-01 12:00'", "VARCHAR", PLAIN, "America/New_York", datetime(2025, 7, 1, 16)),
        ("'2025-01-01 12:00'", "VARCHAR", PLAIN, "America/New_York", datetime(2025, 1, 1, 17)),
        ("'31.12.2024 23:30'", "VARCHAR", DAY_FIRST, "Asia/Shanghai", datetime(2024, 12, 31, 15, 30)),
        ("'31.12.2024'", "VARCHAR", DAY_FIRST, "UTC", datetime(2024, 12, 31)),
        ("'2024-12-31'", "VARCHAR", DAY_FIRST, "UTC", None),
        ("'20250301T120000+0200'", "VARCHAR", WITH_OFFSET, "Asia/Shanghai", datetime(2025, 3, 1, 10)),
        ("'tomorrow'", "VARCHAR", PLAIN, "UTC", None),
        (
            "TIMESTAMP_NS '2025-03-01 12:00:00.123456000'",
            "TIMESTAMP_NS",
            PLAIN,
            "UTC",
            datetime(2025, 3, 1, 12, 0, 0, 123456),
        ),
        ("'2025-03-01 12:00:00+02'", "TIMESTAMP WITH TIME ZONE", PLAIN, "Asia/Shanghai", datetime(2025, 3, 1, 10)),
        ("'2025-03-01'", "DATE", PLAIN, "Asia/Shanghai", datetime(2025, 2, 28, 16)),
        ("1740830400", "BIGINT", ColumnMapping(column="x", unit="s"), "Asia/Shanghai", datetime(2025, 3, 1, 12)),
        (
            "1740830400500",
            "BIGINT",
            ColumnMapping(column="x", unit="ms"),
            "UTC",
            datetime(2025, 3, 1, 12, 0, 0, 500000),
        ),
        ("9e18", "DOUBLE", SECONDS, "UTC", None),
        ("9223372036854775807", "BIGINT", SECONDS, "UTC", None),
        ("true", "BOOLEAN", PLAIN, "UTC", None),
        ("'-infinity'", "VARCHAR", PLAIN, "UTC", None),
        ("'infinity'", "TIMESTAMP", PLAIN, "UTC", None),
        ("20250301", "INTEGER", ColumnMapping(column="x", formats=("%Y%m%d",)), "UTC", datetime(2025, 3, 1)),
    ],
)
def test_instants_are_utc(
    sql: str, physical: str, mapping: ColumnMapping, zone: str, expected: datetime | None
) -> None:
    assert value(sql, physical, Kind.INSTANT, mapping, zone) == expected


def test_a_date_is_no_instant_and_knows_no_zone() -> None:
    assert value("'2025-03-01'", "VARCHAR", Kind.DATE, PLAIN, "Asia/Shanghai") == date(2025, 3, 1)


def test_a_number_as_instant_needs_a_unit() -> None:
    with pytest.raises(UserError, match=r'x is a number.*unit = "s"'):
        converted("x", "BIGINT", Kind.INSTANT, PLAIN, "UTC", ".")


def test_text_is_trimmed() -> None:
    assert value("'  Whole milk '", "VARCHAR", Kind.TEXT) == "Whole milk"
