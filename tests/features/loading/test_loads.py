"""Loads after one another, at once, and cut short: what a user can count on."""

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import duckdb
import pandas as pd
import pytest

from features import ingest as ingest_module
from features.contracts.outputs import OUTPUTS
from features.contracts.table import Table
from features.errors import DataError, StateError, UserError
from features.ingest import ingest
from features.settings import Settings
from features.warehouse.warehouse import Warehouse, only_load
from tests.helpers.loads import LOADED_AT, RECEIPTS, load, of_table, rows, write_files

HEADER = "receipt_id,line,sku,sold_at,units,paid\n"
FIRST = HEADER + "r1,1,milk,2025-05-01,2,3.00\nr1,2,bread,2025-05-01,1,2.20\n"
CORRECTED = HEADER + "r1,1,milk,2025-05-01,3,4.50\n"
LATE = HEADER + "r0,1,milk,2025-04-01,1,1.50\n"
BAD = HEADER + "r1,1,milk,2025-05-01,2,3.00\nr2,1,milk,2025-05-01,2,-3.00\n"
UNNUMBERED = "receipt_id,sku,sold_at,units,paid\n"
ORDERS = '[web_orders]\nfiles = "orders.csv"\n'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(work=tmp_path, memory_limit="256MB")


def receipts(settings: Settings, text: str, **options: object) -> ingest_module.IngestReport:
    return load(settings, RECEIPTS, {"receipts.csv": text}, **options)  # type: ignore[arg-type]


def lines(settings: Settings) -> list[tuple[object, ...]]:
    return rows(Warehouse.open(settings).purchases, ("basket_id", "line", "sku", "units", "paid"))


def test_the_same_load_again_changes_nothing(settings: Settings) -> None:
    first = receipts(settings, FIRST)
    before = sorted(path.stat().st_mtime_ns for path in settings.warehouse.rglob("*.parquet"))
    again = receipts(settings, FIRST, loaded_at=LOADED_AT + timedelta(days=1))
    counts = of_table(again, "till_receipts")
    assert (first.changed, again.changed, again.digest) == (True, False, first.digest)
    assert (counts.added, counts.corrected, counts.unchanged) == (0, 0, 2)
    assert sorted(path.stat().st_mtime_ns for path in settings.warehouse.rglob("*.parquet")) == before


def test_the_same_rows_in_another_file_and_order_change_nothing(settings: Settings) -> None:
    first = receipts(settings, FIRST)
    header, *body = FIRST.splitlines(keepends=True)
    again = receipts(settings, header + "".join(reversed(body)))
    counts = of_table(again, "till_receipts")
    assert (again.changed, again.digest) == (False, first.digest)
    assert (counts.added, counts.corrected, counts.unchanged) == (0, 0, 2)


def test_bad_rows_that_are_loaded_again_are_not_added_again(settings: Settings) -> None:
    receipts(settings, BAD)
    receipts(settings, BAD, loaded_at=LOADED_AT + timedelta(days=1))
    held = rows(settings.quarantine / "till_receipts.parquet", ("reason", "loaded_at", "receipt_id"))
    assert held == [("paid is negative", LOADED_AT, "r2")]


def test_bad_rows_of_files_with_other_columns_lie_side_by_side(settings: Settings) -> None:
    receipts(settings, BAD)
    receipts(settings, "receipt_id,sku,sold_at,x\nr3,,2025-05-01,new\nr4,milk,2025-05-01,new\n")
    held = rows(settings.quarantine / "till_receipts.parquet", ("reason", "receipt_id", "x"))
    assert sorted(held) == [("paid is negative", "r2", None), ("sku is empty", "r3", "new")]


def test_a_corrected_row_replaces_the_older_one(settings: Settings) -> None:
    receipts(settings, FIRST)
    report = receipts(settings, CORRECTED)
    counts = of_table(report, "till_receipts")
    assert (counts.added, counts.corrected, counts.unchanged, counts.rows) == (0, 1, 0, 2)
    assert lines(settings)[0] == ("store:r1", 1, "milk", 3.0, Decimal("4.5000"))


def test_late_rows_are_added_in_their_place(settings: Settings) -> None:
    receipts(settings, FIRST)
    report = receipts(settings, LATE)
    assert of_table(report, "till_receipts").added == 1
    assert [line[0] for line in lines(settings)] == ["store:r0", "store:r1", "store:r1"]


def test_loads_give_the_same_whatever_their_order(tmp_path: Path) -> None:
    one, other = Settings(work=tmp_path / "one"), Settings(work=tmp_path / "other")
    receipts(one, FIRST)
    receipts(other, LATE)
    assert receipts(one, LATE).digest == receipts(other, FIRST).digest


