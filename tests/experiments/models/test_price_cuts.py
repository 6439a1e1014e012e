"""Prices that follow demand: by hand, and against a planted response."""

from dataclasses import replace

import numpy as np

from experiments.models.price_cuts import RESIDUAL, controlled
from training.assortments.choice.estimate import Prior, fit
from training.assortments.choice.latent_class import probabilities
from training.assortments.choice.panel import checked, plain


def priced(price, available=None):
    counts = np.ones(price.shape)
    there = np.ones(price.shape, dtype=bool) if available is None else available
    panel = plain(counts * there, there, np.zeros(len(price), dtype=np.int64), np.ones(len(price)))
    return checked(replace(panel, traits=price[:, :, None], trait_names=("log_price",)))


def test_the_residual_by_hand():
    """Cuts lie around -0.3 and the others around 0.03; what is not there counts for neither."""
    price = np.array([[-0.2, 0.0], [-0.4, 0.06], [0.03, -0.9]])
    there = np.array([[True, True], [True, True], [True, False]])
    panel = controlled(priced(price, there))
    assert panel.trait_names == ("log_price", RESIDUAL)
    np.testing.assert_allclose(panel.traits[:, :, 1], [[0.1, -0.03], [-0.1, 0.03], [0.0, 0.0]], atol=1e-12)


def test_without_cuts_the_panel_stays():
    panel = priced(np.array([[0.0, 0.02], [0.01, -0.03]]))
    assert controlled(panel) is panel


def test_a_response_that_demand_had_hidden_comes_back():
    random = np.random.default_rng(0)
    mood, cut = random.normal(0, 0.3, (400, 5)), random.random((400, 5)) < 0.1
    price = 0.1 * mood + 0.02 * random.normal(size=mood.shape) - 0.3 * cut
    available = np.ones(mood.shape, dtype=bool)
    shown = np.stack([price, mood], axis=2)
    chosen, nothing = probabilities(np.zeros((1, 5)), np.array([[-2.0, 1.0]]), shown, available)
    drawn = random.multinomial(1000, np.column_stack([chosen[0], nothing[0]]))
    panel = plain(drawn[:, :5].astype(float), available, np.zeros(400, dtype=np.int64), drawn[:, 5].astype(float))
    panel = checked(replace(panel, traits=price[:, :, None], trait_names=("log_price",)))
    free = Prior(response_spread=100.0)
    assert abs(fit(panel, 1, prior=free).response[0, 0] + 2) > 0.3
    assert abs(fit(controlled(panel), 1, prior=free).response[0, 0] + 2) < 0.1
