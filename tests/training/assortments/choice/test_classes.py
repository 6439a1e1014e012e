"""A class more: one that every store has alike, which groups of stores do not show."""

import numpy as np

from training.assortments.choice.classes import grown
from training.assortments.choice.estimate import Prior, fit
from training.assortments.choice.latent_class import log_likelihood, probabilities
from training.assortments.choice.panel import checked, plain


def shop(rows=300):
    """Two classes, half of the shoppers of every store each, who want opposite halves of six SKUs."""
    random = np.random.default_rng(2)
    utility = np.array([[1.0] * 3 + [-3.0] * 3, [-3.0] * 3 + [1.0] * 3])
    available = random.random((rows, 6)) < 0.4
    chosen, nothing = probabilities(utility, np.zeros((2, 0)), np.zeros((rows, 6, 0)), available)
    shares = np.column_stack([chosen.mean(axis=0), nothing.mean(axis=0)])
    drawn = random.multinomial(1000, shares)
    return checked(plain(drawn[:, :6].astype(float), available, np.arange(rows) % 5, drawn[:, 6].astype(float)))


def test_classes_that_are_alike_in_every_store_are_found():
    panel = shop()
    one = fit(panel, 1)
    two = grown(one, panel, Prior())
    assert two.classes == 2
    assert two.log_likelihood > log_likelihood(one, panel) + 1000
    apart = two.utility[:, :3].mean(axis=1) - two.utility[:, 3:].mean(axis=1)
    assert apart.min() < -2
    assert apart.max() > 2
    np.testing.assert_allclose(two.mix.sum(axis=1), 1.0)


def test_the_same_model_grows_alike():
    panel = shop(60)
    one = fit(panel, 1)
    np.testing.assert_array_equal(grown(one, panel, Prior()).utility, grown(one, panel, Prior()).utility)
