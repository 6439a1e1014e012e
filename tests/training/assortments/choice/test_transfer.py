"""Demand that moves: by hand, intervals, shadow weights, need states and clusters."""

import numpy as np
import pytest

from experiments.models.from_choice import from_choice
from experiments.models.shadow_weights import Shadow
from experiments.models.shadow_weights import fit as fit_shadow
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.clusters import clusters, curve, profile
from training.assortments.choice.estimate import fit
from training.assortments.choice.need_states import closeness, need_states
from training.assortments.choice.panel import checked, plain
from training.assortments.choice.transfer import intervals, transfer
from training.assortments.optimiser.solve import solve

TEA_AND_COFFEE = Attraction(
    weight=np.array([[[3.0, 3.0, 0.01, 0.01, 0.01], [0.01, 0.01, 2.0, 2.0, 2.0]]]), mix=np.array([[0.6, 0.4]])
)
"""Two classes that hardly touch each other's SKUs."""


def shop(rows=300, seed=0, theta=0.0):
    """One class, attractions 3, 2, 1, in one store where half of the SKUs are missing."""
    random = np.random.default_rng(seed)
    weight, available = np.array([3.0, 2.0, 1.0]), random.random((rows, 3)) < 0.5
    total = 1 + available @ weight + theta * (~available @ weight)
    taken = available * weight / total[:, None]
    drawn = random.multinomial(500, np.column_stack([taken, 1 - taken.sum(axis=1)]))
    return checked(plain(drawn[:, :3].astype(float), available, np.arange(rows) % 3, drawn[:, 3].astype(float)))


def test_one_class_by_hand():
    """Attractions 2 and 1 beside 1: without SKU 0 its half goes to SKU 1 and out of the door alike."""
    found = transfer(Attraction(np.array([[[2.0, 1.0]]]), np.ones((1, 1))), np.ones((1, 2), dtype=bool))
    np.testing.assert_allclose(found.demand, [0.5, 0.25])
    np.testing.assert_allclose(found.moved, [[0, 0.5], [2 / 3, 0]])
    np.testing.assert_allclose(found.incremental, [0.5, 1 / 3])
    np.testing.assert_allclose(found.incremental_profit(np.array([4.0, 1.0])), [0.5 * 3.5, 0.25 * (1 - 8 / 3)])


def test_what_is_listed_nowhere_moves_nothing():
    found = transfer(TEA_AND_COFFEE, np.array([[True, True, False, False, False]]))
    assert not found.demand[2:].any()
    assert not found.moved[2:].any()
    assert not found.moved[:, 2:].any()


def test_classes_are_need_states():
    found = transfer(TEA_AND_COFFEE, np.ones((1, 5), dtype=bool))
    states = need_states(found)
    assert states.label.tolist() == [0, 0, 1, 1, 1]
    assert states.tree.shape == (4, 4)
    assert states.closeness[0, 1] > 1 > states.closeness[0, 2]
    assert states.duplication(found.demand)[1] > 1


def test_where_all_are_of_one_class_there_is_one_need_state():
    found = transfer(Attraction(np.array([[[3.0, 2.0, 1.0, 0.5]]]), np.ones((1, 1))), np.ones((1, 4), dtype=bool))
    np.testing.assert_allclose(closeness(found) + np.eye(4), 1.0)
    assert need_states(found).label.tolist() == [0, 0, 0, 0]


def test_a_single_sku_is_a_need_state():
    found = transfer(Attraction(np.array([[[3.0, 2.0]]]), np.ones((1, 1))), np.array([[True, False]]))
    assert need_states(found).label.tolist() == [0, -1]


def test_intervals_hold_the_estimate_and_shrink_with_data():
    def walked(model):
        return transfer(model.attraction(np.zeros((3, 0))), np.ones((3, 3), dtype=bool)).walked

    wide, narrow = (intervals(fit(panel, 1), panel, walked, seed=1, replicates=20) for panel in (shop(30), shop(300)))
    assert (wide.low < wide.estimate).all()
    assert (wide.estimate < wide.high).all()
    assert ((narrow.high - narrow.low) < (wide.high - wide.low)).all()
    again = intervals(fit(shop(30), 1), shop(30), walked, seed=1, replicates=20)
    np.testing.assert_array_equal(wide.low, again.low)


def test_intervals_are_as_wide_as_estimates_differ_between_samples():
    """Two classes in three stores: 24 samples of the same shoppers."""

    def walked(model):
        return transfer(model.attraction(np.zeros((3, 0))), np.ones((3, 3), dtype=bool)).walked

    samples = [shop(60, seed) for seed in range(24)]
    spread = np.std([walked(fit(sample, 2)) for sample in samples], axis=0, ddof=1)
    found = intervals(fit(samples[0], 2), samples[0], walked, seed=1)
    width = (found.high - found.low) / (2 * 1.2816)
    assert ((width > spread / 2) & (width < 2 * spread)).all()


def test_a_planted_shadow_comes_back():
    """The model's attractions are the true ones; half of what is missing never moves."""
    panel = shop(400, theta=0.5)
    model = fit(panel, 1)
    object.__setattr__(model, "utility", np.log([[3.0, 2.0, 1.0]]))
    np.testing.assert_allclose(fit_shadow(model, panel).share, 0.5, atol=0.05)


def test_without_removals_there_is_no_shadow():
    counts = np.full((4, 2), 10.0)
    panel = checked(plain(counts, np.ones((4, 2), dtype=bool), np.zeros(4, dtype=np.int64), np.full(4, 10.0)))
    assert fit_shadow(fit(panel, 1), panel).share.tolist() == [0.0, 0.0]


def test_the_optimiser_takes_it():
    problem = from_choice(
        TEA_AND_COFFEE,
        tuple("abcde"),
        ("all",),
        np.array([100.0]),
        np.full(5, 100.0),
        shadow=Shadow(np.full(5, 0.2), np.ones(5)),
    )
    plan = solve(problem, seconds=2)
    assert plan.listed.all()
    ground = 1 + TEA_AND_COFFEE.weight.sum(axis=2)
    assert plan.profit_cents == pytest.approx(1e4 * (TEA_AND_COFFEE.mix * (1 - 1 / ground)).sum())


def test_clusters_follow_mixes_and_only_split():
    mix = np.array([[0.9, 0.1], [0.1, 0.9], [0.88, 0.12], [0.12, 0.88], [0.5, 0.5]])
    profiles = profile(mix, space=np.full(5, 4.0))
    assert clusters(profiles, 2).tolist() in ([0, 1, 0, 1, 0], [0, 1, 0, 1, 1])
    assert clusters(profiles, 1).tolist() == [0] * 5
    finer = clusters(profiles, 3)
    assert finer.tolist() == [0, 1, 0, 1, 2]


def test_the_number_of_clusters_is_where_the_curve_flattens():
    profiles = profile(np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.1, 0.9]]))
    earned = {1: 90.0, 2: 100.0, 3: 100.05, 4: 100.06}
    found = curve(profiles, (1, 2, 3, 4, 9), lambda label: earned[int(label.max()) + 1])
    assert found.numbers == (1, 2, 3, 4)
    assert found.numbers[found.chosen] == 2
    assert found.label.tolist() == [0, 1, 0, 1]
    np.testing.assert_allclose(found.one_more[:1], 10.0)
