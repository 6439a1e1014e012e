"""Rhythm, worked by hand: who bought once has no interval."""

from features.families import rhythm
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | basket | days_ago
    ann      | tea  | a1     | 50
    ann      | tea  | a2     | 40
    ann      | tea  | a3     | 10
    ann      | milk | a3     | 10
    ann      | milk | a3     | 10
    bob      | tea  | b1     | 8
    bob      | tea  | b2     | 2
    eve      | tea  | e1     | 1
             | tea  | x1     | 30
             | ale  | x2     | 5
"""


def test_customer_sku() -> None:
    # ann's gaps are 10 and then 30 days: mean 20, each 10 away from it
    assert_rows(
        worked(rhythm.customer_sku, PURCHASES),
        """
        customer | sku  | interval_days | interval_sd_days | last_interval_days
        ann      | tea  | 20            | 10               | 30
        ann      | milk |               |                  |
        bob      | tea  | 6             | 0                | 6
        eve      | tea  |               |                  |
        """,
    )


def test_customer() -> None:
    assert_rows(
        worked(rhythm.customer, PURCHASES),
        """
        customer | basket_interval_days
        ann      | 20
        bob      | 6
        eve      |
        """,
    )


def test_sku_is_about_customers_whom_we_know() -> None:
    # of three buyers of tea two came back, after 20 and 6 days on average
    assert_rows(
        worked(rhythm.sku, PURCHASES),
        """
        sku  | sku_interval_days | repeat_share | baskets_per_buyer
        tea  | 13                | 2/3          | 2
        milk |                   | 0            | 1
        """,
    )


def test_two_baskets_at_one_instant_are_no_days_apart() -> None:
    purchases = """
        customer | sku | basket | days_ago
        ann      | tea | a1     | 5
        ann      | tea | a2     | 5
        ann      | tea | a3     | 9
    """
    assert_rows(
        worked(rhythm.customer_sku, purchases),
        """
        customer | sku | interval_days | interval_sd_days | last_interval_days
        ann      | tea | 2             | 2                | 0
        """,
    )
    assert_rows(worked(rhythm.customer, purchases), "customer | basket_interval_days \n ann | 2")
