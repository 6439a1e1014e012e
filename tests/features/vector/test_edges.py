"""Edges of the derived columns, worked by hand: the first of something, next to nothing, and what is capped."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from features.facts.facts import NEVER_DAYS, Columns, Grouped
from features.vector.looked_up import look_up, ratio
from features.vector.shopper import Shopper
from features.vector.vector import names, vector
from tests.helpers.small_facts import ANN, MILK, NORTH, TEA, small_facts

ONCE = {"customer_sku.days_since": 10.0, "customer_sku.baskets": 1.0}
STORE_GOER = {"customer.web_propensity": 0.25}

WORKED: list[tuple[str, Mapping[str, float], float]] = [
    # bought once is known well enough
    ("bought_instead", ONCE | {"customer_subcategory.days_since": 4}, 1),
    ("only_elsewhere", STORE_GOER | ONCE | {"customer_sku.web_baskets": 1}, 1),
    # one interval and one basket: all that counts is everybody's
    ("due_shrunk", ONCE | {"customer_sku.interval_days": 20, "sku.sku_interval_days": 40}, 0.25),
    # of nothing at all, and of one
    ("sku_share_here_28", STORE_GOER, 0),
    ("sku_share_here_28", STORE_GOER | {"sku.sku_baskets_28": 1}, 1),
    ("basket_rate_28", {"customer_sku.baskets_28": 1, "customer.baskets_28": 1}, 1),
    ("basket_rate_91", {}, 0),
    ("basket_rate_91", {"customer_sku.baskets_91": 1, "customer.baskets_91": 1}, 1),
    ("store_share_28", {"store_sku.store_baskets_28": 3}, 3),
    ("store_share_28", {"store_sku.store_baskets_28": 3, "store.store_total_91": 1}, 3),
    ("store_share_91", {"store_sku.store_baskets_91": 3}, 3),
    ("store_share_91", {"store_sku.store_baskets_91": 3, "store.store_total_91": 1}, 3),
    # a customer of half a day is taken for one of a day: known for half of it, so 2 of 4 trips
    (
        "basket_rate",
        {"customer_sku.baskets": 3, "customer.baskets": 4, "customer.days_known": 0.5, "customer_sku.days_known": 0.5},
        1.5,
    ),
    # nobody knows a SKU for longer than they are known
    (
        "basket_rate",
        {"customer_sku.baskets": 3, "customer.baskets": 20, "customer.days_known": 9, "customer_sku.days_known": 99},
        0.15,
    ),
    # a faint habit is the strongest of somebody who has no other
    ("decayed_share", {"customer_sku.decayed": 0.005}, 1),
    # from nothing everything grows without end: capped
    ("sku_trend_7", {"sku.sku_baskets_7": 6}, 10),
    ("sku_trend_28", {"sku.sku_baskets_28": 6}, 10),
    ("sku_trend_91", {"sku.sku_baskets_91": 6}, 10),
    ("price_now", {"sku.price_28": 3}, 5),
    ("store_lift", {"store_sku.store_baskets_91": 9}, 1),
    # the usual channel is the web from a half on
    ("on_web", {"customer.web_propensity": 0.495}, 0),
    ("on_web", {"customer.web_propensity": 0.5}, 1),
]


@pytest.mark.parametrize(("name", "values", "expected"), WORKED)
def test_derived_columns_at_their_edges(name: str, values: Mapping[str, float], expected: float) -> None:
    facts = small_facts(values)
    row = vector(facts, Shopper(ANN, NORTH), np.array([MILK], dtype=np.int32), np.zeros((1, 0), np.float32))[0]
    assert row[names(facts, ()).index(name)] == pytest.approx(expected, rel=1e-6)


def test_a_ratio_divides_by_a_thousandth_at_the_least() -> None:
    part = np.array([0.002, 0.002, 0.02], dtype=np.float32)
    assert ratio(part, np.array([0, 0.0005, 0.002]), 20.0).tolist() == pytest.approx([2, 2, 10])


def test_nobody_has_a_strongest_habit() -> None:
    facts = small_facts({"customer_sku.decayed": 0.5})
    skus = np.array([MILK], dtype=np.int32)
    assert [look_up(facts, Shopper(customer), skus).most_decayed for customer in (ANN, -1)] == [0.5, 0]


@pytest.mark.parametrize("customer", [ANN, -1])
def test_a_grain_without_any_row_says_nothing_of_anybody(customer: int) -> None:
    facts = small_facts({"customer_sku.baskets": 3, "customer_brand.lines": 4})
    bare = facts.pairs["customer_brand"]
    none = Grouped(np.zeros(2, np.int64), bare.keys[:0], Columns(bare.columns.names, bare.columns.values[:0]))
    facts = replace(facts, pairs=facts.pairs | {"customer_brand": none})
    found = look_up(facts, Shopper(customer, NORTH, elapsed_days=2.0), np.array([MILK, TEA], dtype=np.int32))
    assert found["customer_brand"]["lines"].tolist() == [0, 0]
    assert found["customer_brand"]["days_since"].tolist() == [NEVER_DAYS, NEVER_DAYS]
