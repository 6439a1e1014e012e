"""What is known strictly before a cutoff: which rows, and that Spark could say it too."""

from pathlib import Path

import pytest
from ibis import Table

from features.contracts.outputs import PROMOTIONS, PURCHASES, SKUS
from features.engine import duckdb_engine
from features.known import known_before, promotions_at, purchases_before, visits_of
from features.warehouse.assemble import ibis_table
from tests.helpers.spark import spark_sql
from tests.helpers.worked_tables import CUTOFF, assert_rows, worked, write_warehouse

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


@pytest.mark.parametrize(("days_ago", "seen"), [("1/86400000000", 1), ("0", 0), ("-1/86400000000", 0)])
def test_a_purchase_at_the_very_cutoff_is_not_seen(days_ago: str, seen: int) -> None:
    assert len(worked(lambda known: known.purchases, f"days_ago\n{days_ago}")) == seen


def test_an_age_is_in_days_and_a_visit_is_as_old_as_its_latest_line() -> None:
    purchases = """
        customer | basket | days_ago
        ann      | a1     | 7/2
        ann      | a1     | 3
    """
    assert sorted(row["age_days"] for row in worked(lambda known: known.purchases, purchases)) == [3, 3.5]
    assert [row["age_days"] for row in worked(lambda known: known.visits, purchases)] == [3]


PROMOTIONS_TEXT = """
    sku       | from_days      | to_days
    running   | -1             | 1
    ends      | -1             | 0
    just_ends | -1             | 1/86400000000
    begins    | 0              | 5
    began     | -1/86400000000 | 5
    next_week | 7              | 9
    this_week | 6              | 9
    over      | -9             | -2
"""


@pytest.mark.parametrize(
    ("plan_days", "skus"),
    [(0.0, {"running", "just_ends", "began"}), (7.0, {"running", "just_ends", "began", "begins", "this_week"})],
)
def test_promotions_begin_before_the_cutoff_or_the_planned_days_end_and_end_after_it(
    plan_days: float, skus: set[str]
) -> None:
    """One that begins with the first instant that is not seen is not known; one that ends with the cutoff is over."""
    found = worked(lambda known: known.promotions, "days_ago\n1", promotions=PROMOTIONS_TEXT, plan_days=plan_days)
    assert {row["sku"] for row in found} == skus


def test_without_a_plan_promotions_are_those_that_run() -> None:
    promotions = ibis_table(PROMOTIONS)
    assert promotions_at(promotions, CUTOFF).equals(promotions_at(promotions, CUTOFF, 0.0))


def column(table: Table, name: str) -> list[object]:
    return sorted(table[name].to_pyarrow().to_pylist())


def test_a_warehouse_folder_is_read_as_of_a_cutoff(tmp_path: Path) -> None:
    warehouse = write_warehouse(tmp_path / "warehouse", PURCHASES_TEXT, promotions=PROMOTIONS_TEXT)
    others = write_warehouse(tmp_path / "others", "customer | days_ago\nbob | 1").purchases
    with duckdb_engine(tmp_path / "scratch", "100MB", 1) as engine:
        known = known_before(engine, warehouse.folder, CUTOFF)
        assert known.cutoff == CUTOFF
        assert column(known.purchases, "basket_id") == ["a1", "a1", "a1", "x1"]
        assert column(known.visits, "units") == [1, 3]
        assert column(known.promotions, "sku") == ["began", "just_ends", "running"]
    with duckdb_engine(tmp_path / "scratch", "100MB", 1) as engine:
        known = known_before(engine, warehouse.folder, CUTOFF, purchases=others)
        assert column(known.purchases, "customer_id") == ["bob"]


@pytest.mark.parametrize("plan_days", [0.0, 7.0])
def test_it_compiles_for_spark(plan_days: float) -> None:
    lines = purchases_before(ibis_table(PURCHASES), ibis_table(SKUS), CUTOFF)
    assert "UNIX_TIMESTAMP" in spark_sql(lines)
    assert "GROUP BY" in spark_sql(visits_of(lines))
    assert "WHERE" in spark_sql(promotions_at(ibis_table(PROMOTIONS), CUTOFF, plan_days))
