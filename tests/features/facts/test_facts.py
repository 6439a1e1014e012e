"""Facts: arrays that are saved, mapped and shared; what is missing has a value."""

import dataclasses
import mmap
from pathlib import Path

import numpy as np
import pytest

from features.clock import Cutoff
from features.facts.facts import (
    ARRAYS,
    COLUMNS,
    IDS,
    NEVER_DAYS,
    Columns,
    Facts,
    Grouped,
    Ids,
    is_age,
    load,
    missing_value,
    save,
)
from features.facts.grains import levels, pairs
from tests.helpers.worked_tables import CUTOFF, facts_of

PURCHASES = """
    customer | sku    | store | days_ago | paid
    Zoë      | Käse-1 | 北京  | 5        | 2
    ann      | 茶     | 北京  | 5        | 2
    ann      | Käse-1 | Graz  | 9        | 2
"""
SKUS = """
    sku    | brand | department | category | subcategory
    Käse-1 | Öko   | Food       | Milch    | Käse
    茶     |       | Food       | 饮料     | 茶
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(tmp_path_factory.mktemp("facts"), PURCHASES, skus=SKUS)


def arrays(facts: Facts) -> dict[str, np.ndarray]:
    grouped = facts.pairs
    return (
        {name: getattr(facts, name).values for name in (*IDS, *COLUMNS)}
        | {name: getattr(facts, name) for name in ARRAYS}
        | {f"{name}.ids": level.ids.values for name, level in facts.levels.items()}
        | {f"{name}.of_sku": level.of_sku for name, level in facts.levels.items()}
        | {f"{name}.{part}": getattr(rows, part) for name, rows in grouped.items() for part in ("starts", "keys")}
        | {f"{name}.columns": rows.columns.values for name, rows in grouped.items()}
    )


def assert_equal(one: Facts, other: Facts) -> None:
    assert one.cutoff_days == other.cutoff_days
    for name, array in arrays(one).items():
        assert array.dtype == arrays(other)[name].dtype, name
        np.testing.assert_array_equal(array, arrays(other)[name], err_msg=name)
    for name in COLUMNS:
        assert getattr(one, name).names == getattr(other, name).names
    assert one.levels.keys() == other.levels.keys() == {key.column for key in levels()}
    assert one.pairs.keys() == other.pairs.keys() == pairs().keys()
    for name in pairs():
        assert one.pairs[name].columns.names == other.pairs[name].columns.names


def test_what_is_saved_can_be_read_back(facts: Facts, tmp_path: Path) -> None:
    save(facts, tmp_path / "facts")
    assert_equal(load(tmp_path / "facts"), facts)
    assert Cutoff.of_days(load(tmp_path / "facts").cutoff_days) == CUTOFF


def test_the_parts_that_are_saved_are_all_there_are() -> None:
    assert {field.name for field in dataclasses.fields(Facts)} == {
        "cutoff_days",
        *IDS,
        *ARRAYS,
        *COLUMNS,
        "levels",
        "pairs",
    }


def test_arrays_are_mapped_and_cannot_be_written(facts: Facts, tmp_path: Path) -> None:
    save(facts, tmp_path / "facts")
    for name, array in arrays(load(tmp_path / "facts")).items():
        assert not array.flags.writeable, name
        assert type(array) is np.ndarray, name
        assert _is_mapped(array), name


def _is_mapped(array: np.ndarray) -> bool:
    below = array
    while isinstance(below, np.ndarray):
        below = below.base
    return isinstance(below, mmap.mmap)


def test_facts_about_nothing_can_be_saved(tmp_path: Path) -> None:
    nothing = facts_of(tmp_path, "customer | days_ago\n ann | -1")
    save(nothing, tmp_path / "facts")
    back = load(tmp_path / "facts")
    assert_equal(back, nothing)
    assert (len(back.customers), len(back.skus), back.customers.code("ann")) == (0, 0, -1)
    assert back.customer.values.shape == (0, len(back.customer.names))
    assert back.pairs["customer_sku"].rows(-1) == slice(0, 0)


def test_ids_of_any_script(facts: Facts) -> None:
    assert [facts.skus.text(facts.skus.code(text)) for text in ("Käse-1", "茶")] == ["Käse-1", "茶"]
    assert [facts.customers.code(text) for text in ("Zoë", "ann", "Zoe", "zoë", "Zo", "", None)] == [
        0,
        1,
        -1,
        -1,
        -1,
        -1,
        -1,
    ]
    assert facts.stores.text(int(facts.home_store[facts.customers.code("Zoë")])) == "北京"


@pytest.mark.parametrize("text", ["ann\0", "\0", "a" * 10_000, "\ud800", "an"])
def test_texts_that_only_look_like_an_id_are_unknown(facts: Facts, text: str) -> None:
    assert facts.customers.code(text) == -1


def test_codes_of_ids_that_are_longer_than_any_that_is_known() -> None:
    ids = Ids(np.array([b"ab", b"cd"]))
    assert ids.codes(np.array([b"cd", b"abc", b"a", b""])).tolist() == [1, -1, -1, -1]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("days_since", NEVER_DAYS),
        ("interval_days", NEVER_DAYS),
        ("last_interval_days", NEVER_DAYS),
        ("sku_interval_days", NEVER_DAYS),
        ("baskets_28", 0),
        ("price_28", 0),
        ("holidays", 0),
    ],
)
def test_what_is_missing_was_never_or_is_nothing(column: str, value: float) -> None:
    assert missing_value(column) == value
    assert Columns((column,), np.zeros((0, 1), np.float32)).blank().tolist() == [value]


def test_ages_are_the_days_that_grow(facts: Facts) -> None:
    ages = {f"{grain}.{name}" for grain in COLUMNS for name in getattr(facts, grain).names if is_age(name)}
    of_customers = {"days_since_basket", "days_known", "days_since_web", "days_since_store"}
    assert ages == {f"customer.{name}" for name in of_customers} | {"sku.days_since_sold", "sku.days_on_sale"}
    assert not is_age("interval_days")
    assert Columns(("days_since", "interval_days"), np.zeros((0, 2), np.float32)).ages().tolist() == [True, False]


def test_a_column_by_name() -> None:
    columns = Columns(("one", "two"), np.array([[1, 2], [3, 4]], np.float32))
    assert columns["two"].tolist() == [2, 4]


def test_rows_of_a_group() -> None:
    columns = Columns(("score",), np.array([[1], [2], [3]], np.float32))
    grouped = Grouped(np.array([0, 2, 2, 3]), np.array([4, 7, 4], np.int32), columns)
    assert [grouped.rows(group) for group in (-1, 0, 1, 2)] == [slice(0, 0), slice(0, 2), slice(2, 2), slice(2, 3)]
    rows, found = grouped.find(2, np.array([7, 4], np.int32))
    assert (rows.tolist(), found.tolist()) == ([0, 2], [False, True])
