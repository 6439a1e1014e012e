"""Grains: one entry and one family function are all that a new one takes, from the snapshot to a request."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from ibis import Table, _

from features.engine import duckdb_engine
from features.facts import snapshot
from features.facts.facts import load, save
from features.facts.freeze import freeze
from features.facts.grains import CUSTOMER, GRAINS, STORE, Grain, Key, levels, pairs
from features.facts.snapshot import write_snapshot
from features.known import Known, known_before
from features.vector.shopper import Shopper
from features.vector.vector import names, vector
from tests.helpers.worked_tables import CUTOFF, write_warehouse
from training.recommendations.profiles import only

PURCHASES = """
    customer | sku  | store | days_ago | paid
    ann      | tea  | north | 5        | 2
    ann      | milk | north | 9        | 2
    bob      | tea  | south | 2        | 2
    bob      | soap | south | 2        | 2
"""
SKUS = """
    sku  | brand | department | category | subcategory
    milk | Farm  | Food       | Dairy    | Milk
    soap | Pure  | Home       | Bath     | Soap
    tea  | Leaf  | Food       | Drinks   | Hot drinks
"""


def customer_department(known: Known) -> Table:
    lines = known.purchases.filter(_.customer_id.notnull() & _.department.notnull())
    return lines.group_by("customer_id", "department").agg(days_since=_.age_days.min(), lines=_.count())


def store_brand(known: Known) -> Table:
    lines = known.purchases.filter(_.store_id.notnull() & _.brand.notnull())
    return lines.group_by("store_id", "brand").agg(lines=_.count())


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two grains more, one of them about a level that no grain spoke of."""
    monkeypatch.setitem(GRAINS, "customer_department", Grain(CUSTOMER, Key("department", "departments")))
    monkeypatch.setitem(GRAINS, "store_brand", Grain(STORE, pairs()["customer_brand"][1]))
    family = ModuleType("features.families.aisles")
    family.customer_department, family.store_brand = customer_department, store_brand  # type: ignore[attr-defined]
    monkeypatch.setattr(snapshot, "FAMILIES", (*snapshot.FAMILIES, family))


@pytest.mark.usefixtures("added")
def test_a_grain_is_an_entry_and_a_family_function(tmp_path: Path) -> None:
    write_warehouse(tmp_path, PURCHASES, skus=SKUS)
    with duckdb_engine(tmp_path / "scratch", "100MB", 1) as engine:
        folder = write_snapshot(engine, known_before(engine, tmp_path, CUTOFF), tmp_path / "snapshot")
    built = freeze(folder, tmp_path / "skus.parquet", CUTOFF)
    save(built, tmp_path / "facts")
    facts = load(tmp_path / "facts")

    skus = np.arange(3, dtype=np.int32)
    assert [facts.skus.text(code) for code in skus] == ["milk", "soap", "tea"]
    asked = facts.customers.code("ann"), facts.stores.code("south"), 1.5
    features = vector(facts, Shopper(*asked), skus, np.zeros((3, 0), dtype=np.float32))
    found = dict(zip(names(facts, ()), features.T.tolist(), strict=True))
    assert found["customer_department.lines"] == [2, 0, 2]
    assert found["customer_department.days_since"] == [6.5, 9999, 6.5]
    assert found["store_brand.lines"] == [0, 1, 1]
    np.testing.assert_array_equal(vector(built, Shopper(*asked), skus, np.zeros((3, 0), np.float32)), features)

    assert snapshot.family_of_columns()["customer_department.lines"] == "aisles"
    # the profile of who is left out of a bundle goes whole
    bob = only(facts, np.array([False, True]))
    assert bob.pairs["customer_department"].columns["lines"].tolist() == [1, 1]
    assert bob.pairs["store_brand"].columns["lines"].tolist() == facts.pairs["store_brand"].columns["lines"].tolist()


def test_levels_are_named_once_each_and_columns_of_the_vector_in_their_order() -> None:
    assert [key.column for key in levels()] == ["subcategory", "category", "brand"]
    assert [key.ids for key in levels()] == ["subcategories", "categories", "brands"]
    assert all(of in (CUSTOMER, STORE) for of, _about in pairs().values())
