"""What holds for every shop: bounds above values, looser rules never worse, relaxations above what they relax."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.studies.optimiser_cases import one_shelf
from tests.helpers.shelf_shops import best_of_all, random_shop
from training.assortments.optimiser.milp import columns_of, leaving, tight_program
from training.assortments.optimiser.relaxation import relax
from training.assortments.optimiser.selection import cheap_bound_cents
from training.assortments.optimiser.shadow_prices import shadow_prices
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.shelf_search import kicked, search
from training.assortments.optimiser.value import incremental_cents, profit_cents

seeds = st.integers(0, 10_000)
ROUNDING = 1e-9


def best_list(shelf):
    every = ((np.arange(2 ** len(shelf.may))[:, None] >> np.arange(len(shelf.may))) & 1).astype(bool)
    return max((one for one in every if shelf.keeps(one)), key=shelf.profit_cents, default=None)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_bounds_lie_above_the_best_list(seed):
    shelf = shelves(random_shop(seed))[0]
    best = best_list(shelf)
    assume(best is not None)
    profit = shelf.profit_cents(best)
    room = ROUNDING * abs(profit)
    start = search(shelf)
    assert shelf.keeps(start)
    assert profit >= shelf.profit_cents(start) - room
    assert cheap_bound_cents(shelf) >= profit - room
    assert relax(shelf, start, 2.0, 1e-4).bound_cents >= profit - room


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(0, 255))
def test_every_list_is_a_point_of_the_tight_program(seed, code):
    shelf = shelves(random_shop(seed))[0]
    listed = ((code >> np.arange(len(shelf.may))) & 1).astype(bool)
    assume(shelf.keeps(listed))
    bounds = leaving(shelf)
    program = tight_program(shelf, bounds, np.array([1 / bounds.high, 1 / bounds.low]))
    columns = columns_of(shelf, listed)
    rows = program.matrix @ columns
    assert (rows >= program.row_low - 1e-9).all()
    assert (rows <= program.row_high + 1e-9).all()
    assert ((columns >= program.low - 1e-9) & (columns <= program.high + 1e-9)).all()
    assert program.cost @ columns == pytest.approx(shelf.profit_cents(listed))


@settings(max_examples=8, deadline=None)
@given(seeds, st.sampled_from(["must", "banned", "max_skus", "max_changes", "max_changes_chain", "space_cm"]))
def test_a_rule_less_is_never_worse(seed, rule):
    shop = random_shop(seed)
    assert best_of_all(replace(shop, **{rule: None})) >= best_of_all(shop)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_rules_never_cost_less_than_nothing(seed):
    shop = random_shop(seed)
    found = [search(shelf) for shelf in shelves(shop)]
    assume(shop.max_changes_chain is None and all(one is not None for one in found))
    assert all(price.cents >= 0 for price in shadow_prices(shop, np.array(found)))


@settings(max_examples=30, deadline=None)
@given(seeds, seeds)
def test_what_a_sku_adds_is_the_profit_with_it_less_that_without(seed, other):
    shop = replace(random_shop(seed), sku_cost_cents=None)
    draw = np.random.default_rng(other)
    listed = draw.random(shop.unit_profit_cents.shape) < 0.6
    adds, sku = incremental_cents(shop, listed), int(draw.integers(len(shop.skus)))
    without = listed.copy()
    without[0, sku] = False
    assert adds[0, sku] == pytest.approx(profit_cents(shop, listed) - profit_cents(shop, without), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_kicks_keep_the_rules_and_never_lose(seed):
    for shelf in shelves(random_shop(seed)):
        found = search(shelf)
        if found is not None:
            better = kicked(shelf, found, kicks=5, seconds=60)
            assert shelf.keeps(better)
            assert shelf.profit_cents(better) >= shelf.profit_cents(found)
            assert (kicked(shelf, found, kicks=5, seconds=60) == better).all()
            assert (kicked(shelf, found, kicks=5, seconds=0) == found).all()


def test_kicks_find_what_three_starts_overlook():
    (shelf,) = shelves(one_shelf(200, 25, seed=105))
    found = search(shelf)
    assert found is not None
    assert shelf.profit_cents(kicked(shelf, found, kicks=60, seconds=60)) > 1.0005 * shelf.profit_cents(found)
