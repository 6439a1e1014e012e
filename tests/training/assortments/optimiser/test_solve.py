"""The optimiser against shops worked by hand and against every plan of small ones."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DataError
from tests.helpers.shelf_shops import best_of_all, random_shop, two_skus
from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.solve import solve
from training.assortments.optimiser.value import incremental_cents, listing_cost_cents, profit_cents, units


class TestByHand:
    def test_a_sku_that_takes_more_than_it_brings_stays_out(self):
        plan = solve(two_skus())
        assert plan.listed.tolist() == [[True, False]]
        assert plan.profit_cents == pytest.approx(50_000)
        assert plan.gap == pytest.approx(0, abs=1e-6)
        assert plan.method == "dinkelbach"

    def test_what_both_sell_and_add(self):
        both = np.array([[True, True]])
        assert units(two_skus(), both) == pytest.approx(np.array([[1000 / 3, 1000 / 3]]))
        assert profit_cents(two_skus(), both) == pytest.approx(140_000 / 3)
        assert incremental_cents(two_skus(), both) == pytest.approx(np.array([[80_000 / 3, -10_000 / 3]]))

    def test_must_carry_and_ban_are_kept(self):
        shop = replace(two_skus(), must=np.array([[False, True]]), banned=np.array([[True, False]]))
        plan = solve(shop)
        assert plan.listed.tolist() == [[False, True]]
        assert plan.profit_cents == pytest.approx(20_000)

    def test_a_cost_above_what_a_sku_earns_empties_the_shelf(self):
        plan = solve(replace(two_skus(), sku_cost_cents=np.array([50_001.0, 20_001.0])))
        assert not plan.listed.any()
        assert (plan.profit_cents, plan.gap) == (0, 0)

    def test_a_shop_with_one_sku(self):
        shop = two_skus()
        one = replace(shop, skus=("cola",), weight=shop.weight[:, :, :1], unit_profit_cents=np.array([[100.0]]))
        assert solve(one).profit_cents == pytest.approx(50_000)

    def test_nobody_comes(self):
        plan = solve(replace(two_skus(), visits=np.zeros(1), must=np.array([[True, False]])))
        assert plan.listed[0, 0]
        assert (plan.profit_cents, plan.gap) == (0, 0)


class TestCostsOfListing:
    def test_are_shared_by_clusters_of_a_party_and_paid_by_each_party(self):
        shop = two_skus()
        twice = replace(
            shop,
            clusters=("north", "south"),
            stores_per_cluster=np.array([10, 10]),
            visits=np.array([1000.0, 1000.0]),
            mix=np.ones((2, 1)),
            weight=np.repeat(shop.weight, 2, axis=0),
            unit_profit_cents=np.repeat(shop.unit_profit_cents, 2, axis=0),
            sku_cost_cents=np.array([60_000.0, 0.0]),
        )
        # one seller: 2 × 50,000 − 60,000 = 40,000, as much as 2 × 20,000 by the other SKU without a cost
        assert solve(twice).profit_cents == pytest.approx(40_000)
        cheaper = replace(twice, sku_cost_cents=np.array([59_000.0, 0.0]))
        assert solve(cheaper).listed.tolist() == [[True, False], [True, False]]
        apart = replace(cheaper, party=("a", "b"))
        assert solve(apart).listed.tolist() == [[False, True], [False, True]]
        assert listing_cost_cents(apart, np.array([[True, False], [True, False]])) == 118_000


@pytest.mark.parametrize("seed", range(24))
def test_equals_every_plan_tried(seed):
    shop = random_shop(seed)
    best = best_of_all(shop)
    if best == -np.inf:
        with pytest.raises(DataError, match="cannot all be kept"):
            solve(shop, seconds=2)
        return
    plan = solve(shop, seconds=2)
    room = 1e-9 * abs(best)
    assert plan.profit_cents == pytest.approx(best)
    assert plan.bound_cents >= best - room
    assert audit(shop, plan).passed


def test_same_problem_same_plan():
    first, second = solve(random_shop(5), seconds=5), solve(random_shop(5), seconds=5)
    assert np.array_equal(first.listed, second.listed)
    assert first.profit_cents == second.profit_cents
