"""The first screen's rows, from three decisions that anyone can add up."""

import pandas as pd
import pytest

from training.assortments.report.sums import WEEKS_A_YEAR, gmroi, summary_measures, summary_money

DECISIONS = pd.DataFrame(
    {
        "sku": ["a", "a", "b"],
        "is_listed_now": [True, True, False],
        "is_listed_proposed": [True, False, True],
        "profit_now_cents": [100, 50, 0],
        "profit_proposed_cents": [110, 0, 90],
        "sales_now_cents": [1000, 500, 0],
        "sales_proposed_cents": [1100, 0, 700],
        "units_now": [10.0, 5.0, 0.0],
        "units_proposed": [11.0, 0.0, 7.5],
    }
)


def rows(table: pd.DataFrame) -> dict[str, list[float | None]]:
    """The first column -> the others; what is missing is None."""
    return {first: [None if pd.isna(one) else one for one in more] for first, *more in table.itertuples(index=False)}


def test_money_is_added_up_and_intervals_stand_beside_what_they_are_of():
    money = summary_money(
        DECISIONS,
        intervals={"profit": (190, 215)},
        changes={"sales": (250, 350)},
        others={"listing_costs": (0, 5)},
    )
    assert list(money.columns) == [
        "measure", "now_cents", "proposed_cents", "low_cents", "high_cents", "change_low_cents", "change_high_cents",
    ]  # fmt: skip
    assert rows(money) == {
        "profit": [150, 200, 190, 215, None, None],
        "sales": [1500, 1800, None, None, 250, 350],
        "listing_costs": [0, 5, None, None, None, None],
    }


def test_measures_are_added_up_and_only_units_have_an_interval():
    measures = summary_measures(DECISIONS, horizon_weeks=4, used_cm=(120.0, 118.5), units_interval=(17.0, 20.0))
    assert list(measures.columns) == ["measure", "now", "proposed", "low", "high"]
    assert rows(measures) == {
        "units": [15, 18.5, 17, 20],
        "skus": [1, 2, None, None],
        "listings": [2, 2, None, None],
        "space": [120, 118.5, None, None],
    }


def test_nothing_is_said_that_was_not_given():
    assert rows(summary_measures(DECISIONS, horizon_weeks=4)) == {
        "units": [15, 18.5, None, None],
        "skus": [1, 2, None, None],
        "listings": [2, 2, None, None],
    }


def test_return_on_stock_is_a_years_profit_for_each_unit_of_money_in_stock():
    assert pytest.approx(52.17857142857143) == WEEKS_A_YEAR
    # 150 cents in 4 weeks are 1,956.70 a year, on 300 cents of stock; 200 are 2,608.93, on 500
    assert gmroi(DECISIONS, "now", 4, (300, 500)) == pytest.approx(6.522321428571429)
    assert gmroi(DECISIONS, "proposed", 4, (300, 500)) == pytest.approx(5.217857142857143)
    measures = summary_measures(DECISIONS, horizon_weeks=4, working_capital_cents=(300, 500))
    assert rows(measures)["gmroi"][:2] == [pytest.approx(6.522321428571429), pytest.approx(5.217857142857143)]


@pytest.mark.parametrize(("capital", "is_there"), [((0, 500), False), ((300, 0), False), ((1, 1), True)])
def test_without_stock_on_both_sides_there_is_no_return_on_it(capital, is_there):
    measures = summary_measures(DECISIONS, horizon_weeks=4, working_capital_cents=capital)
    assert ("gmroi" in set(measures["measure"])) == is_there
