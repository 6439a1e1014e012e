"""The latent-class logit: by hand, against statsmodels, and on planted classes."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from experiments.models.primary import primary_demand
from features.errors import DataError
from training.assortments.choice.classes import choose, kept_aside
from training.assortments.choice.estimate import Prior, fit
from training.assortments.choice.latent_class import expect, log_likelihood, probabilities
from training.assortments.choice.outside_share import attractions, outside_for_share
from training.assortments.choice.panel import available_by_zero_runs, checked, plain

FLAT = Prior(utility_spread=1e3, response_spread=1e3)
"""A prior that says next to nothing."""


def sold(counts, left=None, available=None, store=None):
    counts = np.asarray(counts, dtype=float)
    return checked(
        plain(
            counts,
            np.ones(counts.shape, dtype=bool) if available is None else np.asarray(available, dtype=bool),
            np.zeros(len(counts), dtype=np.int64) if store is None else np.asarray(store),
            None if left is None else np.asarray(left, dtype=float),
        )
    )


def planted(rows=400, visits=300, households=None, seed=3):
    """Two classes that want opposite things, in stores of opposite mixes."""
    random = np.random.default_rng(seed)
    utility = np.array([[1.5, 1.0, -2.0, -1.5], [-2.0, -1.0, 1.0, 1.5]])
    mix = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.7, 0.3]])
    store = np.arange(rows) % 4
    available = random.random((rows, 4)) < 0.8
    chosen, nothing = probabilities(utility, np.zeros((2, 0)), np.zeros((rows, 4, 0)), available)
    shares = np.concatenate([chosen, nothing[:, :, None]], axis=2)
    if households is None:
        drawn = random.multinomial(visits, np.einsum("rk,krn->rn", mix[store], shares))
        return utility, mix, sold(drawn[:, :4], drawn[:, 4], available, store)
    member = random.random(households) < 0.3
    household = random.integers(0, households, rows)
    drawn = random.multinomial(1, shares[member[household].astype(int), np.arange(rows)])
    return member, household, sold(drawn[:, :4], drawn[:, 4], available, np.zeros(rows, dtype=np.int64))


def test_probabilities_by_hand():
    chosen, nothing = probabilities(
        np.log([[2.0, 1.0]]), np.log([[3.0]]), np.array([[[1.0], [0.0]]]), np.array([[True, True]])
    )
    np.testing.assert_allclose(chosen[0, 0], [6 / 8, 1 / 8])
    np.testing.assert_allclose(nothing[0, 0], 1 / 8)


def test_one_class_without_traits_is_the_shares_themselves():
    model = fit(sold([[30, 10]], [60]), 1, prior=FLAT)
    np.testing.assert_allclose(model.utility[0], np.log([30 / 60, 10 / 60]), atol=1e-4)


def test_a_stock_out_does_not_look_like_dislike():
    """SKU 0 has three times the attraction of SKU 1, and is there in one of ten periods only."""
    available = np.array([[True, True]] + [[False, True]] * 9)
    model = fit(sold([[300, 100]] + [[0, 200]] * 9, [100] + [200] * 9, available), 1, prior=FLAT)
    np.testing.assert_allclose(np.exp(model.utility[0]), [3.0, 1.0], rtol=1e-3)


def test_the_conditional_logit_of_statsmodels_finds_the_same_response():
    random = np.random.default_rng(5)
    price = random.normal(0, 0.5, (400, 3, 1))
    available = np.ones((400, 3), dtype=bool)
    chosen, _ = probabilities(np.array([[0.5, 0.0, -0.3]]), np.array([[-1.5]]), price, available, None)
    taken = random.multinomial(1, chosen[0])
    panel = checked(replace(sold(taken), traits=price, trait_names=("log_price",)))
    model = fit(panel, 1, prior=FLAT)
    design = np.column_stack([np.tile(np.eye(3)[:, 1:], (400, 1)), price.reshape(-1)])
    other = sm.ConditionalLogit(taken.ravel(), design, groups=np.repeat(np.arange(400), 3)).fit(disp=0)
    utility = model.utility[0] - model.utility[0, 0]
    np.testing.assert_allclose([*utility[1:], model.response[0, 0]], other.params, atol=1e-3)
    assert model.log_likelihood == pytest.approx(other.llf, abs=1e-4)


def test_planted_classes_and_mixes_come_back():
    utility, mix, panel = planted()
    model = fit(panel, 2)
    order = np.argsort(-model.utility[:, 0])
    np.testing.assert_allclose(model.utility[order], utility, atol=0.25)
    np.testing.assert_allclose(model.mix[:, order], mix, atol=0.05)
    again = fit(panel, 2)
    np.testing.assert_array_equal(model.utility, again.utility)


def test_households_are_of_one_class_each():
    member, household, panel = planted(rows=3000, households=150)
    panel = checked(replace(panel, household=household))
    model = fit(panel, 2)
    chosen, nothing = model.probabilities(panel.traits, panel.available)
    who = expect(panel, chosen, nothing, model.mix)
    held = who.counts.sum(axis=2) + who.left
    likely = np.zeros(150)
    likely[household] = held[np.argmin(model.utility[:, 0])]
    seen = np.bincount(household, minlength=150) > 5
    assert ((likely > 0.5) == member)[seen].mean() > 0.97
    assert who.members.sum() == pytest.approx(len(np.unique(household)))


def test_the_number_of_classes_is_the_planted_one():
    _, _, panel = planted()
    chosen = choose(panel, most=4)
    assert chosen.model.classes == 2
    assert list(chosen.held_out) == [1, 2, 3, 4]  # two that gain nothing, before the search ends
    assert kept_aside(panel).sum() == 100


def test_a_frozen_response_stays():
    random = np.random.default_rng(1)
    panel = sold(random.poisson(20, (60, 3)), random.poisson(20, 60), store=np.arange(60) % 3)
    panel = checked(replace(panel, traits=random.normal(size=(60, 3, 1)), trait_names=("log_price",)))
    assert (fit(panel, 2, frozen={"log_price": -2.5}).response == -2.5).all()


def test_a_store_without_sales_gets_the_mix_of_its_covariates():
    _, _, panel = planted()
    stores = np.array([[1.0], [-1.0], [0.0], [0.5], [1.0]])
    panel = checked(replace(panel, covariates=stores))
    model = fit(panel, 2)
    np.testing.assert_allclose(model.mix[4], model.mix_of(stores[4:])[0], atol=0.02)
    assert abs(model.mix[4] - model.mix[0]).max() < 0.2


def test_a_sku_without_history_takes_after_its_attributes():
    random = np.random.default_rng(2)
    attribute = np.linspace(-2, 2, 12)
    available = np.ones((50, 12), dtype=bool)
    available[:, -1] = False
    chosen, nothing = probabilities(attribute[None] - 2, np.zeros((1, 0)), np.zeros((50, 12, 0)), available)
    drawn = random.multinomial(500, np.column_stack([chosen[0], nothing[0]]))
    panel = checked(replace(sold(drawn[:, :12], drawn[:, 12], available), attributes=attribute[:, None]))
    model = fit(panel, 1)
    assert model.utility[0, -1] == pytest.approx(0.0, abs=0.2)
    assert model.utility_of(np.array([[2.0]]), np.zeros(1))[0, 0] == pytest.approx(0.0, abs=0.2)


def test_primary_demand_by_hand():
    """All equal: of those who took SKU 1 or left while SKU 0 was out, a third had come for SKU 0."""
    panel = sold([[10, 10], [0, 15]], [10, 15], [[True, True], [False, True]])
    model = replace(fit(panel, 1), utility=np.zeros((1, 2)))
    wanted = primary_demand(model, panel, np.ones((2, 2), dtype=bool))
    np.testing.assert_allclose(wanted.units, [[10, 10], [10, 10]])
    np.testing.assert_allclose(wanted.no_purchase, [10, 10])


def test_without_counted_visits_the_outside_is_a_given_range():
    panel = sold([[30, 10]] * 4)
    model = fit(panel, 1)
    listed = np.ones((1, 2), dtype=bool)
    assert not model.has_outside
    low, high = attractions(model, np.zeros((2, 0)), listed, (0.2, 0.6))
    assert low.shares(listed).sum() == pytest.approx(0.8)
    assert high.shares(listed).sum() == pytest.approx(0.4)
    with pytest.raises(DataError, match="between 0 and 1"):
        outside_for_share(model, np.zeros((2, 0)), listed, 1.0)
    counted = fit(sold([[30, 10]] * 4, [10] * 4), 1)
    with pytest.raises(DataError, match="their share is known"):
        outside_for_share(counted, np.zeros((2, 0)), listed, 0.5)


def test_a_category_with_one_sku():
    model = fit(sold([[20], [30]], [80, 70]), 1, prior=FLAT)
    assert np.exp(model.utility[0, 0]) == pytest.approx(50 / 150, rel=1e-4)


def test_likelihood_is_that_of_the_shares():
    panel = sold([[30, 10]], [60])
    model = fit(panel, 1, prior=FLAT)
    assert log_likelihood(model, panel) == pytest.approx(
        30 * np.log(0.3) + 10 * np.log(0.1) + 60 * np.log(0.6), abs=1e-6
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"counts": np.zeros((2, 2))}, "none of 2 SKUs was sold"),
        ({"counts": np.array([[1.0, -1.0], [2.0, 2.0]])}, "1 of counts are missing or negative, such as -1"),
        ({"available": np.ones((2, 3), dtype=bool)}, "available has the shape"),
        ({"store": np.array([0, 7])}, "store codes run from 0 to 0; there is one of 7"),
        ({"covariates": np.array([[np.nan]])}, "1 of covariates are missing"),
        ({"counts": np.zeros((0, 2))}, "needs a row and a SKU"),
    ],
)
def test_what_does_not_fit_is_told(change, said):
    with pytest.raises(DataError, match=said):
        checked(replace(sold([[1.0, 2.0], [3.0, 4.0]]), **change))


def test_what_sold_was_there():
    assert sold([[3, 0]], available=[[False, False]]).available.tolist() == [[True, False]]


def test_long_runs_without_a_sale_are_empty_shelves():
    counts = np.array([[9, 1], [11, 0], [0, 0], [10, 1], [10, 0]], dtype=float)
    listed = np.ones(counts.shape, dtype=bool)
    assert available_by_zero_runs(counts, listed).tolist() == [[True, True]] * 2 + [[False, True]] + [[True, True]] * 2
