"""Affinity, worked by hand: lines of a customer by subcategory, category and brand."""

from features.families import affinity
from tests.helpers.worked_tables import assert_rows, worked

SKUS = """
    sku   | subcategory | category | brand
    green | Tea         | Drinks   | Leaf
    black | Tea         | Drinks   |
    latte | Coffee      | Drinks   | Bean
    nail  |             |          |
"""
PURCHASES = """
    customer | sku   | basket | days_ago
    ann      | green | a1     | 120
    ann      | black | a1     | 120
    ann      | green | a2     | 60
    ann      | green | a2     | 60
    ann      | latte | a3     | 0
    ann      | nail  | a3     | 0
    bob      | nail  | b1     | 60
             | green | x1     | 60
"""


def test_customer_subcategory() -> None:
    assert_rows(
        worked(affinity.customer_subcategory, PURCHASES, skus=SKUS),
        """
        customer|subcategory| days_since | lines | lines_28 | lines_91 | decayed | distinct_skus | baskets | days_known
        ann     |Tea        | 60         | 4     | 0        | 2        | 1.5     | 2             | 2       | 120
        """,
    )


def test_customer_category() -> None:
    purchases = PURCHASES.replace("| a3     | 0", "| a3     | 28")
    assert_rows(
        worked(affinity.customer_category, purchases, skus=SKUS),
        f"""
        customer|category| days_since | lines | lines_28 | lines_91 | decayed | distinct_skus | baskets | days_known
        ann     |Drinks  | 28 | 5 | 1 | 3 | {1.5 + 2 ** (-28 / 60)} | 3 | 3 | 120
        """,
    )


def test_customer_brand_leaves_out_lines_without_one() -> None:
    assert_rows(
        worked(affinity.customer_brand, PURCHASES, skus=SKUS),
        """
        customer | brand | days_since | lines | lines_28 | lines_91 | decayed | distinct_skus | baskets | days_known
        ann      | Leaf  | 60         | 3     | 0        | 2        | 1.25    | 1             | 2       | 120
        """,
    )


def test_without_categories_and_brands_there_are_no_rows() -> None:
    for family in (affinity.customer_subcategory, affinity.customer_category, affinity.customer_brand):
        assert worked(family, PURCHASES) == []


def test_windows_hold_their_last_day_and_not_what_is_half_a_day_older() -> None:
    purchases = """
        customer | sku   | days_ago
        ann      | green | 28
        ann      | green | 57/2
        bob      | green | 91
        bob      | green | 183/2
    """
    found = worked(affinity.customer_subcategory, purchases, skus=SKUS)
    assert [(row["customer_id"], row["lines_28"], row["lines_91"]) for row in found] == [("ann", 1, 2), ("bob", 0, 1)]