def test_the_load_before_the_last_again_undoes_a_correction(settings: Settings) -> None:
    first = receipts(settings, FIRST)
    receipts(settings, CORRECTED)
    again = receipts(settings, FIRST)
    assert (again.changed, again.digest) == (True, first.digest)


def test_replace_starts_from_nothing(settings: Settings) -> None:
    receipts(settings, BAD)
    report = receipts(settings, LATE, replace=True)
    assert [line[0] for line in lines(settings)] == ["store:r0"]
    assert len(Warehouse.open(settings).manifest["loads"]) == 1
    assert not settings.quarantine.exists()
    assert report.rows["skus"] == 1


def test_replace_by_the_same_rows_keeps_the_tables(settings: Settings) -> None:
    first = receipts(settings, FIRST)
    again = receipts(settings, FIRST, replace=True)
    assert again.digest == first.digest
    assert len(lines(settings)) == 2


def test_a_table_that_a_load_does_not_bring_stays(settings: Settings) -> None:
    files = {"receipts.csv": FIRST, "skus.csv": "sku,name\nmilk,Milk\n"}
    load(settings, RECEIPTS + '[skus]\nfiles = "skus.csv"\n', files)
    receipts(settings, LATE)
    assert rows(Warehouse.open(settings).skus, ("sku", "name")) == [("bread", "bread"), ("milk", "Milk")]


def test_tables_without_purchases_may_follow_purchases(settings: Settings) -> None:
    mapping, files = '[skus]\nfiles = "skus.csv"\n', {"skus.csv": "sku,name\nmilk,Milk\n"}
    with pytest.raises(DataError, match="bring web_orders or till_receipts"):
        load(settings, mapping, files)
    receipts(settings, FIRST)
    load(settings, mapping, files)
    assert rows(Warehouse.open(settings).skus, ("sku", "name")) == [("bread", "bread"), ("milk", "Milk")]


def test_lines_without_numbers_are_named_by_their_sku(settings: Settings) -> None:
    """Two cartons of milk scanned apart are two lines, and stay two when they are loaded again."""
    text = UNNUMBERED + "r1,milk,2025-05-01,1,1.50\nr1,bread,2025-05-01,1,2.20\nr1,milk,2025-05-01,1,1.50\n"
    first = receipts(settings, text)
    assert [line[1:3] for line in lines(settings)] == [(1, "bread"), (2, "milk"), (3, "milk")]
    shuffled = UNNUMBERED + "r1,milk,2025-05-01,1,1.50\nr1,milk,2025-05-01,1,1.50\nr1,bread,2025-05-01,1,2.20\n"
    assert receipts(settings, shuffled).digest == first.digest


def test_a_late_line_without_number_displaces_no_other(settings: Settings) -> None:
    receipts(settings, UNNUMBERED + "r1,apple,2025-05-01,1,1\nr1,cheese,2025-05-01,1,3\n")
    report = receipts(settings, UNNUMBERED + "r1,bread,2025-05-01,1,2\nr1,cheese,2025-05-01,2,6\n")
    counts = of_table(report, "till_receipts")
    assert (counts.added, counts.corrected) == (1, 1)
    assert [line[2:4] for line in lines(settings)] == [("apple", 1.0), ("bread", 1.0), ("cheese", 2.0)]


def test_overlapping_files_without_line_numbers_count_once(settings: Settings) -> None:
    body = "r1,milk,2025-05-01,1,1.50\nr1,milk,2025-05-01,1,1.50\n"
    files = {"a.csv": UNNUMBERED + body, "b.csv": UNNUMBERED + body + "r2,milk,2025-05-02,1,1.50\n"}
    report = load(settings, RECEIPTS.replace("receipts.csv", "*.csv"), files)
    assert (report.rows["purchases"], of_table(report, "till_receipts").duplicates) == (3, 2)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"sku": [7, 8], "loyalty_id": [1, 2]}, {"customer_id": "int64", "sku": "int64"}),
        ({"sku": ["7", "8"], "loyalty_id": [1, 2]}, {"customer_id": "int64", "sku": "string"}),
        ({"sku": [7, 8], "loyalty_id": [1.0, None]}, {"customer_id": "int64", "sku": "int64"}),
        ({"sku": [7, 8], "loyalty_id": [1.0, 1.5]}, {"customer_id": "string", "sku": "int64"}),
    ],
)
def test_the_manifest_knows_the_types_of_ids(
    settings: Settings, ids: dict[str, list[object]], expected: dict[str, str]
) -> None:
    frame = pd.DataFrame({"receipt_id": ["r1", "r2"], "sold_at": [datetime(2025, 5, 1)] * 2, **ids})
    load(settings, RECEIPTS.replace("csv", "parquet"), {"receipts.parquet": frame})
    assert Warehouse.open(settings).id_types == expected
    assert rows(Warehouse.open(settings).purchases, ("sku",)) == [("7",), ("8",)]


