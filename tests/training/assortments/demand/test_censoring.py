"""Primary demand: small panels worked by hand, planted shops with known truth, and runs of zeros."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.models.zero_runs import availability
from experiments.planted_demand import Plan, planted
from features.clock import Cutoff
from features.errors import DataError
from tests.helpers.demand_panels import CUTOFF, panel_of
from training.assortments.demand.censoring import untruncate

SHOP = Plan(stores=6, skus=8, weeks=60, undelivered=0.25, cover=0)


def test_half_a_week_sells_half() -> None:
    sold = [[10.0, 10.0, 5.0, 10.0]] * 3
    share = [[1.0, 1.0, 0.5, 1.0]] * 3
    primary = untruncate(panel_of(sold, share), CUTOFF)
    assert primary.demand == pytest.approx(np.full((3, 4), 10.0), rel=0.02)
    assert primary.is_counted


def test_a_full_shelf_leaves_sales_as_they_are() -> None:
    sold = [[3.0, 0.0, 5.0], [1.0, 1.0, 0.0]]
    primary = untruncate(panel_of(sold, np.ones((2, 3))), CUTOFF)
    assert primary.demand == pytest.approx(np.array(sold))
    assert primary.table()["missed"].to_numpy() == pytest.approx(np.zeros(6), abs=1e-6)


def test_without_counts_nothing_is_untruncated() -> None:
    sold = [[3.0, 0.0, 5.0], [1.0, 1.0, 0.0]]
    primary = untruncate(panel_of(sold), CUTOFF)
    assert not primary.is_counted
    assert primary.demand == pytest.approx(np.array(sold))


def test_what_substitutes_sold_is_not_their_own_demand() -> None:
    """Two SKUs of 10 each, 10 more shoppers who take neither. One is out: 10 of 20 such shoppers go to the other."""
    weeks = 12
    sold, share = np.full((2, weeks), 10.0), np.ones((2, weeks))
    sold[:, 6:] = [[0.0] * 6, [15.0] * 6]
    share[0, 6:] = 0
    primary = untruncate(panel_of(sold, share, one_store=True), CUTOFF, outside_share=1 / 3)
    assert primary.demand == pytest.approx(np.full((2, weeks), 10.0), rel=0.06)


@pytest.mark.parametrize("plan", [SHOP, Plan(stores=6, skus=8, weeks=60, undelivered=0.15, cover=1.5)])
def test_planted_demand_comes_back(plan: Plan) -> None:
    shop = planted(plan, CUTOFF)
    primary = untruncate(shop.panel, CUTOFF)
    assert shop.out_share > 0.2
    assert shop.panel["units"].sum() < 0.85 * shop.demand.sum()
    assert primary.demand.sum() == pytest.approx(shop.demand.sum(), rel=0.04)


def test_an_outside_share_is_found_where_traffic_follows_store_and_week() -> None:
    shop = planted(Plan(stores=8, skus=6, weeks=60, undelivered=0.3, cover=0, outside_share=0.3, shape=50), CUTOFF)
    assert untruncate(shop.panel, CUTOFF, None).outside_share == pytest.approx(0.3, abs=0.11)


def test_zero_runs_stand_in_for_counts() -> None:
    shop = planted(SHOP, CUTOFF)
    uncounted = shop.panel.assign(available_share=np.float32(np.nan))
    guessed = availability(uncounted, CUTOFF)
    out = shop.panel["available_share"] == 0
    assert guessed["available_share"][out].mean() < 0.1
    assert guessed["available_share"][~out].mean() > 0.95
    assert untruncate(guessed, CUTOFF).demand.sum() == pytest.approx(shop.demand.sum(), rel=0.05)


def test_zeros_of_slow_sellers_are_no_news() -> None:
    sold = np.zeros((40, 40))
    sold[np.arange(40), np.arange(40)] = 1
    guessed = availability(panel_of(sold), CUTOFF)["available_share"]
    assert guessed.min() > 0.5


def test_counts_are_kept_beside_guesses() -> None:
    panel = panel_of([[4.0, 0.0, 4.0, 5.0]], [[1.0, 1.0, np.nan, 0.5]])
    assert availability(panel, CUTOFF)["available_share"].to_numpy()[[0, 1, 3]] == pytest.approx([1, 1, 0.5])


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_an_outside_share_that_cannot_be(share: float) -> None:
    with pytest.raises(DataError, match="outside_share"):
        untruncate(panel_of([[1.0]]), CUTOFF, share)


def test_panels_that_cannot_be_used() -> None:
    panel = panel_of([[1.0, 2.0]])
    with pytest.raises(DataError, match="no rows"):
        untruncate(panel.iloc[:0], CUTOFF)
    with pytest.raises(DataError, match="whole number of weeks"):
        untruncate(panel, CUTOFF.plus_days(1))
    with pytest.raises(DataError, match="has seen too much"):
        untruncate(panel, CUTOFF.minus_days(7))
    with pytest.raises(DataError, match="no week before"):
        untruncate(panel.assign(units=np.nan), Cutoff(datetime(2020, 1, 6)))


CELLS = st.tuples(st.integers(0, 9), st.sampled_from([0.0, 0.3, 1.0]))


@settings(max_examples=30)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=5))
def test_demand_is_never_less_than_sales_where_nobody_substitutes(cells: list[list[tuple[int, float]]]) -> None:
    sold = np.array([[units if share else 0 for units, share in row] for row in cells], dtype=float)
    share = np.array([[share for _, share in row] for row in cells])
    primary = untruncate(panel_of(sold, share), CUTOFF)
    assert (primary.demand >= sold - 1e-6).all()
    assert np.isfinite(primary.demand).all()


def test_the_order_of_rows_changes_nothing() -> None:
    shop = planted(Plan(stores=3, skus=4, weeks=20), CUTOFF)
    shuffled = shop.panel.sample(frac=1, random_state=1)
    first, second = (untruncate(panel, CUTOFF).table() for panel in (shop.panel, shuffled))
    pd.testing.assert_frame_equal(first, second)
