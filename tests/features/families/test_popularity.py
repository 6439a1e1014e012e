"""Popularity, worked by hand: baskets and customers of short and long windows, edges included."""

from features.families import popularity
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | basket | days_ago
    ann      | tea  | a1     | 7
    ann      | tea  | a1     | 7
    ann      | tea  | a2     | 7.5
    bob      | tea  | b1     | 28
             | tea  | x1     | 1
             | tea  | x2     | 91
    eve      | tea  | e1     | 364
    eve      | milk | e2     | 365
"""


def test_sku() -> None:
    assert_rows(
        worked(popularity.sku, PURCHASES),
        """
        sku  | sku_baskets_7 | sku_baskets_28 | sku_baskets_91 | sku_baskets_364 | sku_customers_28 | sku_customers_364
        tea  | 2             | 4              | 5              | 6               | 2                | 3
        milk | 0             | 0              | 0              | 0               | 0                | 0
        """,
    )


def test_windows_hold_their_last_day_and_not_what_is_half_a_day_older() -> None:
    purchases = """
        customer | sku | days_ago
        a        | 7   | 7
        b        | 7   | 15/2
        a        | 28  | 28
        b        | 28  | 57/2
        a        | 91  | 91
        b        | 91  | 183/2
        a        | 364 | 364
        b        | 364 | 729/2
    """
    found = {row.pop("sku"): list(row.values()) for row in worked(popularity.sku, purchases)}
    assert found == {  # baskets of 7, 28, 91, 364 days; customers of 28, 364
        "7": [1, 2, 2, 2, 2, 2],
        "28": [0, 1, 2, 2, 1, 2],
        "91": [0, 0, 1, 2, 0, 2],
        "364": [0, 0, 0, 1, 0, 1],
    }


def test_a_basket_and_a_customer_count_by_their_latest_line() -> None:
    found = worked(popularity.sku, "customer | basket | days_ago\nann | a1 | 29/2\nann | a1 | 6\nann | a2 | 40")
    assert [(row["sku_baskets_7"], row["sku_baskets_28"], row["sku_customers_28"]) for row in found] == [(1, 1, 1)]


def test_a_sku_that_nobody_known_bought_reached_no_customers() -> None:
    (found,) = worked(popularity.sku, "days_ago\n3")
    assert (found["sku_baskets_28"], found["sku_customers_28"], found["sku_customers_364"]) == (1, 0, 0)
