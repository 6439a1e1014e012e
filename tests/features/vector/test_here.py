"""Where a shopper is, worked by hand on a sphere."""

from dataclasses import replace

import numpy as np
import pytest

from features.facts.facts import Columns, Facts
from features.vector.here import Here, here_of
from features.vector.shopper import ON_WEB, Shopper
from tests.helpers.small_facts import ANN, small_facts

NOWHERE = Here(is_web=False, distance_km=-1.0, is_home=False)


def two_stores(places: list[tuple[float, float]], home: int = 0) -> Facts:
    """Facts of ann, whose home store is `home`, and of two stores at (latitude, longitude)."""
    facts, both = small_facts({"customer.web_propensity": 0.25}), np.array(places, dtype=np.float32)
    store = Columns(facts.store.names, np.tile(facts.store.values, (2, 1)))
    homes = np.array([home], dtype=np.int32)
    return replace(facts, store=store, store_lat=both[:, 0], store_lon=both[:, 1], home_store=homes)


@pytest.mark.parametrize(
    ("why", "places", "expected"),
    [
        ("a degree of the meridian: 6371 × π / 180", [(30, 110), (31, 110)], 111.19493),
        ("a degree of longitude at 60 degrees north", [(60, 110), (60, 111)], 55.59693),
        ("and at 60 degrees south, westward", [(-60, 111), (-60, 110)], 55.59693),
        ("the other end of the world is as far as far", [(-87.5, 0), (87.5, 180)], 1000),
        ("no longitude", [(30, 110), (31, np.nan)], -1),
        ("no latitude", [(30, 110), (np.nan, 110)], -1),
    ],
)
def test_kilometres_between_stores(why: str, places: list[tuple[float, float]], expected: float) -> None:
    assert here_of(two_stores(places), Shopper(ANN, 1)).distance_km == pytest.approx(expected, rel=1e-5), why


@pytest.mark.parametrize("home", [0, 1])
def test_either_store_may_be_home(home: int) -> None:
    facts = two_stores([(30, 110), (31, 110)], home)
    found = [here_of(facts, Shopper(ANN, store)) for store in (0, 1)]
    assert [here.is_home for here in found] == [home == 0, home == 1]
    assert found[home].distance_km == 0
    assert found[1 - home].distance_km == pytest.approx(111.19493, rel=1e-5)


@pytest.mark.parametrize(
    ("why", "home", "shopper"),
    [
        ("nobody in particular", 0, Shopper(-1, 0)),
        ("nobody, where nobody has a home either", -1, Shopper(-1, 0)),
        ("a customer who never was in a store", -1, Shopper(ANN, 0)),
        ("no store at hand", 0, Shopper(ANN, -1)),
        ("neither", -1, Shopper(ANN, -1)),
        ("nothing known", 0, Shopper()),
    ],
)
def test_who_has_no_two_stores_is_nowhere(why: str, home: int, shopper: Shopper) -> None:
    assert here_of(two_stores([(30, 110), (31, 110)], home), shopper) == NOWHERE, why


def test_what_a_request_says_of_its_channel_counts_more_than_habit() -> None:
    facts = two_stores([(30, 110), (31, 110)])
    assert here_of(facts, Shopper(ANN, 0, channel=ON_WEB)) == Here(is_web=True, distance_km=0.0, is_home=True)
