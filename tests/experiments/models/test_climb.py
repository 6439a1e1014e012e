"""Lists for shoppers of any way of leaving: against all lists."""

from itertools import combinations

import numpy as np
import pytest

from experiments.models.climb import climbed
from training.assortments.choice.attraction import Attraction


def shops(seed, shape):
    random = np.random.default_rng(seed)
    weight = np.exp(random.normal(0, 1.5, (3, 2, 7)))
    mix = random.dirichlet(np.ones(2), 3)
    return Attraction(weight, mix, None if shape is None else np.full(2, shape)), random.uniform(1, 5, 7)


@pytest.mark.parametrize("shape", [None, 0.5, 20.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_best_list_is_that_of_all_lists(seed, shape):
    attraction, profit = shops(seed, shape)
    most = np.array([2, 4, 7])
    found = climbed(attraction, profit, most, [])
    assert (found.sum(axis=1) <= most).all()
    earned = attraction.shares(found) @ profit
    for cluster, limit in enumerate(most.tolist()):
        lists = [np.isin(np.arange(7), some) for count in range(limit + 1) for some in combinations(range(7), count)]
        best = max(float((attraction.shares(np.tile(one, (3, 1))) @ profit)[cluster]) for one in lists)
        assert earned[cluster] == pytest.approx(best, rel=5e-3)


def test_no_start_earns_more():
    attraction, profit = shops(9, 5.0)
    random = np.random.default_rng(0)
    starts = [random.random((3, 7)) < 0.4 for _ in range(5)]
    found = climbed(attraction, profit, np.full(3, 7), starts)
    for start in starts:
        assert (attraction.shares(found) @ profit >= attraction.shares(start) @ profit - 1e-9).all()


def test_a_start_beyond_the_shelf_is_refused():
    attraction, profit = shops(1, 5.0)
    with pytest.raises(ValueError, match="more SKUs than its shelf holds"):
        climbed(attraction, profit, np.full(3, 2), [np.ones((3, 7), dtype=bool)])
