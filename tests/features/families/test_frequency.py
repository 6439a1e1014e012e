"""Frequency, worked by hand: windows reach back to exactly 28 and 91 days."""

from features.families import frequency
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    customer | sku  | basket | days_ago | units
    ann      | tea  | a1     | 120      | 1
    ann      | tea  | a2     | 60       | 2
    ann      | tea  | a2     | 60       | 4
    ann      | milk | a2     | 60       | 1
    ann      | tea  | a3     | 28       | 0
    ann      | milk | a4     | 91       | 2.5
    bob      | tea  | b1     | 28.001   | 3
             | tea  | x1     | 1        | 9
"""


def test_customer_lines_count_a_sku_twice_where_it_is_on_two_lines() -> None:
    assert_rows(
        worked(frequency.customer, PURCHASES),
        """
        customer | baskets | baskets_28 | baskets_91 | lines | distinct_skus
        ann      | 4       | 1          | 3          | 6     | 2
        bob      | 1       | 0          | 1          | 1     | 1
        """,
    )


def test_customer_sku_counts_a_basket_once_and_lines_without_units_too() -> None:
    # tea of ann: baskets of 1, 6 and 0 units; worth 1/4 after two half-lives, 1/2 after one
    decayed_at_28 = 2 ** (-28 / 60)
    decayed_at_91 = 2 ** (-91 / 60)
    decayed_of_bob = 2 ** (-28.001 / 60)
    assert_rows(
        worked(frequency.customer_sku, PURCHASES),
        f"""
        customer | sku  | baskets | baskets_28 | baskets_91 | decayed                 | units_per_basket
        ann      | tea  | 3       | 1          | 2          | {0.75 + decayed_at_28}  | 7/3
        ann      | milk | 2       | 0          | 2          | {0.5 + decayed_at_91}   | 1.75
        bob      | tea  | 1       | 0          | 1          | {decayed_of_bob}        | 3
        """,
    )


def test_windows_hold_their_last_day_and_not_what_is_half_a_day_older() -> None:
    purchases = """
        customer | sku | days_ago
        ann      | tea | 28
        ann      | tea | 57/2
        bob      | tea | 91
        bob      | tea | 183/2
    """
    for family in (frequency.customer, frequency.customer_sku):
        found = {row["customer_id"]: (row["baskets_28"], row["baskets_91"]) for row in worked(family, purchases)}
        assert found == {"ann": (1, 2), "bob": (0, 1)}


def test_two_equal_lines_are_two_lines_of_one_basket() -> None:
    (found,) = worked(frequency.customer, "customer | basket | days_ago\nann | a1 | 3\nann | a1 | 3")
    assert (found["lines"], found["baskets"], found["baskets_28"], found["baskets_91"]) == (2, 1, 1, 1)
