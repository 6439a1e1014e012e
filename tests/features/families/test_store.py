"""Store, worked by hand: the home store, and what sells where."""

import pytest

from features.families import store
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | store | basket | days_ago
    ann      | tea  | north | a1     | 1
    ann      | milk | north | a1     | 1
    ann      | tea  | north | a2     | 28
    ann      | tea  | south | a3     | 91
    bob      | tea  | south | b1     | 92
    bob      | tea  |       | b2     | 1
    eve      | tea  |       | e1     | 1
             | tea  | south | x1     | 2
             | milk | east  | x2     | 365
"""


def test_customer() -> None:
    assert_rows(
        worked(store.customer, PURCHASES),
        """
        customer | home_store | home_share | stores_visited
        ann      | north      | 2/3        | 2
        bob      | south      | 1          | 1
        """,
    )


@pytest.mark.parametrize(
    ("why", "north", "south", "home"),
    [
        ("the most baskets of the last half year", ("1", "2", "3"), ("4", "5"), "north"),
        ("recent ones before many old ones", ("182", "5"), ("182.1", "200", "201"), "north"),
        ("half a year is 182 days to the day", ("182",), ("365/2", "300"), "north"),
        ("as many recent ones, more ever", ("1",), ("2", "300"), "south"),
        ("older ones where there are no recent ones", ("200",), ("200", "300"), "south"),
        ("a tie: the first by name", ("9",), ("1",), "north"),
    ],
)
def test_home_store(why: str, north: tuple[str, ...], south: tuple[str, ...], home: str) -> None:
    rows = [f"ann | {name} | {days}" for name, ages in (("north", north), ("south", south)) for days in ages]
    found = worked(store.customer, "\n".join(["customer | store | days_ago", *rows]))
    assert [row["home_store"] for row in found] == [home], why


def test_store_sku_forgets_after_a_year() -> None:
    assert_rows(
        worked(store.store_sku, PURCHASES),
        """
        store | sku  | store_baskets_28 | store_baskets_91 | store_baskets_364
        north | tea  | 2                | 2                | 2
        north | milk | 1                | 1                | 1
        south | tea  | 1                | 2                | 3
        """,
    )


def test_store_category_compares_with_all_stores() -> None:
    skus = """
        sku  | category
        tea  | Drinks
        milk | Dairy
    """
    drinks, dairy = 4 / 4, 1 / 4  # of the four baskets of 91 days in stores
    shares = {
        ("north", "Drinks"): ((2 + 20 * drinks) / 22, drinks),
        ("north", "Dairy"): ((1 + 20 * dairy) / 22, dairy),
        ("south", "Drinks"): ((2 + 20 * drinks) / 22, drinks),
    }
    rows = [f"{store} | {category} | {here} | {here / usual}" for (store, category), (here, usual) in shares.items()]
    found = worked(store.store_category, PURCHASES, skus=skus)
    assert_rows(found, "\n".join(["store | category | category_here | category_lift", *rows]))


def test_store_counts_anonymous_baskets_but_no_customer_for_them() -> None:
    assert_rows(
        worked(store.store, PURCHASES),
        """
        store | store_total_91 | store_customers_91
        north | 2              | 1
        south | 2              | 1
        east  | 0              | 0
        """,
    )


def test_windows_hold_their_last_day_and_not_what_is_half_a_day_older() -> None:
    purchases = """
        customer | sku  | store | days_ago
        a        | tea  | north | 28
        b        | tea  | north | 57/2
        a        | milk | north | 91
        c        | milk | north | 183/2
        a        | figs | north | 364
        b        | figs | north | 729/2
    """
    found = {row["sku"]: tuple(row.values())[2:] for row in worked(store.store_sku, purchases)}
    assert found == {"tea": (1, 2, 2), "milk": (0, 1, 2), "figs": (0, 0, 1)}
    (row,) = worked(store.store, purchases)
    assert (row["store_total_91"], row["store_customers_91"]) == (3, 2)
    categories = "sku | category\ntea | Drinks\nmilk | Dairy\nfigs | Fruit"
    shares = {row["category"]: row["category_here"] for row in worked(store.store_category, purchases, skus=categories)}
    assert shares == {"Drinks": pytest.approx(2 / 3), "Dairy": pytest.approx(1 / 3)}


def test_baskets_count_whatever_they_hold_and_are_as_old_as_their_latest_line() -> None:
    purchases = """
        customer | sku  | store | basket | days_ago
        ann      | tea  | north | a1     | 30
        ann      | tea  | north | a1     | 28
        ann      | milk | north | a1     | 28
        ann      | tea  | south | a2     | 28
        ann      | tea  | south | a3     | 28
    """
    assert [row["home_store"] for row in worked(store.customer, purchases)] == ["south"]
    found = {(row["store_id"], row["sku"]): row["store_baskets_28"] for row in worked(store.store_sku, purchases)}
    assert found == {("north", "milk"): 1, ("north", "tea"): 1, ("south", "tea"): 2}
    shares = worked(store.store_category, purchases, skus="sku | category\ntea | Drinks\nmilk | Dairy")
    drinks, dairy = 3 / 3, 1 / 3
    assert {(row["store_id"], row["category"]): row["category_here"] for row in shares} == {
        ("north", "Drinks"): pytest.approx((1 + 20 * drinks) / 21),
        ("north", "Dairy"): pytest.approx((1 + 20 * dairy) / 21),
        ("south", "Drinks"): pytest.approx((2 + 20 * drinks) / 22),
    }
