"""Visits and sales of today are told from each store's own list, so that they are the same however stores cluster."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.clusters import Curve
from training.assortments.stages.shelves import LEAST_SHARE, Shelves, visits_of

WEIGHT = np.array([1.0, 3.0])
LISTED = np.array([[True, False], [True, True], [False, True], [False, False]])
DEMAND = np.array([10.0, 20.0, 30.0, 5.0])
ALIKE = Attraction(np.tile(WEIGHT, (4, 1, 1)), np.ones((4, 1)))


def held(*label: int) -> Shelves:
    codes = np.array(label)
    count = int(codes.max()) + 1
    problem = replace(
        two_skus(),
        clusters=tuple(f"cluster {nth}" for nth in range(count)),
        unit_profit_cents=np.ones((count, 2)),
    )
    return Shelves(codes, Curve((count,), np.zeros(1), (codes,), 0), problem, DEMAND, LISTED)


def test_visits_sell_what_is_forecast_from_a_store_s_own_list():
    np.testing.assert_allclose(visits_of(ALIKE, LISTED, DEMAND), [20.0, 25.0, 40.0, 0.0])


def test_a_shelf_that_pleases_hardly_anybody_does_not_make_crowds():
    faint = Attraction(np.full((4, 1, 2), 1e-6), np.ones((4, 1)))
    assert visits_of(faint, LISTED, DEMAND)[0] == pytest.approx(DEMAND[0] / LEAST_SHARE)


@pytest.mark.parametrize("label", [(0, 0, 0, 0), (0, 1, 0, 1), (0, 1, 2, 3)])
def test_clusters_sell_today_what_their_stores_do(label):
    shelves = held(*label)
    sold = shelves.sold_now(ALIKE)
    np.testing.assert_allclose(sold.sum(axis=0), [10 + 20 / 4, 15 + 30])
    _, visits = shelves.pooled(ALIKE)
    assert visits.sum() == pytest.approx(85)
    np.testing.assert_allclose(shelves.sold_now(ALIKE, np.full(len(sold), 2.0)), 2 * sold)


def test_what_is_known_of_stores_is_averaged_by_their_visits():
    np.testing.assert_allclose(held(0, 0, 1, 1).averaged(np.arange(4.0)[:, None], ALIKE), [[25 / 45], [2.0]])
