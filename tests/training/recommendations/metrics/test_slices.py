"""Slices on a shop of six customers, by hand."""

import pandas as pd
import pytest

from training.recommendations.metrics.ranking import Evaluation
from training.recommendations.metrics.slices import sliced, slices

BEFORE = [
    # customer, sku, basket, channel, store
    ("a", "milk", "b1", "store", "big"),
    ("b", "milk", "b2", "store", "big"),
    ("c", "milk", "b3", "store", "mid"),
    ("c", "tea", "b4", "store", "mid"),
    ("d", "milk", "b5", "store", "mid"),
    ("d", "tea", "b6", "web", None),
    ("e", "milk", "b7", "store", "tiny"),
    ("e", "tea", "b8", "store", "big"),
    ("e", "tea", "b9", "store", "tiny"),
    ("f", "milk", "b10", "web", None),
    ("f", "tea", "b11", "web", None),
    ("f", "figs", "b12", "web", None),
    (None, "milk", "b13", "store", "big"),
]
WINDOW = [
    *((customer, "milk", f"w{customer}", "store", "big") for customer in "abcdef"),
    ("a", "milk", "w1", "web", None),
    ("a", "rice", "w1", "web", None),
    ("f", "tea", "w2", "web", None),
]


@pytest.fixture
def tables():
    columns = ["customer_id", "sku", "basket_id", "channel", "store_id"]
    return pd.DataFrame(BEFORE, columns=columns), pd.DataFrame(WINDOW, columns=columns)


@pytest.fixture
def rows(tables):
    before, window = tables
    lists = pd.DataFrame([("a", "rice", 1), ("b", "milk", 1)], columns=["customer_id", "sku", "rank"])
    evaluation = Evaluation.of(before, window)
    table = pd.concat([sliced(evaluation, lists, slices(evaluation, before, window), task) for task in ("all", "new")])
    hits = table[table["metric"] == "hit_at_10"]
    return {(row.task, row.slice, row.value): (row.customers, row.mean) for row in hits.itertuples()}


def test_everyone_comes_first(rows):
    assert rows["all", "everyone", "all"] == (6, pytest.approx(2 / 6))
    assert rows["new", "everyone", "all"] == (1, 1.0)


def test_repeat_and_new_labels(rows):
    assert rows["all", "labels", "repeat"] == (6, pytest.approx(1 / 6)), "only Bob's milk is found"
    assert rows["all", "labels", "new"] == (1, 1.0), "Ann's rice"
    assert ("new", "labels", "repeat") not in rows


def test_thirds_by_baskets(rows):
    assert rows["all", "history", "light"] == (2, 1.0), "a and b came once"
    assert rows["all", "history", "middle"] == (2, 0.0)
    assert rows["all", "history", "heavy"] == (2, 0.0)


def test_channel_of_the_label_purchases(rows):
    assert rows["all", "channel", "store"] == (6, pytest.approx(1 / 6))
    assert rows["all", "channel", "web"] == (2, pytest.approx(1 / 2)), "a and f; milk of a is in both channels"


def test_size_of_the_main_store(rows):
    assert rows["all", "store_size", "small"] == (1, 0.0), "e shops at the tiny store"
    assert rows["all", "store_size", "medium"] == (2, 0.0), "c and d"
    assert rows["all", "store_size", "large"] == (2, 1.0), "a and b"
    judged = sum(count for (task, name, _), (count, _) in rows.items() if (task, name) == ("all", "store_size"))
    assert judged == 5, "f never enters a store"


def test_no_lists_and_nobody(tables):
    before, window = tables
    none = pd.DataFrame({"customer_id": [], "sku": [], "rank": []}).astype({"customer_id": "str", "sku": "str"})
    evaluation = Evaluation.of(before, window)
    assert (sliced(evaluation, none, slices(evaluation, before, window), "all")["mean"] == 0).all()
    nobody = Evaluation.of(before, window.iloc[:0])
    assert sliced(nobody, none, slices(nobody, before, window.iloc[:0]), "all").empty


def chosen(before, wanted: str) -> dict[str, set[str]]:
    """Value of a slice -> its customers, where each customer of `before` buys milk in the window."""
    columns = ["customer_id", "sku", "basket_id", "channel", "store_id"]
    past = pd.DataFrame(before, columns=columns)
    window = past.drop_duplicates("customer_id").assign(sku="milk")
    evaluation = Evaluation.of(past, window)
    who = evaluation.customers[evaluation.customer]
    return {one.value: set(who[one.chosen]) for one in slices(evaluation, past, window) if one.name == wanted}


def test_a_basket_counts_once_and_a_tie_stands_in_the_third_of_its_mean_rank():
    # a and b have one basket each: ranks 1 and 2, the mean of which begins the middle third of three
    rows = [("a", "x", "b1", "web", None), ("b", "x", "b2", "web", None), ("c", "x", "b3", "web", None)]
    assert chosen([*rows, ("c", "x", "b4", "web", None)], "history") == {
        "light": set(), "middle": {"a", "b"}, "heavy": {"c"},
    }  # fmt: skip
    many_lines = [("a", sku, "b1", "web", None) for sku in "xyz"]
    assert chosen([*many_lines, *rows[1:], ("b", "x", "b5", "web", None)], "history")["heavy"] == {"b"}


def test_one_customer_is_in_the_middle():
    assert chosen([("a", "x", "b1", "web", None)], "history") == {"light": set(), "middle": {"a"}, "heavy": set()}


def test_of_two_stores_with_as_many_lines_the_first_by_name_is_the_main_one():
    rows = [("a", "x", "b1", "store", "west"), ("a", "x", "b2", "store", "east"), ("b", "x", "b3", "store", "west")]
    # east sold one line, west two
    assert chosen(rows, "store_size") == {"small": {"a"}, "medium": set(), "large": {"b"}}


def test_the_columns_of_a_table_of_slices(tables):
    before, window = tables
    lists = pd.DataFrame([("a", "rice", 1)], columns=["customer_id", "sku", "rank"])
    for table in (sliced(Evaluation.of(before, rows), lists, [], "all") for rows in (window, window.iloc[:0])):
        assert list(table.columns) == ["task", "slice", "value", "customers", "metric", "mean", "low", "high"]
