"""The small shop that other tests learn from has in it what they look for."""

from pathlib import Path

import duckdb
import pytest

from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import ingested, settings_for, tiny_dataset


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return ingested(settings_for(tmp_path_factory.mktemp("shop")))


def one(query: str) -> float:
    with duckdb.connect() as connection:
        return float(connection.execute(query).fetchall()[0][0])


def test_the_same_seed_gives_the_same_shop(tmp_path: Path, shop: Warehouse) -> None:
    assert ingested(settings_for(tmp_path / "again")).digest == shop.digest
    assert ingested(settings_for(tmp_path / "other"), seed=1).digest != shop.digest


def test_it_sells_in_both_channels_and_knows_most_customers(shop: Warehouse) -> None:
    lines = f"read_parquet('{shop.purchases}')"
    assert 0.05 < one(f"SELECT avg(CAST(channel = 'web' AS INT)) FROM {lines}") < 0.4
    assert 0.01 < one(f"SELECT avg(CAST(customer_id IS NULL AS INT)) FROM {lines}") < 0.2
    assert one(f"SELECT count(DISTINCT customer_id) FROM {lines}") >= 55


def test_customers_come_back_for_their_staples(shop: Warehouse) -> None:
    pairs = f"(SELECT count(DISTINCT basket_id) n FROM read_parquet('{shop.purchases}') GROUP BY customer_id, sku)"
    assert one(f"SELECT avg(CAST(n >= 3 AS INT)) FROM {pairs}") > 0.3


def test_what_goes_together_is_bought_together(shop: Warehouse) -> None:
    """Of baskets with sku-000 far more have its partner sku-001 than of all baskets."""
    lines = f"read_parquet('{shop.purchases}')"
    with_first = f"SELECT basket_id FROM {lines} WHERE sku = 'sku-000'"
    with_partner = f"SELECT DISTINCT basket_id FROM {lines} WHERE sku = 'sku-001'"
    share = f"SELECT avg(CAST(basket_id IN ({with_partner}) AS INT)) FROM (SELECT DISTINCT basket_id FROM {lines})"
    assert one(f"{share} WHERE basket_id IN ({with_first})") > 2 * one(share)


def test_it_can_be_small(tmp_path: Path) -> None:
    dataset = tiny_dataset(tmp_path / "brought", customers=2, skus=3, days=10)
    assert {path.name for path in dataset.parent.iterdir()} == {
        "dataset.toml",
        *(f"{name}.parquet" for name in ("till_receipts", "web_orders", "skus", "stores", "promotions")),
    }
    assert ingested(settings_for(tmp_path / "work"), customers=2, skus=3, days=10).rows["skus"] == 3
