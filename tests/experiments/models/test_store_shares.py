"""Brand shares by store and week: what is remembered, worked by hand, and a planted logit that is found again."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.models.boosted_shares import boosted_nats
from experiments.models.store_shares import (
    STORE_HALF_LIVES_WEEKS,
    STORE_STRENGTH,
    StoreWeeks,
    floor_nats,
    plain_nats,
    popularity_nats,
    residual_memory,
    share_model,
)
from features.errors import DataError


def planted(stores=6, weeks=30, brands=3, seed=1) -> StoreWeeks:
    """Stores with tastes of their own that no table tells."""
    generator = np.random.default_rng(seed)
    store, week = np.repeat(np.arange(stores), weeks), np.tile(np.arange(weeks), stores)
    shape = (stores * weeks, brands)
    log_price = np.log(1 + generator.random(shape))
    deal = (generator.random(shape) < 0.3).astype(float)
    feature = (generator.random(shape) < 0.2).astype(float)
    taste = generator.normal(size=(stores, brands))
    utility = taste[store] - 2 * log_price + 0.5 * deal + 0.8 * feature + 0.1 * generator.normal(size=shape)
    share = np.exp(utility) / np.exp(utility).sum(axis=1, keepdims=True)
    return StoreWeeks(share, log_price, deal, feature, generator.normal(size=(stores, 1))[store], store, week)


def test_residuals_of_earlier_weeks_worked_by_hand():
    left = np.array([[1.0], [2.0], [4.0]])
    found = residual_memory(left, np.array([0, 0, 0]), np.array([1, 2, 3]))
    # the slowest: nothing, then 1 and 3 weeks of no effect, then 1 + 2
    assert found[:, 0, len(STORE_HALF_LIVES_WEEKS) - 1] == pytest.approx(
        [0, 1 / (STORE_STRENGTH + 1), 3 / (STORE_STRENGTH + 2)], rel=1e-4
    )


def test_later_weeks_change_no_memory():
    left, store, week = np.random.default_rng(2).normal(size=(8, 2)), np.repeat([0, 1], 4), np.tile(np.arange(4), 2)
    changed = np.where(week[:, None] == 3, 9.0, left)
    assert (
        residual_memory(changed, store, week)[week == 3].tolist()
        == residual_memory(left, store, week)[week == 3].tolist()
    )


def test_store_memory_comes_near_the_floor():
    data = planted()
    held_out, burn_in = data.week >= 24, data.week < 4
    popularity, plain, floor = (each(data, held_out).mean() for each in (popularity_nats, plain_nats, floor_nats))
    found = share_model(data, held_out, burn_in).nats.mean()
    assert floor < found < plain < popularity
    assert found - floor < 0.25 * (plain - floor)


def test_nothing_held_out_is_told():
    data = planted()
    with pytest.raises(DataError, match="0 of 180 store-weeks are held out"):
        share_model(data, data.week > 99, data.week < 4)


def test_trees_find_what_the_logit_cannot_say_and_see_nothing_of_later_weeks():
    """The cheapest brand of a shelf draws everybody who looks at prices: no linear utility says so."""
    data = planted(stores=20, weeks=60)
    cheapest = data.log_price == data.log_price.min(axis=1, keepdims=True)
    share = data.share * np.exp(1.5 * cheapest)
    data = replace(data, share=share / share.sum(axis=1, keepdims=True))
    held_out, burn_in = data.week >= 50, data.week < 4
    logit = share_model(data, held_out, burn_in)
    found = boosted_nats(data, logit, held_out, burn_in)
    floor = floor_nats(data, held_out).mean()
    assert floor < found.mean() < logit.nats.mean() - 0.3 * (logit.nats.mean() - floor)
    last = data.week == data.week.max()
    changed = replace(data, share=np.where(last[:, None], np.roll(data.share, 1, axis=1), data.share))
    again = boosted_nats(changed, share_model(changed, held_out, burn_in), held_out, burn_in)
    assert again[~last[held_out]] == pytest.approx(found[~last[held_out]])
