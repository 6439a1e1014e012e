"""Facings on shelves worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assortments.optimiser.facings import fill, least_facings, most_demand, too_small
from training.assortments.optimiser.solve import solve


def supplied(**parts):
    """7 days, 10 stores, 1,000 visits: a store sells at most 100/7 · 1/2 = 7.14 units a day of either."""
    given = {"facing_capacity_units": np.array([10.0, 5.0]), "days_of_supply": np.array([2.0, 2.0])} | parts
    return replace(two_skus(), **given)


def test_demand_is_that_of_the_sku_alone_beside_what_must_be_carried():
    assert most_demand(supplied()) == pytest.approx(np.array([[50 / 7, 50 / 7]]))
    with_cola = supplied(must=np.array([[True, False]]))
    assert most_demand(with_cola) == pytest.approx(np.array([[50 / 7, 100 / 21]]))


def test_facings_hold_the_days_asked_for():
    # 14.3 units: two facings of 10, three of 5
    assert least_facings(supplied()).tolist() == [[2, 3]]


def test_exactly_full_facings_need_no_more():
    assert least_facings(supplied(days_of_supply=np.array([1.4, 0.7]))).tolist() == [[1, 1]]


def test_a_sku_that_cannot_hold_its_days_is_not_listed():
    shop = supplied(max_facings=np.array([1, 3]))
    assert too_small(shop).tolist() == [[True, False]]
    assert solve(shop).listed.tolist() == [[False, True]]


def test_space_that_is_left_goes_to_what_lasts_least():
    shop = supplied(width_cm=np.array([10.0, 10.0]), space_cm=np.array([75.0]))
    # from 2 and 3 facings: cola lasts 20 units, lemonade 15; lemonade, then cola as both hold 20 (lower code first)
    assert fill(shop, np.array([[True, True]])).tolist() == [[3, 4]]


def test_no_more_facings_than_allowed():
    shop = supplied(width_cm=np.array([10.0, 10.0]), space_cm=np.array([500.0]), max_facings=np.array([3, 4]))
    assert fill(shop, np.array([[True, True]])).tolist() == [[3, 4]]


def test_the_space_of_days_of_supply_counts_in_the_plan():
    # cola's two facings do not fit, lemonade's three do
    shop = supplied(width_cm=np.array([10.0, 5.0]), space_cm=np.array([19.0]))
    assert solve(shop).listed.tolist() == [[False, True]]
