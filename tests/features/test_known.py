"""What is known strictly before a cutoff: which rows, and that Spark could say it too."""

import pytest

from features.contracts.outputs import PROMOTIONS, PURCHASES, SKUS
from features.known import promotions_at, purchases_before, visits_of
from features.warehouse.assemble import ibis_table
from tests.helpers.spark import spark_sql
from tests.helpers.worked_tables import CUTOFF, assert_rows, worked

PURCHASES_TEXT = """
    customer | sku  | basket | days_ago      | units | paid
    ann      | tea  | a1     | 1             | 1     | 2.5
    ann      | tea  | a1     | 1             | 2     |
    ann      | milk | a1     | 1/86400000000 | 1     | 1
             | tea  | x1     | 3             | 4     | 1
    ann      | gin  | a2     | 0             | 1     | 1
    ann      | gin  | a3     | -1            | 1     | 1
"""


def test_lines_before_the_cutoff_with_the_levels_of_their_sku() -> None:
    skus = """
        sku | brand | department | category | subcategory
        tea | Leaf  | Food       | Drinks   | Hot drinks
    """
    found = worked(lambda known: known.purchases.drop("age_days", "channel", "store_id"), PURCHASES_TEXT, skus=skus)
    assert_rows(
        found,
        """
        customer | basket | sku  | units | paid | list_price | brand | department | category | subcategory
                 | x1     | tea  | 4     | 1    |            | Leaf  | Food       | Drinks   | Hot drinks
        ann      | a1     | milk | 1     | 1    |            |       |            |          |
        ann      | a1     | tea  | 1     | 2.5  |            | Leaf  | Food       | Drinks   | Hot drinks
        ann      | a1     | tea  | 2     |      |            | Leaf  | Food       | Drinks   | Hot drinks
        """,
    )


def test_a_visit_is_a_basket_of_a_customer_with_a_sku() -> None:
    assert_rows(
        worked(lambda known: known.visits.select("customer_id", "sku", "basket_id", "units"), PURCHASES_TEXT),
        """
        customer | sku  | basket | units
        ann      | tea  | a1     | 3
        ann      | milk | a1     | 1
        """,
    )


def test_every_age_is_more_than_nothing() -> None:
    ages = [row["age_days"] for row in worked(lambda known: known.purchases, PURCHASES_TEXT)]
    assert len(ages) == 4
    assert min(ages) > 0


@pytest.mark.parametrize("plan_days", [0.0, 7.0])
def test_it_compiles_for_spark(plan_days: float) -> None:
    lines = purchases_before(ibis_table(PURCHASES), ibis_table(SKUS), CUTOFF)
    assert "UNIX_TIMESTAMP" in spark_sql(lines)
    assert "GROUP BY" in spark_sql(visits_of(lines))
    assert "WHERE" in spark_sql(promotions_at(ibis_table(PROMOTIONS), CUTOFF, plan_days))
