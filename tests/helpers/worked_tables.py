"""Feature families over tables that a test writes as text, small enough to work out by hand.

    customer | sku | days_ago
    ann      | tea | 10

A header, then one line a row; an empty field is null. Columns that a test does not name have values
that do not matter.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

from features.clock import Cutoff
from features.contracts.outputs import PROMOTIONS, PURCHASES, RETURNS, SKUS, STORES
from features.contracts.table import Table
from features.engine import duckdb_engine
from features.facts import snapshot
from features.facts.facts import Facts
from features.facts.freeze import freeze
from features.facts.snapshot import expressions, write_snapshot
from features.known import Known, known_before
from features.sql import listed, write_parquet
from features.warehouse.warehouse import Warehouse

CUTOFF = Cutoff.parse("2025-06-01T09:20:00")
"""No round hour: days since 1970 have a fraction that binary numbers only come near to."""

Row = dict[str, Any]
Family = Callable[[Known], ibis.Table]

IDS = ("customer_id", "sku", "store_id", "subcategory", "category", "brand")
_NAMES = {"customer": "customer_id", "store": "store_id", "basket": "basket_id"}


def unbound(plan_days: float = 0.0) -> Known:
    """What is known at CUTOFF, over tables that are not there yet."""
    return snapshot.unbound(CUTOFF, plan_days)


def worked(
    family: Family, purchases: str, *, skus: str = "", promotions: str = "", plan_days: float = 0.0
) -> list[Row]:
    """Rows of a family's table, sorted, of the tables that `tables` describes."""
    with tables(purchases, skus, promotions) as connection:
        return _sorted(_fetched(connection, _sql(family, plan_days)))


def worked_grains(purchases: str, *, skus: str = "", promotions: str = "") -> dict[str, list[Row]]:
    """Rows of every grain of the snapshot, sorted, of the tables that `tables` describes."""
    with tables(purchases, skus, promotions) as connection:
        for name, query in _known_sql().items():
            connection.execute(f"CREATE TABLE {name} AS {query}").fetchall()
        return {grain: _sorted(_fetched(connection, query)) for grain, query in _grains_sql().items()}


def write_warehouse(folder: Path, purchases: str, *, skus: str = "", promotions: str = "") -> Warehouse:
    """A warehouse of these tables, without a load; its digest is the folder's name."""
    folder.mkdir(parents=True, exist_ok=True)
    described = {row["sku"] for row in read(skus)}
    bought = sorted({row.get("sku") or "tea" for row in read(purchases)} - described)
    with tables(purchases, skus, promotions) as connection:
        for sku in bought:
            _insert(connection, SKUS, {"sku": sku, "name": sku})
        for table in (PURCHASES, RETURNS, SKUS, STORES, PROMOTIONS):
            write_parquet(connection, f"FROM {table.name}", folder / f"{table.name}.parquet")
    return Warehouse(folder, {"digest": folder.name})


def facts_of(folder: Path, purchases: str, *, skus: str = "", promotions: str = "", cutoff: Cutoff = CUTOFF) -> Facts:
    """Facts of these tables, in memory; their snapshot lies in `folder / "snapshot"`."""
    warehouse = write_warehouse(folder / "warehouse", purchases, skus=skus, promotions=promotions)
    with duckdb_engine(folder / "scratch", "100MB", 1) as engine:
        write_snapshot(engine, known_before(engine, warehouse.folder, cutoff), folder / "snapshot")
    return freeze(folder / "snapshot", warehouse.skus, cutoff, warehouse.stores)


@contextmanager
def tables(purchases: str, skus: str = "", promotions: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of the warehouse in DuckDB, from texts.

    purchases   `days_ago` (before the cutoff; it may be negative), customer, basket, channel, store, sku,
                units, paid, list_price; every row is a basket of its own unless baskets are named
    skus        sku, brand, department, category, subcategory; unless it is given, SKUs have none of these
    promotions  `from_days`, `to_days` (after the cutoff), sku, store, channel, display, mailer
    """
    given: tuple[tuple[Table, list[Row]], ...] = (
        (RETURNS, []),
        (STORES, []),
        (PURCHASES, [_purchase(row, nth) for nth, row in enumerate(read(purchases))]),
        (SKUS, [{"name": row["sku"]} | row for row in read(skus)]),
        (PROMOTIONS, [_promotion(row) for row in read(promotions)]),
    )
    with duckdb.connect() as connection:
        for table, rows in given:
            columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
            connection.execute(f"CREATE TABLE {table.name} ({columns})").fetchall()
            for row in rows:
                _insert(connection, table, row)
        yield connection


def assert_rows(found: list[Row], text: str) -> None:
    """The rows are those of the text, in any order, and have its columns; numbers may be fractions (2/3)."""
    expected = _sorted([{name: _value(value) for name, value in row.items()} for row in read(text)])
    assert found == [{name: _about(value) for name, value in row.items()} for row in expected]


def read(text: str) -> list[Row]:
    """Rows of a text; values are texts or None."""
    lines = [[field.strip() for field in line.split("|")] for line in text.strip().splitlines()]
    if not lines:
        return []
    header = [_NAMES.get(name, name) for name in lines[0]]
    return [dict(zip(header, [value or None for value in line], strict=True)) for line in lines[1:]]


@cache
def _sql(family: Family, plan_days: float) -> str:
    return str(ibis.to_sql(family(unbound(plan_days)), dialect="duckdb"))


@cache
def _known_sql() -> dict[str, str]:
    known = unbound()
    parts = {"lines": known.purchases, "visits": known.visits, "running": known.promotions}
    return {name: str(ibis.to_sql(part, dialect="duckdb")) for name, part in parts.items()}


@cache
def _grains_sql() -> dict[str, str]:
    known = unbound()
    lines, visits = ibis.table(known.purchases.schema(), "lines"), ibis.table(known.visits.schema(), "visits")
    stored = Known(CUTOFF, lines, visits, ibis.table(known.promotions.schema(), "running"))
    return {grain: str(ibis.to_sql(table, dialect="duckdb")) for grain, table in expressions(stored).items()}


def _purchase(row: Row, nth: int) -> Row:
    at = CUTOFF.at - timedelta(days=float(Fraction(row["days_ago"])))
    some: Row = {
        "basket_id": f"basket-{nth}",
        "line": nth,
        "channel": "store",
        "sku": "tea",
        "units": 1,
        "party": "own",
    }
    return some | {name: value for name, value in row.items() if name != "days_ago"} | {"bought_at": at}


def _promotion(row: Row) -> Row:
    start, end = (CUTOFF.at + timedelta(days=float(Fraction(row[name]))) for name in ("from_days", "to_days"))
    given = {name: value for name, value in row.items() if name not in {"from_days", "to_days"}}
    return {"party": "own"} | given | {"from": start, "to": end}


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table.name} ({listed(row)}) VALUES ({marks})", list(row.values())).fetchall()


def _fetched(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _value(text: str | None) -> str | float | None:
    if text is None:
        return None
    try:
        return float(Fraction(text))
    except ValueError:
        return text


def _about(value: str | float | None) -> Any:
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [(row[name] is not None, row[name]) for name in sorted(row, key=_ids_first)])


def _ids_first(name: str) -> tuple[bool, str]:
    return name not in IDS, name
