"""Channel, worked by hand: shares of lines."""

import pytest

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


def weight(days: float) -> float:
    """What a basket of that age counts."""
    return 0.5 ** (days / 60)


def test_customer() -> None:
    online, ann, bob = weight(200) + weight(100) + weight(3), sum(map(weight, (200, 100, 91, 3))), weight(92)
    usual = online / (ann + bob)
    of_ann, of_bob = pytest.approx((online + 3 * usual) / (ann + 3)), pytest.approx(3 * usual / (bob + 3))
    ann = {"web_share": 3 / 4, "web_share_91": 1 / 2, "web_propensity": of_ann, "days_since_web": 3}
    # of three steps of ann two change the channel: after 9 days and after 88
    ann |= {"days_since_store": 91, "cross_interval_days": (9 + 88) / 2, "switch_share": pytest.approx(2 / 3)}
    bob = {"web_share": 0, "web_share_91": None, "web_propensity": of_bob, "days_since_web": None}
    bob |= {"days_since_store": 92, "cross_interval_days": None, "switch_share": 0}
    found = {row["customer_id"]: row for row in worked(channel.customer, PURCHASES)}
    assert found == {"ann": {"customer_id": "ann"} | ann, "bob": {"customer_id": "bob"} | bob}


def test_a_basket_counts_once_whatever_it_holds() -> None:
    rows = """
        customer | basket | sku  | channel | days_ago
        ann      | a1     | tea  | web     | 60
        ann      | a1     | milk | web     | 60
        ann      | a2     | tea  | store   | 0.0001
    """
    (found,) = worked(channel.customer, rows)
    assert found["web_propensity"] == pytest.approx(1 / 3, rel=1e-3)
    assert (found["cross_interval_days"], found["switch_share"]) == (pytest.approx(60, rel=1e-4), 1)


def test_without_the_web_nobody_goes_there() -> None:
    found = worked(channel.customer, "customer | days_ago\nann | 3\nbob | 5")
    assert [(row["web_propensity"], row["days_since_web"], row["switch_share"]) for row in found] == [(0, None, 0)] * 2


def test_sku_counts_anonymous_lines() -> None:
    # of the last half year: 2 of 3 lines of tea, 1 of 2 of milk, 3 of 5 of all
    skews = (2 + 20 * 3 / 5) / 23 - 3 / 5, (1 + 20 * 3 / 5) / 22 - 3 / 5
    assert_rows(
        worked(channel.sku, PURCHASES),
        f"""
        sku  | sku_web_share | sku_web_skew | sku_web_baskets_28
        tea  | 3/4           | {skews[0]}   | 1
        milk | 1/2           | {skews[1]}   | 1
        """,
    )


def test_what_a_customer_buys_where() -> None:
    skus = """
        sku  | category | subcategory
        tea  | Drinks   | Hot drinks
        milk | Dairy    |
    """
    assert_rows(
        worked(channel.customer_sku, PURCHASES),
        """
        customer | sku  | web_baskets
        ann      | tea  | 2
        ann      | milk | 1
        bob      | tea  | 0
        """,
    )
    assert_rows(
        worked(channel.customer_category, PURCHASES, skus=skus),
        """
        customer | category | web_lines
        ann      | Drinks   | 2
        ann      | Dairy    | 1
        bob      | Drinks   | 0
        """,
    )
    assert_rows(
        worked(channel.customer_subcategory, PURCHASES, skus=skus),
        """
        customer | subcategory | web_lines
        ann      | Hot drinks  | 2
        bob      | Hot drinks  | 0
        """,
    )


def test_windows_hold_their_last_day_and_not_what_is_half_a_day_older() -> None:
    purchases = """
        customer | sku  | channel | days_ago
        ann      | tea  | web     | 91
        ann      | tea  | store   | 183/2
        ann      | milk | web     | 28
        ann      | milk | web     | 57/2
    """
    assert [row["web_share_91"] for row in worked(channel.customer, purchases)] == [1]
    assert {row["sku"]: row["sku_web_baskets_28"] for row in worked(channel.sku, purchases)} == {"tea": 0, "milk": 1}


def test_half_a_year_tells_how_a_sku_differs() -> None:
    # 182 days: one line of tea online; half a day older: one of tea in a store, which does not count
    purchases = """
        sku  | channel | days_ago
        tea  | web     | 182
        tea  | store   | 365/2
        milk | store   | 1
    """
    tea, milk = (1 + 20 * 1 / 2) / 21 - 1 / 2, (0 + 20 * 1 / 2) / 21 - 1 / 2
    found = {row["sku"]: row["sku_web_skew"] for row in worked(channel.sku, purchases)}
    assert found == {"tea": pytest.approx(tea), "milk": pytest.approx(milk)}


def test_a_basket_counts_once_for_a_sku_on_two_of_its_lines_and_is_as_old_as_its_latest() -> None:
    purchases = """
        customer | sku | basket | channel | days_ago
        ann      | tea | a1     | web     | 5
        ann      | tea | a1     | web     | 4
        ann      | tea | a2     | store   | 7
        ann      | tea | a3     | store   | 9
    """
    assert [row["sku_web_baskets_28"] for row in worked(channel.sku, purchases)] == [1]
    assert [row["web_baskets"] for row in worked(channel.customer_sku, purchases)] == [1]
    (found,) = worked(channel.customer, purchases)
    assert (found["days_since_web"], found["days_since_store"], found["cross_interval_days"]) == (4, 7, 3)


def test_everybody_may_be_one_line_or_none_of_late() -> None:
    one, none = (worked(channel.sku, f"channel | days_ago\nweb | {days}") for days in (1, 200))
    assert [row["sku_web_skew"] for row in one + none] == [0, 0]
    # 1 of 1 line online; shrunk towards everybody's share it stays there
    mixed = worked(channel.sku, "sku | channel | days_ago\ntea | web | 1\nmilk | web | 200")
    assert {row["sku"]: row["sku_web_skew"] for row in mixed} == {"tea": 0, "milk": 0}
