"""Channel, worked by hand: shares of lines."""

from features.families import channel
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | channel | days_ago
    ann      | tea  | web     | 200
    ann      | tea  | web     | 100
    ann      | milk | store   | 91
    ann      | milk | web     | 3
    bob      | tea  | store   | 92
             | tea  | web     | 1
"""


def test_customer() -> None:
    assert_rows(
        worked(channel.customer, PURCHASES),
        """
        customer | web_share | web_share_91
        ann      | 3/4       | 1/2
        bob      | 0         |
        """,
    )


def test_sku_counts_anonymous_lines() -> None:
    assert_rows(
        worked(channel.sku, PURCHASES),
        """
        sku  | sku_web_share
        tea  | 3/4
        milk | 1/2
        """,
    )
