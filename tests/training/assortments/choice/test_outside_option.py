"""Leaving by hand, against draws of what it stands for, and in a fitted model."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.models.primary import primary_demand
from training.assortments.choice import outside_option
from training.assortments.choice.attraction import Attraction, averaged
from training.assortments.choice.classes import choose
from training.assortments.choice.estimate import Prior, fit
from training.assortments.choice.latent_class import probabilities
from training.assortments.choice.panel import checked, plain

TOTAL = np.array([0.0, 0.3, 2.0, 9.0])
WEIGHT = np.array([3.0, 2.0, 1.0, 0.5])


def shop(shape, rows=240, visits=2000):
    random = np.random.default_rng(4)
    available = random.random((rows, 4)) < 0.5
    chosen, nothing = probabilities(np.log(WEIGHT)[None], np.zeros((1, 0)), np.zeros((rows, 4, 0)), available, shape)
    drawn = random.multinomial(visits, np.column_stack([chosen[0], nothing[0]]))
    return checked(plain(drawn[:, :4].astype(float), available, np.arange(rows) % 3, drawn[:, 4].astype(float)))


def test_the_logit_is_shape_one():
    np.testing.assert_allclose(outside_option.nothing(TOTAL, 1.0), 1 / (1 + TOTAL))
    np.testing.assert_allclose(outside_option.per_attraction(TOTAL, 1.0), 1 / (1 + TOTAL))
    np.testing.assert_allclose(outside_option.elasticity(TOTAL, 1.0), 1 / (1 + TOTAL))
    np.testing.assert_allclose(outside_option.nothing(TOTAL, 1e7), np.exp(-TOTAL), rtol=1e-5)


@pytest.mark.parametrize("shape", [0.5, 1.0, 4.0])
def test_shares_are_those_of_gumbel_utilities_and_a_gamma_threshold(shape):
    random = np.random.default_rng(1)
    utility = np.log([1.5, 0.7]) + random.gumbel(size=(400_000, 2))
    threshold = -np.log(random.gamma(shape, 1 / shape, 400_000))
    leave = (utility.max(axis=1) < threshold).mean()
    first = ((utility[:, 0] > utility[:, 1]) & (utility[:, 0] >= threshold)).mean()
    total = np.array(2.2)
    assert outside_option.nothing(total, shape) == pytest.approx(leave, abs=3e-3)
    assert 1.5 * outside_option.per_attraction(total, shape) == pytest.approx(first, abs=3e-3)


@pytest.mark.parametrize("shape", [0.5, 2.0, 20.0])
def test_the_slope_and_the_elasticity_are_those_of_small_steps(shape):
    counts, left, available = np.array([[3.0, 1.0]]), np.array([2.0]), np.ones((1, 2), dtype=bool)

    def height(utility):
        chosen, nothing = probabilities(utility[None], np.zeros((1, 0)), np.zeros((1, 2, 0)), available, shape)
        return float((counts * np.log(chosen[0])).sum() + (left * np.log(nothing[0])).sum())

    start, step = np.array([0.4, -0.2]), 1e-5
    chosen, nothing = probabilities(start[None], np.zeros((1, 0)), np.zeros((1, 2, 0)), available, shape)
    pressed = outside_option.pressure(counts.sum(axis=1), left, nothing[0], shape)
    slope = (counts - pressed.pull[:, None] * chosen[0])[0]
    small = [(height(start + step * e) - height(start - step * e)) / (2 * step) for e in np.eye(2)]
    np.testing.assert_allclose(slope, small, rtol=1e-6)
    total = np.exp(start).sum()
    bought = [1 - outside_option.nothing(np.array(total * f), shape) for f in (1 - step, 1 + step)]
    grows = (np.log(bought[1]) - np.log(bought[0])) / (2 * step)
    assert outside_option.elasticity(np.array(total), shape) == pytest.approx(grows, rel=1e-6)


@pytest.mark.parametrize("shape", [0.5, 20.0])
def test_attractions_come_back(shape):
    model = fit(shop(shape), 1, prior=Prior(utility_spread=1e3), outside_shape=shape)
    np.testing.assert_allclose(np.exp(model.utility[0]), WEIGHT, rtol=0.03)


@pytest.mark.parametrize("shape", [1.0, 20.0])
def test_the_planted_shape_is_chosen(shape):
    chosen = choose(shop(shape), most=2)
    assert chosen.model.outside_shape == shape
    assert chosen.shapes[shape] == max(chosen.shapes.values())
    in_committee = {model.outside_shape for model in chosen.committee}
    assert shape in in_committee
    assert 0.5 not in in_committee


def test_without_counted_visits_it_is_the_logit():
    chosen = choose(replace(shop(20.0), no_purchase=None), most=2)
    assert list(chosen.shapes) == [1.0]


def test_a_tangent_is_as_good_at_the_list_and_beside_it():
    attraction = Attraction(np.array([[WEIGHT, WEIGHT[::-1]]]), np.array([[0.3, 0.7]]), np.array([5.0, 0.5]))
    listed = np.array([[True, True, False, True]])
    beside, times = attraction.tangent(listed)
    np.testing.assert_allclose(times[:, None] * beside.shares(listed), attraction.shares(listed))
    step = 1e-5
    for sku in range(4):
        more, less = (
            [replace(each, weight=each.weight * (1 + sign * step * (np.arange(4) == sku))) for sign in (1, -1)]
            for each in (attraction, beside)
        )
        slopes = [(up.shares(listed) - down.shares(listed)) / (2 * step) for up, down in (more, less)]
        np.testing.assert_allclose(slopes[0], times[:, None] * slopes[1], atol=1e-8)
    logit = Attraction(attraction.weight, attraction.mix)
    assert logit.tangent(listed)[0] is logit


def test_an_average_of_a_logit_and_another_keeps_both():
    logit = Attraction(WEIGHT[None, None], np.ones((1, 1)))
    other = replace(logit, outside_shape=np.array([20.0]))
    listed = np.array([[True, False, True, True]])
    both = averaged([logit, other])
    np.testing.assert_allclose(both.shares(listed), (logit.shares(listed) + other.shares(listed)) / 2)


def test_first_choices_add_up_and_are_those_of_a_full_shelf():
    panel = shop(20.0)
    model = fit(panel, 1, prior=Prior(utility_spread=1e3), outside_shape=20.0)
    wanted = primary_demand(model, panel, np.ones(panel.counts.shape, dtype=bool))
    assert wanted.units.sum() + wanted.no_purchase.sum() == pytest.approx(panel.choices)
    full = WEIGHT * outside_option.per_attraction(WEIGHT.sum(), 20.0)
    np.testing.assert_allclose(wanted.units.sum(axis=0) / panel.choices, full, atol=0.01)
