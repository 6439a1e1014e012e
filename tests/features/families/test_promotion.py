"""Promotion, worked by hand: what runs at the cutoff, in a store, in every store, online."""

import pytest

from features.families import promotion
from tests.helpers.worked_tables import assert_rows, worked

PURCHASES = """
    sku  | store | days_ago
    tea  | north | 1
    tea  | north | 2
    tea  | south | 500
    milk | east  | 1
    gin  |       | 1
    tea  | west  | -1
"""
"""Three stores are known at the cutoff; tea was sold in two of them."""

RUNNING = """
    sku  | store | channel | from_days | to_days | display | mailer
    tea  | north |         | -3        | 4       | aisle   |
    tea  | south |         | -3        | 4       |         | page 1
    tea  | north |         | -1        | 9       | front   |
    milk | north |         | -3        | 4       |         |
"""
EVERYWHERE = """
    sku  | store | channel | from_days | to_days | display | mailer
    tea  |       |         | -3        | 4       | aisle   |
    milk |       | store   | -3        | 4       | aisle   | page 1
    gin  |       | web     | -3        | 4       | banner  |
    ale  |       |         | -3        | 4       |         | page 1
    tea  | east  |         | -3        | 4       |         | page 2
"""


def test_sku_counts_stores_not_rows() -> None:
    assert_rows(
        worked(promotion.sku, PURCHASES, promotions=RUNNING),
        """
        sku  | display_stores | mailer_stores
        tea  | 1              | 1
        milk | 0              | 0
        """,
    )


def test_store_sku() -> None:
    assert_rows(
        worked(promotion.store_sku, PURCHASES, promotions=RUNNING),
        """
        store | sku  | on_display | in_mailer
        north | tea  | 1          | 0
        south | tea  | 0          | 1
        north | milk | 0          | 0
        """,
    )


def test_a_promotion_without_a_store_runs_in_all_of_them_and_online() -> None:
    assert_rows(
        worked(promotion.sku, PURCHASES, promotions=EVERYWHERE),
        """
        sku  | display_stores | mailer_stores
        tea  | 4              | 1
        milk | 3              | 3
        gin  | 1              | 0
        ale  | 0              | 4
        """,
    )


def test_it_shows_in_the_stores_that_sold_the_sku() -> None:
    assert_rows(
        worked(promotion.store_sku, PURCHASES, promotions=EVERYWHERE),
        """
        store | sku  | on_display | in_mailer
        north | tea  | 1          | 0
        south | tea  | 1          | 0
        east  | tea  | 0          | 1
        east  | milk | 1          | 1
        """,
    )


@pytest.mark.parametrize(
    ("from_days", "to_days", "plan_days", "is_known"),
    [
        ("-1", "1", 0, True),
        ("0", "1", 0, False),
        ("-1", "0", 0, False),
        ("-1/86400", "1/86400", 0, True),
        ("0", "1", 7, True),
        ("6", "20", 7, True),
        ("7", "20", 7, False),
        ("-9", "0", 7, False),
    ],
)
def test_a_promotion_is_known_while_it_runs_or_is_planned(
    from_days: str, to_days: str, plan_days: float, *, is_known: bool
) -> None:
    promotions = f"""
        sku | store | from_days   | to_days   | display
        tea | north | {from_days} | {to_days} | aisle
    """
    found = worked(promotion.sku, PURCHASES, promotions=promotions, plan_days=plan_days)
    assert [row["sku"] for row in found] == (["tea"] if is_known else [])


def test_without_promotions_there_are_no_rows() -> None:
    assert worked(promotion.sku, PURCHASES) == []
    assert worked(promotion.store_sku, PURCHASES) == []