@pytest.mark.parametrize(("ids", "expected"), [(("7", "8"), "int64"), (("7", "08"), "string"), (("7", "a"), "string")])
def test_whole_numbers_in_csv_are_whole_numbers(settings: Settings, ids: tuple[str, str], expected: str) -> None:
    receipts(settings, HEADER + "".join(f"r{sku},1,{sku},2025-05-01,1,1\n" for sku in ids))
    assert Warehouse.open(settings).id_types["sku"] == expected


def test_one_load_of_texts_makes_ids_texts(settings: Settings) -> None:
    receipts(settings, HEADER + "r1,1,7,2025-05-01,1,1\n")
    receipts(settings, HEADER + "r2,1,x7,2025-05-01,1,1\n")
    assert Warehouse.open(settings).id_types["sku"] == "string"
    receipts(settings, HEADER + "r3,1,9,2025-05-01,1,1\n")
    assert Warehouse.open(settings).id_types["sku"] == "string"


def test_an_instant_of_loading_with_a_zone_is_turned_into_utc(settings: Settings) -> None:
    shanghai = datetime(2025, 5, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    receipts(settings, HEADER + "r1,1,milk,2025-05-01 12:00,1,1\nr2,1,milk,2025-05-01 12:01,1,1\n", loaded_at=shanghai)
    assert len(lines(settings)) == 1
    assert Warehouse.open(settings).manifest["loaded_at"] == "2025-05-01T12:00:00"
    assert shanghai.astimezone(UTC).hour == 12


def test_an_unknown_source_is_refused(settings: Settings) -> None:
    with pytest.raises(UserError, match=r"no source 'sap'.*complete-journey, tables"):
        ingest(settings, "sap", loaded_at=LOADED_AT)


def test_progress_goes_from_nothing_to_all(settings: Settings) -> None:
    write_files(settings.work, {"receipts.csv": FIRST, "dataset.toml": RECEIPTS})
    seen: list[tuple[str, float]] = []
    ingest(
        settings,
        "tables",
        settings.work / "dataset.toml",
        loaded_at=LOADED_AT,
        progress=lambda what, share: seen.append((what, share)),
    )
    shares = [share for _, share in seen]
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)


def test_two_loads_at_once_are_refused(settings: Settings) -> None:
    receipts(settings, FIRST)
    with only_load(settings), pytest.raises(StateError, match=rf"Another load .*process {os.getpid()}"):
        receipts(settings, LATE)
    assert receipts(settings, LATE).changed


def test_a_work_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    brought = tmp_path / "brought"
    write_files(brought, {"receipts.csv": FIRST, "dataset.toml": RECEIPTS})
    with pytest.raises(StateError, match=r"could not be written to .*file"):
        ingest(Settings(work=tmp_path / "file"), "tables", brought / "dataset.toml", loaded_at=LOADED_AT)


