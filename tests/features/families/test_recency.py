"""Recency, worked by hand."""

from features.families import recency
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | basket | days_ago
    ann      | tea  | a1     | 90
    ann      | milk | a1     | 90
    ann      | tea  | a2     | 10.5
    ann      | tea  | a2     | 10.5
    bob      | milk | b1     | 0.25
             | ale  | x1     | 3
             | milk | x2     | 200
    ann      | milk | a3     | 0
    eve      | gin  | e1     | -1
"""


def test_customer() -> None:
    assert_rows(
        worked(recency.customer, PURCHASES),
        """
        customer | days_since_basket | days_known
        ann      | 10.5              | 90
        bob      | 0.25              | 0.25
        """,
    )


def test_customer_sku() -> None:
    assert_rows(
        worked(recency.customer_sku, PURCHASES),
        """
        customer | sku  | days_since | days_known
        ann      | tea  | 10.5       | 90
        ann      | milk | 90         | 90
        bob      | milk | 0.25       | 0.25
        """,
    )


def test_sku_counts_anonymous_lines() -> None:
    assert_rows(
        worked(recency.sku, PURCHASES),
        """
        sku  | days_since_sold | days_on_sale
        tea  | 10.5            | 90
        milk | 0.25            | 200
        ale  | 3               | 3
        """,
    )


def test_whole_days_are_whole_numbers_and_a_microsecond_is_more_than_nothing() -> None:
    purchases = """
        customer | sku  | days_ago
        ann      | tea  | 7
        ann      | milk | 1/86400000000
    """
    ages = {row["sku"]: row["days_since"] for row in worked(recency.customer_sku, purchases)}
    assert ages["tea"] == 7
    assert 0 < ages["milk"] < 1e-10
