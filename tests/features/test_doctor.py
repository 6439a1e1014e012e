"""The doctor: what is on, what is off, and what would switch it on."""

from datetime import datetime
from pathlib import Path

import pytest

from features.contracts.inputs import INPUTS
from features.doctor import TableStatus, examine
from features.settings import Settings
from tests.helpers.loads import LOADED_AT, RECEIPTS, load

RETURNED = RECEIPTS + '[returns]\nfiles = "returns.csv"\n'
TEXT = "receipt_id,sku,sold_at,paid\nr1,milk,2025-05-01,1\nr2,milk,2025-05-02,2\nr3,milk,2025-05-03,-2\n"


def by_name(settings: Settings) -> dict[str, TableStatus]:
    return {status.table: status for status in examine(settings)}


def test_before_the_first_load_everything_is_off(tmp_path: Path) -> None:
    found = examine(Settings(work=tmp_path))
    assert [status.table for status in found] == [table.name for table in INPUTS]
    assert not any(status.is_on for status in found)
    assert all(status.next_step.startswith("add [") and status.capability for status in found)


def test_rows_freshness_and_quarantine_of_what_is_loaded(tmp_path: Path) -> None:
    settings = Settings(work=tmp_path)
    load(
        settings, RECEIPTS + '[skus]\nfiles = "skus.csv"\n', {"receipts.csv": TEXT, "skus.csv": "sku,name\nmilk,Milk\n"}
    )
    found = by_name(settings)
    receipts, skus, stores = found["till_receipts"], found["skus"], found["stores"]
    assert (receipts.is_on, receipts.rows, receipts.latest) == (True, 2, datetime(2025, 5, 2))
    assert (receipts.loaded_at, receipts.quarantined) == (LOADED_AT, {"paid is negative": 1})
    assert str(settings.quarantine / "till_receipts.parquet") in receipts.next_step
    assert (skus.is_on, skus.rows, skus.latest, skus.next_step) == (True, 1, None, "")
    assert (stores.is_on, stores.rows, stores.loaded_at) == (False, 0, None)


def test_an_interval_without_end_is_as_fresh_as_its_beginning(tmp_path: Path) -> None:
    settings = Settings(work=tmp_path)
    prices = "sku,from,to,price\nmilk,2025-05-03,2025-05-04,1\nmilk,2025-05-09,,2\n"
    load(settings, RECEIPTS + '[prices]\nfiles = "prices.csv"\n', {"receipts.csv": TEXT, "prices.csv": prices})
    assert by_name(settings)["prices"].latest == datetime(2025, 5, 9)


@pytest.mark.parametrize(
    ("receipts", "step"),
    [
        (("r1", "r2"), ""),
        (("r1", "r7"), "1 of 2 returned units belong to no purchase that is loaded"),
        (("r8", "r7"), "2 of 2 returned units belong to no purchase that is loaded"),
    ],
)
def test_returns_without_their_purchase_are_told(tmp_path: Path, receipts: tuple[str, str], step: str) -> None:
    settings = Settings(work=tmp_path)
    text = "receipt_id,sku,returned_at,units\n" + "".join(f"{one},milk,2025-05-03,1\n" for one in receipts)
    load(settings, RETURNED, {"receipts.csv": TEXT, "returns.csv": text})
    found = by_name(settings)["returns"].next_step
    assert found.startswith(step)
    assert bool(found) == bool(step)
