"""Price response where prices follow demand: plain regression misses the truth, the causal stage covers it."""

import numpy as np
import pytest

from features.errors import DataError
from training.assortments.choice.price import PriceData, against_shelf, ordinary, price_response, shrunk

TRUTH = -2.5


def planted(seed: int, *, is_seen: bool = True, weeks: int = 500, skus: int = 4) -> PriceData:
    """Prices rise with demand. Where demand's cause is not seen, only the cost tells prices from demand."""
    generator = np.random.default_rng(seed)
    sku, week = np.tile(np.arange(skus), weeks), np.repeat(np.arange(weeks), skus)
    season = np.repeat(generator.normal(size=weeks), skus)
    demand = np.sin(1.5 * season) + 0.3 * season
    cost = 0.15 * generator.normal(size=len(sku))
    log_price = 1 + 0.05 * sku + 0.12 * demand + cost + 0.1 * generator.normal(size=len(sku))
    log_units = 5 + 0.3 * sku + TRUTH * log_price + demand + 0.3 * generator.normal(size=len(sku))
    known = [sku, generator.normal(size=len(sku))] + ([season] if is_seen else [])
    return PriceData(log_units, log_price, np.column_stack(known), sku, week, None if is_seen else cost)


@pytest.mark.parametrize("seed", [1, 2])
def test_covers_the_truth_where_plain_regression_does_not(seed):
    data = planted(seed)
    plain, plain_error = ordinary(data)
    found = price_response(data, seed=0)
    assert plain - 1.96 * plain_error > TRUTH + 0.5  # dear weeks are busy weeks: price seems to hurt less
    low, high = found.interval
    assert low < TRUTH < high
    assert high - low < 0.3
    assert abs(found.by_sku - TRUTH).max() < 0.3


def test_an_instrument_finds_what_nobody_saw():
    data = planted(3, is_seen=False)
    low, high = price_response(data, seed=0).interval
    assert low < TRUTH < high
    plain, plain_error = ordinary(data)
    assert plain - 1.96 * plain_error > TRUTH + 0.5


def test_frozen_utility_never_rewards_a_dearer_price():
    found = price_response(planted(1, weeks=100), seed=0)
    prices = np.log(np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert found.frozen_utility(prices) == pytest.approx(np.minimum(found.by_sku, 0) * prices)
    assert (found.frozen_utility(prices) <= 0).all()


def test_same_seed_same_answer():
    data = planted(4, weeks=60)
    assert price_response(data, seed=7).elasticity == price_response(data, seed=7).elasticity


def test_shrinking_worked_by_hand():
    # two estimates, 1 and 3, each with error 1: their middle 2, excess (1 + 1) − 1 = 1, over 2 − 2/2 = 1: variance 1
    pooled, errors, spread = shrunk(np.array([1.0, 3.0, np.nan]), np.array([1.0, 1.0, np.inf]), 2.0, 0.0)
    assert spread == pytest.approx(1.0)
    assert pooled == pytest.approx([1.5, 2.5, 2.0])  # half-way; what says nothing is the common one
    assert errors == pytest.approx([np.sqrt(0.25 + 0.25), np.sqrt(0.5), 1.0])


def test_against_shelf():
    assert against_shelf(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1])).tolist() == [-1, 1, 0]


def test_prices_that_never_move_are_told():
    data = planted(5, weeks=60)
    still = PriceData(data.log_units, np.ones(240), data.confounders, data.sku, data.cluster)
    with pytest.raises(DataError, match="every price is the same"):
        price_response(still, seed=0)


def test_too_little_to_learn_from_is_told():
    with pytest.raises(DataError, match="40 rows in 10 clusters"):
        price_response(planted(6, weeks=10), seed=0)


def test_units_of_0_are_told():
    data = planted(7, weeks=60)
    broken = PriceData(np.full(240, -np.inf), data.log_price, data.confounders, data.sku, data.cluster)
    with pytest.raises(DataError, match="240 of 240 log_units"):
        price_response(broken, seed=0)
