"""What holds of demand that moves, whatever the attractions."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from experiments.models.shadow_weights import Shadow, cast, shares
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.transfer import transfer


@st.composite
def shops(draw):
    """An attraction and what is listed: up to 3 clusters, 3 classes, 5 SKUs."""
    clusters, classes, skus = (draw(st.integers(1, most)) for most in (3, 3, 5))
    weight = draw(arrays.arrays(float, (clusters, classes, skus), elements=st.floats(0.01, 50)))
    mix = draw(arrays.arrays(float, (clusters, classes), elements=st.floats(0.05, 1)))
    listed = draw(arrays.arrays(bool, (clusters, skus)))
    return Attraction(weight, mix / mix.sum(axis=1, keepdims=True)), listed


@st.composite
def any_shops(draw):
    """Shops whose shoppers leave as the logit says, or otherwise."""
    attraction, listed = draw(shops())
    shape = draw(arrays.arrays(float, attraction.mix.shape[1], elements=st.floats(0.3, 30)))
    return draw(st.sampled_from([attraction, replace(attraction, outside_shape=shape)])), listed


@given(any_shops())
def test_transferred_and_walked_demand_is_the_original(shop):
    attraction, listed = shop
    found = transfer(attraction, listed)
    listed_somewhere = listed.any(axis=0)
    np.testing.assert_allclose(found.moved.sum(axis=1) + found.walked, listed_somewhere.astype(float), atol=1e-9)
    assert found.moved.min(initial=0) >= 0
    assert found.walked.min(initial=0) >= -1e-12
    assert not np.diag(found.moved).any()


@given(any_shops())
def test_taking_a_sku_off_the_shelf_moves_what_transfer_says(shop):
    """A second way: shares with and without it."""
    attraction, listed = shop
    found, now = transfer(attraction, listed), attraction.shares(listed)
    for sku in np.flatnonzero(listed.any(axis=0)):
        without = listed.copy()
        without[:, sku] = False
        gained = (attraction.shares(without) - now).mean(axis=0)
        gained[sku] = 0.0
        np.testing.assert_allclose(found.moved[sku] * now[:, sku].mean(), gained, atol=1e-9)


@given(shops(), st.data())
@settings(deadline=None)
def test_a_cast_logit_earns_what_the_general_attraction_model_does(shop, data):
    """By the formula of the general attraction model, for each cluster and class."""
    attraction, listed = shop
    skus = listed.shape[1]
    theta = data.draw(arrays.arrays(float, skus, elements=st.floats(0, 0.9)))
    weight, there = attraction.weight, listed[:, None, :]
    ground = 1 + (weight * there).sum(axis=2) + (weight * theta * ~there).sum(axis=2)
    wanted = np.einsum("ck,ckn->cn", attraction.mix, weight * there / ground[:, :, None])
    shadow = Shadow(theta, np.ones(skus))
    np.testing.assert_allclose(shares(attraction, shadow, listed), wanted, rtol=1e-9, atol=1e-12)
    dimmed, factor = cast(attraction, shadow)
    np.testing.assert_allclose(dimmed.shares(listed) @ factor, wanted.sum(axis=1), rtol=1e-9, atol=1e-12)
