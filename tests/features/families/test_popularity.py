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
