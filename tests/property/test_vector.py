"""Properties of the request-time vector: one way to compute it, whenever, in whatever company."""

from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import Cutoff
from features.facts.facts import COLUMNS, NEVER_DAYS, Columns, Facts, Floats, is_age
from features.facts.freeze import freeze
from features.facts.grains import GRAINS
from features.past import Past
from features.vector.shopper import IN_STORE, ON_WEB, Shopper
from features.vector.vector import names, vector
from tests.helpers.datasets import ingested, settings_for

LAST = Cutoff.parse("2025-05-01T12:00:00")
"""After the last purchase of the small shop."""

LATER_DAYS = 10.25
SOURCES = ("repeat", "als", "ease")


class Shop(NamedTuple):
    """Facts as they were computed, as they are opened again, and as of a later day on which nothing new is known."""

    built: Facts
    opened: Facts
    later: Facts


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    work = settings_for(tmp_path_factory.mktemp("shop"))
    warehouse = ingested(work)
    opened, later = Past(work, warehouse, LAST).facts(), Past(work, warehouse, LAST.plus_days(LATER_DAYS)).facts()
    return Shop(freeze(Past(work, warehouse, LAST).folder(), warehouse.skus, LAST, warehouse.stores), opened, later)


@st.composite
def requests(draw: st.DrawFn) -> tuple[int, int, float, list[int], int]:
    """Customer, store, days since the cutoff, SKUs, seed of the scores; the shop has 59, 3 and 48 of the former."""
    skus = draw(st.lists(st.integers(0, 47), min_size=1, max_size=20, unique=True))
    elapsed = draw(st.sampled_from([0.0, 0.25, 9.0, 28.0]))
    return draw(st.integers(-1, 58)), draw(st.integers(-1, 2)), elapsed, skus, draw(st.integers(0, 9))


def asked(facts: Facts, request: tuple[int, int, float, list[int], int]) -> Floats:
    customer, store, elapsed, skus, seed = request
    scores = np.random.default_rng(seed).random((len(skus), len(SOURCES)), dtype=np.float32)
    return vector(facts, Shopper(customer, store, elapsed), np.array(skus, dtype=np.int32), scores)


def test_the_shop_is_as_large_as_the_requests_think(shop: Shop) -> None:
    assert (len(shop.built.customers), len(shop.built.stores), len(shop.built.skus)) == (59, 3, 48)


@given(requests())
def test_built_and_opened_facts_answer_alike(shop: Shop, request: tuple[int, int, float, list[int], int]) -> None:
    np.testing.assert_array_equal(asked(shop.built, request), asked(shop.opened, request))


@given(requests())
def test_every_number_is_finite_and_every_column_has_a_name(
    shop: Shop, request: tuple[int, int, float, list[int], int]
) -> None:
    features = asked(shop.opened, request)
    assert np.isfinite(features).all()
    assert features.shape == (len(request[3]), len(names(shop.opened, SOURCES)))
    assert features.flags.c_contiguous


@given(requests(), st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_their_company(
    shop: Shop, request: tuple[int, int, float, list[int], int], random: Random
) -> None:
    customer, store, elapsed, skus, seed = request
    scores = np.random.default_rng(seed).random((len(skus), len(SOURCES)), dtype=np.float32)
    shopper, codes = Shopper(customer, store, elapsed), np.array(skus, dtype=np.int32)
    together = vector(shop.opened, shopper, codes, scores)
    alone = [vector(shop.opened, shopper, codes[[at]], scores[[at]]) for at in range(len(skus))]
    np.testing.assert_array_equal(np.concatenate(alone), together)
    order = random.sample(range(len(skus)), len(skus))
    np.testing.assert_array_equal(vector(shop.opened, shopper, codes[order], scores[order]), together[order])


@given(requests())
def test_ages_some_days_later_are_those_of_a_snapshot_of_that_day(
    shop: Shop, request: tuple[int, int, float, list[int], int]
) -> None:
    customer, store, _, skus, seed = request
    aged = asked(shop.opened, (customer, store, LATER_DAYS, skus, seed))
    fresh = asked(shop.later, (customer, store, 0.0, skus, seed))
    ages = [at for at, name in enumerate(names(shop.opened, SOURCES)) if is_age(name.split(".")[-1])]
    assert len(ages) == 14
    np.testing.assert_allclose(aged[:, ages], fresh[:, ages], rtol=1e-6)


@settings(max_examples=10)
@given(st.sampled_from([*GRAINS]), st.floats(0.01, 28))
def test_only_ages_depend_on_the_days_since_the_cutoff(shop: Shop, grain: str, elapsed: float) -> None:
    request = (7, 1, 0.0, list(range(48)), 0)
    now, then = asked(shop.opened, request), asked(shop.opened, (7, 1, elapsed, list(range(48)), 0))
    for at, name in enumerate(names(shop.opened, SOURCES)):
        if name.startswith(f"{grain}.") and not is_age(name.removeprefix(f"{grain}.")):
            np.testing.assert_array_equal(now[:, at], then[:, at], err_msg=name)


def older(columns: Columns, days: float) -> Columns:
    grows = np.array([is_age(name) for name in columns.names])
    values = np.where(grows & (columns.values < NEVER_DAYS), columns.values + np.float32(days), columns.values)
    return Columns(columns.names, values)


@given(requests(), st.sampled_from([-1, IN_STORE, ON_WEB]))
def test_a_request_some_days_later_is_one_to_facts_that_are_so_much_older(
    shop: Shop, request: tuple[int, int, float, list[int], int], channel: int
) -> None:
    """Of every grain and every combination."""
    customer, store, elapsed, skus, _ = request
    facts = shop.opened
    alone = {name: older(getattr(facts, name), elapsed) for name in COLUMNS}
    pairs = {name: replace(rows, columns=older(rows.columns, elapsed)) for name, rows in facts.pairs.items()}
    codes, scores = np.array(skus, dtype=np.int32), np.zeros((len(skus), len(SOURCES)), np.float32)
    later = vector(facts, Shopper(customer, store, elapsed, channel), codes, scores)
    aged = vector(replace(facts, pairs=pairs, **alone), Shopper(customer, store, 0.0, channel), codes, scores)
    np.testing.assert_array_equal(later, aged)
