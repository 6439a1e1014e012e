"""Choice occasions of a tiny shop: what counts as one, what was there to choose, and what it cost."""

import numpy as np
import pandas as pd
import pytest

from experiments.models.category_lines import CategoryLines
from experiments.models.trips import TripRule, remembered, trips, uniform_nats
from features.errors import DataError

MONDAY = pd.Timestamp("2017-01-02 12:00")
RULE = TripRule(skus=3, stores=1, held_out_from=4, memory_weeks=1)


def shop(rows, promotions=()):
    """Lines from (customer, basket, store, sku, week, unit price); SKUs a, b, c of two brands."""
    lines = pd.DataFrame(rows, columns=["customer_id", "basket_id", "store_id", "sku", "week", "unit_price"])
    lines["bought_at"] = MONDAY + pd.to_timedelta(7 * (lines["week"] - 1), unit="D")
    lines["units"] = 1.0
    told = pd.DataFrame(list(promotions), columns=["sku", "store_id", "week", "display", "mailer"])
    skus = pd.DataFrame(
        {"brand": ["X", "X", "Y"], "size": ["6 oz", "8 oz", "6 oz"], "subcategory": "tea"}, index=["a", "b", "c"]
    )
    skus.index.name = "sku"
    return CategoryLines(lines.sort_values("bought_at", ignore_index=True), told, skus, pd.Index(["north", "south"]))


ROWS = [
    ("ann", "1", "north", "a", 1, 1.0),
    ("ann", "1", "north", "a", 1, 1.2),  # the same SKU twice in a basket is one choice
    ("bob", "2", "north", "b", 1, 2.0),
    ("bob", "3", "south", "a", 2, 3.0),  # another store: remembered, no occasion
    ("ann", "4", "north", "a", 2, 1.4),
    ("bob", "5", "north", "c", 3, 4.0),
    ("ann", "6", "north", "a", 4, 1.0),
    ("ann", "6", "north", "b", 4, 2.5),  # two SKUs in a basket are two choices
    ("cat", "7", "north", "a", 4, 1.5),
]
PROMOTIONS = [("c", "north", 4, "3", None), ("b", "north", 3, None, "A")]


def test_occasions_and_what_was_there():
    data = trips(shop(ROWS, PROMOTIONS), RULE)
    assert data.alternatives.tolist() == ["a", "b", "c"]  # by lines before week 4, ties by name
    assert data.occasions["basket_id"].tolist() == ["1", "2", "4", "5", "6", "6", "7"]
    assert data.chosen.tolist() == [0, 1, 0, 2, 0, 1, 0]
    assert data.held_out.tolist() == [False] * 4 + [True] * 3
    # week 2 remembers week 1; week 3 has what week 2 had, b by its mailer, c by its sale
    assert data.available[:4].astype(int).tolist() == [[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 1]]
    assert data.display[4].tolist() == [0, 0, 1]
    assert data.mailer[3].tolist() == [0, 1, 0]
    assert uniform_nats(data) == pytest.approx(np.log(3))


def test_a_trip_does_not_tell_its_own_price():
    data = trips(shop(ROWS, PROMOTIONS), RULE)
    price = np.exp(data.log_price)
    # basket 6, SKU a: in the store's week only the receipt of cat; b: nobody else, ever since week 1
    assert price[4].tolist() == pytest.approx([1.5, 2.0, 4.0])
    # basket 7, SKU a: what ann paid
    assert price[6].tolist() == pytest.approx([1.0, 2.5, 4.0])
    # basket 4, SKU a: nobody else in the store; the chain's week has bob's 3.0
    assert price[2][0] == pytest.approx(3.0)


def test_changing_the_price_on_a_receipt_changes_nothing_for_its_own_trip():
    before = trips(shop(ROWS), RULE)
    dearer = [(*row[:5], 9.0) if row[1] == "7" else row for row in ROWS]
    after = trips(shop(dearer), RULE)
    assert after.log_price[6].tolist() == before.log_price[6].tolist()
    assert after.log_price[4][0] != before.log_price[4][0]


def test_discounts_are_against_the_dearest_week_before():
    data = trips(shop(ROWS), RULE)
    # basket 7, SKU a: 1.0 against 3.0 … week 2's chain mean of 1.4 and 3.0 is 2.2, week 1's is 1.1
    assert data.log_discount[6][0] == pytest.approx(np.log(1.0 / 2.2))


def test_availability_is_remembered_for_so_many_weeks():
    seen = np.zeros((1, 6, 1), dtype=bool)
    seen[0, 2, 0] = True
    assert remembered(seen, 2)[0, :, 0].tolist() == [False, False, True, True, True, False]


def test_a_category_without_held_out_choices_is_told():
    with pytest.raises(DataError, match="0 from it on"):
        trips(shop(ROWS), TripRule(held_out_from=5))
    with pytest.raises(DataError, match="1 SKUs"):
        trips(shop([row for row in ROWS if row[3] == "a"]), RULE)
