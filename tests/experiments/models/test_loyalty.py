"""What households remember, worked by hand, and choice models on households with an obvious taste."""

import numpy as np
import pandas as pd
import pytest

from experiments.models.household_memory import HALF_LIVES_DAYS, LEVELS, memory, same_value
from experiments.models.loyalty import household_column, loyalty_column, own_log_share, promotion_column
from experiments.models.recent_shares import recent_shares
from experiments.models.trips import TripRule, trips, uniform_nats
from tests.experiments.models.test_trips import PROMOTIONS, ROWS, RULE, shop

SKU, BRAND, SIZE = (LEVELS.index(each) for each in (("sku",), ("brand",), ("size",)))
EVER = HALF_LIVES_DAYS.index(1e6)


def test_memory_worked_by_hand():
    data = trips(shop(ROWS, PROMOTIONS), RULE)
    found = memory(data)
    # ann before basket 1: nothing; before 4: two lines of a; before 6: three
    assert found.counts[SKU, EVER, [0, 2, 4]] == pytest.approx(np.array([[0, 0, 0], [2, 0, 0], [3, 0, 0]]), abs=1e-3)
    assert found.total[EVER, [0, 2, 4]] == pytest.approx([0, 2, 3], abs=1e-3)
    assert found.counts[BRAND, EVER, 4] == pytest.approx([3, 3, 0], abs=1e-3)  # a and b are of one brand
    assert found.counts[SIZE, EVER, 4] == pytest.approx([3, 0, 3], abs=1e-3)
    assert found.share[SKU, 4] == pytest.approx([0.25 + 0.75 * 0.25, 0, 0])
    # bob's last trip before basket 5 was to another store
    assert found.is_last[SKU, 3].tolist() == [1, 0, 0]
    assert found.days[SKU, 3].tolist() == [7, 14, np.inf]
    # both choices of one trip know the same
    assert found.counts[:, :, 4].tolist() == found.counts[:, :, 5].tolist()


def test_faded_counts_halve():
    data = trips(shop(ROWS), RULE)
    found = memory(data)
    half = HALF_LIVES_DAYS.index(20.0)
    assert found.counts[SKU, half, 2, 0] == pytest.approx(2 * 0.5 ** (7 / 20))


def test_the_future_changes_no_memory():
    whole = memory(trips(shop(ROWS), RULE))
    later = [*ROWS, ("ann", "9", "north", "b", 5, 1.0), ("bob", "8", "south", "c", 5, 1.0)]
    longer = memory(trips(shop(later), RULE))
    assert longer.counts[:, :, :7].tolist() == whole.counts.tolist()


def test_levels_that_alternatives_share():
    same = same_value(trips(shop(ROWS), RULE))
    assert same[SKU].tolist() == np.eye(3).tolist()
    assert same[BRAND].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_own_share_is_the_posterior_mean():
    counts, total, prior = np.array([[0.0, 0.0], [3.0, 1.0]]), np.array([0.0, 4.0]), np.array([0.4, 0.6])
    found = own_log_share(counts, total, prior, np.array([0, 1]), np.array([False, True]))
    assert found[0] == pytest.approx([0.0, 0.0])  # a household without a past is the population
    # what was chosen next is likelier under the prior (0.6) than under the counts (¼): the prior is as strong as may be
    strongest = np.exp(5)
    assert np.exp(found[1]) * prior == pytest.approx((counts[1] + strongest * prior) / (4 + strongest), rel=1e-2)


def test_recent_shares_look_back_only():
    data = trips(shop(ROWS), RULE)
    prior = np.array([0.5, 0.3, 0.2])
    chain, store = recent_shares(data, prior)
    assert np.exp(chain[0]) == pytest.approx(prior)  # week 1 has nothing before it
    assert store[0] == pytest.approx(0.0)
    # week 2: two lines of a and one of b in week 1, and 20 of the prior
    assert np.exp(chain[2]) == pytest.approx((np.array([2, 1, 0]) + 20 * prior) / 23)


@pytest.fixture(scope="module")
def loyal():
    """Forty households that buy their own one of six SKUs in nine of ten weeks, at prices that move."""
    generator = np.random.default_rng(5)
    names = ["a", "b", "c", "d", "e", "f"]
    rows = []
    for week in range(1, 21):
        prices = dict(zip(names, 1 + generator.random(6), strict=True))
        for household in range(40):
            own = names[household % 6]
            sku = own if generator.random() < 0.9 else names[generator.integers(6)]
            rows.append((f"h{household:02}", f"{week}-{household}", "north", sku, week, prices[sku]))
    category = shop(rows)
    skus = pd.DataFrame({"brand": names, "size": "6 oz", "subcategory": "tea"}, index=pd.Index(names, name="sku"))
    category = type(category)(category.lines, category.promotions, skus, category.stores)
    return trips(category, TripRule(skus=6, stores=1, held_out_from=16, memory_weeks=2))


def test_memory_beats_promotions_beat_nothing(loyal):
    remembered = memory(loyal)
    promotion, loyalty, household = (
        promotion_column(loyal),
        loyalty_column(loyal, remembered),
        household_column(loyal, remembered),
    )
    assert promotion.nats.mean() == pytest.approx(uniform_nats(loyal), abs=0.1)
    assert loyalty.nats.mean() < promotion.nats.mean() - 0.5
    assert household.nats.mean() < loyalty.nats.mean()
    # who knows each household's own SKU gives it nine in ten, and a tenth to all six
    occasions = loyal.occasions[loyal.held_out]
    own = occasions["customer_id"].str[1:].astype(int) % 6 == occasions["sku"].map(ord) - ord("a")
    truth = -np.log(np.where(own, 0.9 + 0.1 / 6, 0.1 / 6)).mean()
    assert household.nats.mean() < truth + 0.1


def test_every_trait_has_an_error(loyal):
    column = household_column(loyal, memory(loyal))
    assert len(column.names) == len(column.model.coefficients) == len(column.model.errors)
    assert (column.model.errors > 0).all()
