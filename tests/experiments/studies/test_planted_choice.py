"""The study of planted shoppers, made small; and the shoppers themselves."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from experiments.definition import Definition
from experiments.simulator.shoppers import KINDS, Size, best_list, observe, plant, true_transfer
from experiments.studies.planted_choice import CHAIN_LOGIT, ONE_LIST, PLAN, RATE, study
from features.settings import Settings

TINY = Size(skus=7, stores=3, weeks=6, visits=60, shelf=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_shoppers_take_what_is_there_or_leave(kind):
    world = plant(kind, 11, TINY)
    listed = np.random.default_rng(0).random((20, 7)) < 0.5
    shares = world.shares(1, listed)
    assert shares.min() >= 0
    assert not shares[~listed].any()
    assert (shares.sum(axis=1) < 1).all()
    fewer = listed & (np.arange(7) > 0)
    assert (world.shares(1, fewer)[:, 1:] >= shares[:, 1:] - 1e-12)[fewer[:, 1:]].all()
    shifted = world.shares(1, listed, np.zeros((20, len(world.value), 7)))
    np.testing.assert_allclose(shifted, shares)


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_list_is_that_of_all_lists(kind):
    world = plant(kind, 12, TINY)
    most = int(world.max_skus[0])
    lists = [np.isin(np.arange(7), inside) for count in range(most + 1) for inside in combinations(range(7), count)]
    best = world.profit(0, np.array(lists)).max()
    assert world.profit(0, best_list(world, 0, lists[-3:])[None])[0] == pytest.approx(best, rel=5e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_moves_and_walks_adds_up(kind):
    world = plant(kind, 13, TINY)
    found = true_transfer(world, np.ones((3, 7), dtype=bool))
    np.testing.assert_allclose(found.moved.sum(axis=1) + found.walked, (found.demand > 0).astype(float))
    assert found.walked.min() > -1e-9


def test_the_same_seed_shows_the_same_panel():
    world = plant("latent", 14, TINY)
    one, other, next_one = (observe(world, 0.1, seed, TINY) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.counts, other.counts)
    assert (one.counts != next_one.counts).any()
    assert not one.counts[~one.available].any()
    assert one.choices == pytest.approx(one.counts.sum() + one.no_purchase.sum())


def test_prices_follow_what_is_wanted():
    """Within a SKU, what sells better than its price explains costs more: a regression on price alone is off."""
    world = replace(plant("mnl", 15, TINY), mix=np.ones((3, 1)))
    panel = observe(world, 0.0, 1, replace(TINY, weeks=200))
    price = panel.traits[:, :, 0]
    assert price[panel.available].std() > 0.03


def test_the_study_judges_every_goal():
    small = {"kinds": "latent|ranking", "seeds": "21", "skus": 10, "stores": 5, "weeks": 8, "visits": 120}
    small |= {"most_classes": 2, "replicates": 5}
    found = study(Settings(), dict(Definition.load("planted-choice").params) | small, lambda _: None)
    assert [goal.asked for goal in found.goals] == ["≤ 0.5 %", "≤ 1.5 %", "≤ 2 %", "yes", "76 to 84 %"]
    worlds = found.tables["worlds"]
    assert (worlds[[RATE, ONE_LIST, CHAIN_LOGIT, PLAN]] > -1e-9).all(axis=None)
    assert worlds["diversion error"].between(0, 1).all()
    assert set(found.figures) == {"profit_lost"}
