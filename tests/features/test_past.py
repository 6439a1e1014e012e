"""The past, worked by hand: each table has a row of the instant before the cutoff, one of the cutoff, one after it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from features.clock import Cutoff
from features.contracts.outputs import OUTPUTS
from features.facts.snapshot import code_version
from features.past import KNOWN_BEFORE, PERSONAL, InHand, Past
from features.settings import Settings
from features.sql import listed, write_parquet
from features.warehouse.warehouse import POINTER, SCHEMA, Warehouse, write_manifest
from tests.helpers.worked_tables import CUTOFF

TICK = timedelta(microseconds=1)
BEFORE, AT, AFTER = CUTOFF.at - TICK, CUTOFF.at, CUTOFF.at + TICK
TICK_DAYS = 1e-6 / 86_400
HAPPENED = {"purchases": "bought_at", "returns": "returned_at", "stock": "as_of"}
ANNOUNCED = dict.fromkeys(("listings", "prices", "promotions", "calendar"), "from")
TIMELESS = ("skus", "stores", "suppliers", "supplier_terms")
TIMED = HAPPENED | ANNOUNCED
Row = dict[str, object]


def line(basket: str, at: datetime, customer: str = "ann") -> Row:
    return {"customer_id": customer, "basket_id": basket, "line": 1, "sku": "tea", "units": 2, "bought_at": at}


def write(folder: Path, name: str, rows: Iterable[Row]) -> Path:
    """A table of the warehouse with these rows; what a row does not name is null."""
    (table,) = (table for table in OUTPUTS if table.name == name)
    columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE shelf ({columns})").fetchall()
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO shelf ({listed(row)}) VALUES ({marks})", list(row.values())).fetchall()
        write_parquet(connection, "FROM shelf", folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """Three rows of every table that knows instants, one of the others but suppliers', who were not brought."""
    settings = Settings(work=tmp_path, memory_limit="100MB", threads=1)
    folder = settings.warehouse / "0123456789abcdef"
    folder.mkdir(parents=True)
    moments = (BEFORE, AT, AFTER)
    write(folder, "purchases", [line(f"b{nth}", at) for nth, at in enumerate(moments)])
    for name, column in TIMED.items():
        if name != "purchases":
            write(folder, name, [{column: at} for at in moments])
    write(folder, "skus", [{"sku": "tea"}])
    write(folder, "stores", [{"store_id": "north"}])
    write(folder, "supplier_terms", [{"sku": "tea"}])
    manifest = {"schema": SCHEMA, "digest": folder.name, "rows": {}, "last": AFTER.isoformat()}
    write_manifest(folder, manifest)
    (settings.warehouse / POINTER).write_text(folder.name)
    return Past(settings, Warehouse(folder, manifest), CUTOFF)


def column_of(past: Past, table: str, column: str) -> list[object]:
    with past.session() as connection:
        rows = connection.execute(f'SELECT "{column}" FROM {table} ORDER BY ALL').fetchall()
    return [value for (value,) in rows]


@pytest.mark.parametrize(("table", "column"), TIMED.items())
def test_what_began_at_the_cutoff_is_not_known(past: Past, table: str, column: str) -> None:
    assert column_of(past, table, column) == [BEFORE.replace(tzinfo=None)]


@pytest.mark.parametrize(("table", "column"), TIMED.items())
def test_a_plan_knows_what_is_announced_before_its_end_and_nothing_that_happens(
    past: Past, table: str, column: str
) -> None:
    known = [BEFORE, AT] if table in ANNOUNCED else [BEFORE]
    assert column_of(past.planned(TICK_DAYS), table, column) == [at.replace(tzinfo=None) for at in known]


def test_what_no_instant_dates_is_as_it_is_now(past: Past) -> None:
    assert {*TIMED, *TIMELESS} == {*KNOWN_BEFORE}
    assert column_of(past, "skus", "sku") == column_of(past, "supplier_terms", "sku") == ["tea"]
    assert column_of(past, "stores", "store_id") == ["north"]
    assert column_of(past, "suppliers", "name") == []


def test_a_session_names_no_person(past: Past) -> None:
    with past.session() as connection:
        found = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    assert {name for (name,) in found} == {*KNOWN_BEFORE}
    assert not {*PERSONAL} & {*KNOWN_BEFORE}


def test_a_return_is_of_whoever_bought_it_and_of_nobody_where_no_line_is_known(past: Past) -> None:
    folder, day = past.warehouse.folder, timedelta(days=1)
    write(folder, "purchases", [line("b1", BEFORE - day, "bob")])
    back: Row = {"customer_id": "ann", "line": 1, "units": 1, "returned_at": BEFORE}
    write(folder, "returns", [back | {"basket_id": "b1"}, back | {"basket_id": "b2"}])
    with past.session() as connection:
        found = connection.execute("SELECT basket_id, customer_id FROM returns ORDER BY ALL").fetchall()
    assert found == [("b1", "bob"), ("b2", None)]
    assert column_of(past, "purchases", "units") == [1]


def test_purchases_in_hand_stand_in_place_of_the_warehouses(past: Past, tmp_path: Path) -> None:
    path = write(tmp_path, "purchases", [line("in hand", BEFORE, "zoe")])
    held = replace(past, in_hand=InHand({CUTOFF: path}, tmp_path / "made"))
    assert held.people().purchases == path
    assert held.folder() == tmp_path / "made" / CUTOFF.slug
    assert column_of(held, "purchases", "customer_id") == ["zoe"]
    assert column_of(held, "stock", "as_of") == [BEFORE.replace(tzinfo=None)]
    assert past.people().purchases == past.warehouse.purchases


def test_the_folder_of_a_snapshot_says_what_it_was_made_of(past: Past) -> None:
    name = f"{CUTOFF.slug}-0123456789ab-{code_version()}"
    assert past.folder() == past.settings.snapshots / name
    assert past.planned(7).folder() == past.settings.snapshots / f"{name}-plan7"


def test_the_past_of_all_that_was_bought_ends_after_the_last_purchase(past: Past) -> None:
    assert Past.to_date(past.settings) == past.at(Cutoff(AFTER + TICK))
    assert Past.open(past.settings, CUTOFF) == past
    assert (past.plan_days, Past.open(past.settings, CUTOFF, 7).plan_days) == (0, 7)


def test_what_was_bought_since_an_instant_includes_it(past: Past) -> None:
    later = past.at(Cutoff(AFTER + TICK))
    found = [later.bought(("basket_id",), since)["basket_id"].to_pylist() for since in (None, CUTOFF)]
    assert found == [["b0", "b1", "b2"], ["b1", "b2"]]


def test_a_window_begins_at_the_cutoff_and_ends_before_its_end(past: Past) -> None:
    found = [past.bought_until(Cutoff(end), ("basket_id",))["basket_id"].to_pylist() for end in (AT, AFTER)]
    assert found == [[], ["b1"]]
