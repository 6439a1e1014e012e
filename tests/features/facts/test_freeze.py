"""Freezing: the tables of a snapshot and the arrays of the facts say the same."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.clock import Cutoff
from features.facts.facts import COLUMNS, NEVER_DAYS, Facts, Ids, missing_value
from features.facts.freeze import codes, freeze
from features.facts.grains import GRAINS, levels, pairs
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import ingested, settings_for

CUTOFF = Cutoff.parse("2025-04-15T13:00:00")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def warehouse(settings: Settings) -> Warehouse:
    return ingested(settings)


@pytest.fixture(scope="module")
def facts(settings: Settings, warehouse: Warehouse) -> Facts:
    return Past(settings, warehouse, CUTOFF).facts()


@pytest.fixture(scope="module")
def snapshot(settings: Settings, warehouse: Warehouse, facts: Facts) -> Path:
    return Past(settings, warehouse, CUTOFF).folder()


def ids_of(facts: Facts, column: str) -> Ids:
    alone = {"customer_id": facts.customers, "sku": facts.skus, "store_id": facts.stores}
    return alone[column] if column in alone else facts.levels[column].ids


def texts(ids: Ids) -> list[str]:
    return [ids.text(code) for code in range(len(ids))]


def table(snapshot: Path, grain: str) -> pd.DataFrame:
    """A grain as pandas reads it, by its key, with what a missing value means."""
    frame = pd.read_parquet(snapshot / f"{grain}.parquet").set_index([*GRAINS[grain].key])
    missing = {name: missing_value(name) for name in frame.columns if name != "home_store"}
    return frame.fillna(missing).sort_index()


@pytest.mark.parametrize("grain", COLUMNS)
def test_rows_of_a_key_are_those_that_pandas_reads(facts: Facts, snapshot: Path, grain: str) -> None:
    expected, columns = table(snapshot, grain), getattr(facts, grain)
    assert texts(ids_of(facts, GRAINS[grain].of.column)) == expected.index.tolist()
    assert set(columns.names) == set(expected.columns) - {"home_store"}
    for name in columns.names:
        np.testing.assert_array_equal(columns[name], expected[name].to_numpy(np.float32), err_msg=name)


@pytest.mark.parametrize("grain", pairs())
def test_rows_of_two_keys_are_those_that_pandas_reads(facts: Facts, snapshot: Path, grain: str) -> None:
    expected, grouped = table(snapshot, grain), facts.pairs[grain]
    groups, keys = (texts(ids_of(facts, name)) for name in GRAINS[grain].key)
    group = np.repeat(np.arange(len(groups)), np.diff(grouped.starts))
    found = [(groups[one], keys[other]) for one, other in zip(group, grouped.keys, strict=True)]
    # a store or SKU that nobody ever bought in is no store or SKU of the facts
    expected = expected.loc[[key[0] in groups and key[1] in keys for key in expected.index]]
    assert found == expected.index.tolist()
    for name in grouped.columns.names:
        np.testing.assert_array_equal(grouped.columns[name], expected[name].to_numpy(np.float32), err_msg=name)


@pytest.mark.parametrize("level", [key.column for key in levels()])
def test_codes_of_skus_lead_to_what_the_catalogue_says(facts: Facts, warehouse: Warehouse, level: str) -> None:
    catalogue = pd.read_parquet(warehouse.skus).set_index("sku")[level]
    ids, code = facts.levels[level].ids, facts.levels[level].of_sku
    assert [ids.text(one) for one in code] == catalogue.loc[texts(facts.skus)].tolist()


def test_home_stores(facts: Facts, snapshot: Path) -> None:
    expected = table(snapshot, "customer")["home_store"]
    assert [facts.stores.text(code) if code >= 0 else None for code in facts.home_store] == [
        home if isinstance(home, str) else None for home in expected
    ]


def test_habits_are_what_pandas_makes_of_the_purchases(facts: Facts, warehouse: Warehouse) -> None:
    lines = purchases_before_cutoff(warehouse)
    baskets = lines.dropna(subset="customer_id").groupby(["customer_id", "sku", "basket_id"]).age.min().reset_index()
    pairs = baskets.groupby(["customer_id", "sku"]).age
    expected = pd.DataFrame(
        {
            "days_since": pairs.min(),
            "days_known": pairs.max(),
            "baskets": pairs.count(),
            "baskets_28": pairs.agg(lambda ages: (ages <= 28).sum()),
            "decayed": pairs.agg(lambda ages: (0.5 ** (ages / 60)).sum()),
            "interval_days": ((pairs.max() - pairs.min()) / (pairs.count() - 1)).fillna(missing_value("interval_days")),
            "last_interval_days": pairs.agg(lambda ages: [*np.diff(np.sort(ages)), NEVER_DAYS][0]),
        }
    )
    assert len(expected) > 300
    for name in expected.columns:
        found = facts.pairs["customer_sku"].columns[name]
        np.testing.assert_allclose(found, expected[name].to_numpy(float), rtol=1e-6, err_msg=name)


def test_what_sells_is_what_pandas_makes_of_the_purchases(facts: Facts, warehouse: Warehouse) -> None:
    lines = purchases_before_cutoff(warehouse)
    for days in (7, 28, 91, 364):
        sold = lines[lines.age <= days].groupby("sku").basket_id.nunique().reindex(texts(facts.skus), fill_value=0)
        assert facts.sku[f"sku_baskets_{days}"].tolist() == sold.tolist()
    levels = lines.dropna(subset="customer_id").merge(pd.read_parquet(warehouse.skus)[["sku", "category", "brand"]])
    for level in ("category", "brand"):
        bought = levels.groupby(["customer_id", level]).sku.agg(["size", "nunique"])
        grouped = facts.pairs[f"customer_{level}"]
        assert grouped.columns["lines"].tolist() == bought["size"].tolist()
        assert grouped.columns["distinct_skus"].tolist() == bought["nunique"].tolist()


def purchases_before_cutoff(warehouse: Warehouse) -> pd.DataFrame:
    lines = pd.read_parquet(warehouse.purchases)
    lines["age"] = (CUTOFF.at - lines.bought_at) / pd.Timedelta(days=1)
    return lines[lines.age > 0]


def test_nothing_in_the_facts_is_infinite_or_no_number(facts: Facts) -> None:
    for grain in COLUMNS:
        assert np.isfinite(getattr(facts, grain).values).all()
    for grouped in facts.pairs.values():
        assert np.isfinite(grouped.columns.values).all()


def test_a_snapshot_written_by_hand(tmp_path: Path) -> None:
    """Rows in no order, values that are no numbers, a SKU without a description, a store that never sold."""
    tables = {
        "customer": {
            "customer_id": ["eve", "ann"],
            "days_known": [math.nan, 3.0],
            "spent": [1e300, math.inf],
            "home_store": [None, "north"],
        },
        "sku": {"sku": ["tea", "gin", "茶"], "days_on_sale": [None, 2.0, -math.inf], "sold": [1.0, None, math.nan]},
        "store": {"store_id": ["north"], "total": [5]},
        "customer_sku": {"customer_id": ["eve", "ann", "eve"], "sku": ["茶", "tea", "gin"], "baskets": [1, 2, 3]},
        "customer_subcategory": {"customer_id": ["ann"], "subcategory": ["Hot drinks"], "lines": [4]},
        "customer_category": {"customer_id": ["ann"], "category": ["unheard of"], "lines": [4]},
        "customer_brand": {"customer_id": pa.array([], pa.string()), "brand": pa.array([], pa.string())},
        "store_sku": {"store_id": ["north", "ghost"], "sku": ["tea", "tea"], "on_display": [1, 1]},
        "store_category": {"store_id": ["north"], "category": ["Drinks"], "category_here": [0.5]},
    }
    described = {
        "sku": ["茶", "tea"],
        "subcategory": [None, "Hot drinks"],
        "category": [None, "Drinks"],
        "brand": [None] * 2,
    }
    (tmp_path / "snapshot").mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), tmp_path / "snapshot" / f"{name}.parquet")
    types = pa.schema([(name, pa.string()) for name in described])
    pq.write_table(pa.table(described, schema=types), tmp_path / "skus.parquet")

    facts = freeze(tmp_path / "snapshot", tmp_path / "skus.parquet", CUTOFF)

    assert (facts.cutoff_days, texts(facts.customers), texts(facts.skus)) == (
        CUTOFF.days,
        ["ann", "eve"],
        ["gin", "tea", "茶"],
    )
    assert facts.home_store.tolist() == [0, -1]
    assert facts.customer.names == ("days_known", "spent")
    assert facts.customer.values.tolist() == [[3, 0], [9999, 0]]
    assert facts.sku.values.tolist() == [[2, 0], [9999, 1], [9999, 0]]
    assert facts.levels["subcategory"].of_sku.tolist() == [-1, 0, -1]
    assert facts.levels["brand"].of_sku.tolist() == [-1, -1, -1]
    history, category, brand = (facts.pairs[f"customer_{name}"] for name in ("sku", "category", "brand"))
    assert (history.starts.tolist(), history.keys.tolist()) == ([0, 1, 3], [1, 0, 2])
    assert history.columns["baskets"].tolist() == [2, 3, 1]
    assert (category.starts.tolist(), len(category.keys)) == ([0, 0, 0], 0)
    assert (brand.starts.tolist(), brand.columns.names) == ([0, 0, 0], ())
    assert (facts.pairs["store_sku"].starts.tolist(), facts.pairs["store_sku"].keys.tolist()) == ([0, 1], [1])


def test_what_the_catalogue_describes_has_a_code_before_it_is_sold(tmp_path: Path) -> None:
    """Launched the day before, or nobody says when; not what is launched at the very cutoff or later."""
    at = Cutoff.parse("2025-06-01")
    tables = {
        "customer": {"customer_id": ["ann"], "days_known": [3], "home_store": ["north"]},
        "sku": {"sku": ["tea"], "days_since_sold": [2.0], "sku_baskets_7": [1.0]},
        "store": {"store_id": ["north"], "total": [5]},
    }
    tables |= {name: {of.column: ["ann"], about.column: ["tea"]} for name, (of, about) in pairs().items()}
    (tmp_path / "snapshot").mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), tmp_path / "snapshot" / f"{name}.parquet")
    launched = {"ale": date(2025, 5, 31), "gin": None, "rum": date(2025, 6, 1), "rye": date(2026, 1, 1), "tea": None}
    columns = {"sku": list(launched), **{level.column: [None] * 5 for level in levels()}}
    pq.write_table(pa.table(columns), tmp_path / "skus.parquet")
    days = pa.array(list(launched.values()), pa.date32())
    pq.write_table(pa.table({"sku": list(launched), "launched_on": days}), tmp_path / "described.parquet")

    facts = freeze(tmp_path / "snapshot", tmp_path / "skus.parquet", at, described=tmp_path / "described.parquet")

    assert texts(facts.skus) == ["ale", "gin", "tea"]
    assert facts.sku["days_since_sold"].tolist() == [NEVER_DAYS, NEVER_DAYS, 2]
    assert facts.sku["sku_baskets_7"].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("texts", "expected"), [([], []), ([None, None], [-1, -1]), (["b", None, "x", "a", "b"], [1, -1, -1, 0, 1])]
)
def test_codes_of_a_column(texts: list[str | None], expected: list[int]) -> None:
    ids = Ids(np.array([b"a", b"b"]))
    for column in (
        pa.chunked_array([pa.array(texts, pa.string())]),
        pa.chunked_array([pa.array(texts[:2], pa.string()), pa.array(texts[2:], pa.string())]),
        pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()]),
    ):
        found = codes(column, ids)
        assert (found.dtype, found.tolist()) == (np.int32, expected)
    assert codes(pa.chunked_array([pa.array(texts, pa.string())]), Ids(np.zeros(0, "S1"))).tolist() == [-1] * len(texts)
