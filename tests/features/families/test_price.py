"""Price, worked by hand: only lines with a positive amount and units say what something costs."""

from features.families import price
from tests.helpers.worked_tables import assert_rows, worked

SKUS = """
    sku  | subcategory
    tea  | Hot drinks
    mint | Hot drinks
    nail |
"""


def test_sku() -> None:
    # tea: 3.00 and 2.00 a unit in the last four weeks, 4.00 before; list price 4.00
    purchases = """
        sku  | days_ago | units | paid | list_price
        tea  | 3        | 2     | 6    | 4
        tea  | 28       | 1     | 2    | 4
        tea  | 100      | 3     | 12   | 4
        tea  | 365      | 1     | 1    | 4
        mint | 364      | 1     | 5    | 4
        nail | 1        | 1     | 7    |
        free | 1        | 1     | 0    | 4
        none | 1        | 0     | 3    | 4
        some | 1        | 1     |      | 4
        zero | 1        | 1     | 3    | 0
    """
    assert_rows(
        worked(price.sku, purchases),
        """
        sku  | price_28 | price_364 | discount_7 | discount_28 | discount_364
        tea  | 2.5      | 3         | 1/4        | 3/8         | 1/4
        mint |          | 5         |            |             | 0
        nail | 7        | 7         |            |             |
        zero | 3        | 3         |            |             |
        """,
    )


def test_windows_hold_their_last_day_and_not_the_next() -> None:
    # a: discounts of 1/10 and 3/10, at 7 and 6 days; the others have one line each, on the last day or half a day later
    purchases = """
        sku | days_ago | paid | list_price
        a   | 7        | 9    | 10
        a   | 6        | 7    | 10
        b   | 15/2     | 8    | 10
        c   | 28       | 6    | 10
        d   | 57/2     | 6    | 10
        e   | 364      | 5    | 10
        f   | 729/2    | 5    | 10
    """
    assert_rows(
        worked(price.sku, purchases),
        """
        sku | price_28 | price_364 | discount_7 | discount_28 | discount_364
        a   | 8        | 8         | 1/5        | 1/5         | 1/5
        b   | 8        | 8         |            | 1/5         | 1/5
        c   | 6        | 6         |            | 2/5         | 2/5
        d   |          | 6         |            |             | 2/5
        e   |          | 5         |            |             | 1/2
        f   |          |           |            |             |
        """,
    )


def test_lines_without_a_list_price_do_not_dilute_the_discount() -> None:
    purchases = """
        sku | days_ago | paid | list_price
        tea | 1        | 1    | 2
        tea | 1        | 1    |
    """
    assert_rows(
        worked(price.sku, purchases),
        """
        sku | price_28 | price_364 | discount_7 | discount_28 | discount_364
        tea | 1        | 1         | 1/2        | 1/2         | 1/2
        """,
    )


def test_customer_stands_to_the_subcategory() -> None:
    # Hot drinks cost (2 + 4 + 6) / 3 = 4 a unit; ann pays 1/2 and 1 of that, bob 3/2
    purchases = """
        customer | sku  | days_ago | units | paid | list_price
        ann      | tea  | 5        | 1     | 2    | 4
        ann      | mint | 50       | 2     | 8    | 4
        bob      | mint | 1        | 1     | 6    |
                 | tea  | 1        | 1     | 40   | 40
    """
    assert_rows(
        worked(price.customer, purchases, skus=SKUS),
        """
        customer | price_level | discount_share
        ann      | 3/4         | 1/4
        bob      | 3/2         |
        """,
    )


def test_discounts_are_known_without_categories() -> None:
    purchases = """
        customer | sku  | days_ago | paid | list_price
        ann      | nail | 5        | 3    | 4
        ann      | oil  | 5        | 4    | 4
    """
    assert_rows(
        worked(price.customer, purchases, skus=SKUS),
        """
        customer | price_level | discount_share
        ann      |             | 1/8
        """,
    )