def test_a_full_disk_leaves_the_warehouse_as_it_was(settings: Settings) -> None:
    """The system refuses to let any file grow beyond a limit, as it does on a full disk."""
    first = receipts(settings, FIRST)
    many = pd.DataFrame({"receipt_id": [f"r{nth * 7919 % 50021}" for nth in range(50_000)], "sku": "milk"})
    many["sold_at"] = datetime(2025, 5, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    write_files(settings.work / "brought", {"many.parquet": many})
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StateError, match=r"could not be written.*What was loaded before is as it was"):
            load(settings, RECEIPTS.replace("receipts.csv", "many.parquet"), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert Warehouse.open(settings).digest == first.digest
    assert not (settings.warehouse / "partial").exists()
    assert load(settings, RECEIPTS.replace("receipts.csv", "many.parquet"), {}).rows["purchases"] == 50_002


def test_no_space_at_the_last_step_leaves_the_warehouse_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = receipts(settings, FIRST)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(ingest_module, "publish", full)
        with pytest.raises(StateError, match="No space left on device"):
            receipts(settings, LATE)
    assert Warehouse.open(settings).digest == first.digest
    assert len(lines(settings)) == 2
    assert receipts(settings, LATE).rows["purchases"] == 3


KILLED = """
    import sys, time
    from datetime import datetime
    from pathlib import Path
    from features import ingest
    from features.settings import Settings

    def wait(*_):
        print("waiting", flush=True)
        time.sleep(60)

    setattr(ingest, sys.argv[3], wait)
    ingest.ingest(Settings(work=Path(sys.argv[1])), "tables", Path(sys.argv[2]), loaded_at=datetime(2025, 6, 1))
"""


@pytest.mark.parametrize("step", ["digest", "assemble", "publish"])
def test_a_killed_load_leaves_the_warehouse_as_it_was(settings: Settings, step: str) -> None:
    first = receipts(settings, FIRST)
    brought = settings.work / "late"
    write_files(brought, {"receipts.csv": LATE, "dataset.toml": RECEIPTS})
    command = [sys.executable, "-c", dedent(KILLED), str(settings.work), str(brought / "dataset.toml"), step]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        with pytest.raises(StateError, match=f"process {process.pid}"):
            receipts(settings, LATE)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (settings.warehouse / "partial").exists()
    assert Warehouse.open(settings).digest == first.digest
    assert len(lines(settings)) == 2
    assert receipts(settings, LATE).rows["purchases"] == 3
    assert not (settings.warehouse / "partial").exists()


def test_the_warehouse_before_the_last_is_kept_for_its_readers(settings: Settings) -> None:
    folders = []
    for text in (FIRST, LATE, CORRECTED):
        receipts(settings, text)
        folders.append(Warehouse.open(settings).folder)
    assert [folder.exists() for folder in folders] == [False, True, True]


def test_online_and_offline_lines_come_together(settings: Settings) -> None:
    orders = "order_id,line,account_id,sku,ordered_at,paid\nr1,1,c1,milk,2025-04-30 10:00,1\n"
    report = load(settings, RECEIPTS + ORDERS, {"receipts.csv": FIRST, "orders.csv": orders})
    assert [(line[0], line[2]) for line in lines(settings)] == [
        ("web:r1", "milk"),
        ("store:r1", "milk"),
        ("store:r1", "bread"),
    ]
    assert report.rows["purchases"] == 3


def test_a_customer_a_sku_and_a_time_are_enough(settings: Settings) -> None:
    """A basket is then what one customer bought on one day where they live."""
    text = """\
        customer_id,sku,time
        7,milk,2025-05-01 23:00
        7,bread,2025-05-01 23:30
        7,milk,2025-05-02 00:30
        8,milk,2025-05-01 23:00
    """
    mapping = """\
        time_zone = "Asia/Shanghai"
        [web_orders]
        files = "purchases.csv"
        [web_orders.columns]
        account_id = "customer_id"
        ordered_at = "time"
    """
    report = load(settings, dedent(mapping), {"purchases.csv": text})
    history = Warehouse.open(settings)
    columns = ("customer_id", "basket_id", "line", "sku", "bought_at", "units", "paid", "store_id")
    assert rows(history.purchases, columns) == [
        ("7", "web:7@2025-05-01", 2, "milk", datetime(2025, 5, 1, 15), 1.0, None, None),
        ("8", "web:8@2025-05-01", 1, "milk", datetime(2025, 5, 1, 15), 1.0, None, None),
        ("7", "web:7@2025-05-01", 1, "bread", datetime(2025, 5, 1, 15, 30), 1.0, None, None),
        ("7", "web:7@2025-05-02", 1, "milk", datetime(2025, 5, 1, 16, 30), 1.0, None, None),
    ]
    assert {name: rows for name, rows in report.rows.items() if rows} == {"purchases": 4, "skus": 2}
    assert history.id_types == {"customer_id": "int64", "sku": "string"}


def test_stored_instants_are_microseconds_without_zone(settings: Settings) -> None:
    receipts(settings, FIRST)
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM '{Warehouse.open(settings).purchases}'").fetchall()
    assert {row[0]: row[1] for row in described} == {
        "customer_id": "VARCHAR",
        "basket_id": "VARCHAR",
        "line": "INTEGER",
        "channel": "VARCHAR",
        "store_id": "VARCHAR",
        "sku": "VARCHAR",
        "bought_at": "TIMESTAMP",
        "units": "DOUBLE",
        "paid": "DECIMAL(18,4)",
        "list_price": "DECIMAL(18,4)",
        "promotion_id": "VARCHAR",
        "party": "VARCHAR",
    }


@pytest.mark.parametrize("table", OUTPUTS, ids=lambda table: table.name)
def test_stored_tables_are_as_their_contracts_say(settings: Settings, table: Table) -> None:
    """Of a load of purchases only, the other tables are there all the same."""
    receipts(settings, FIRST)
    path = Warehouse.open(settings).table(table.name)
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
    assert [row[:2] for row in described] == [(column.name, column.sql_type) for column in table.columns]
