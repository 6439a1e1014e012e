"""Problems whose parts do not fit are refused with a sentence that says which."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DataError
from tests.helpers.shelf_shops import random_shop, two_skus
from training.assortments.optimiser.problem import checked


def test_a_good_problem_is_handed_back():
    shop = random_shop(0)
    assert checked(shop) is shop


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"weight": np.zeros((1, 1, 0))}, "needs \\(clusters, classes, SKUs\\), at least one of each"),
        ({"visits": np.ones(2)}, "visits has the shape \\(2,\\)"),
        ({"must": np.zeros((2, 2), dtype=bool)}, "must has the shape"),
        ({"skus": ("cola", "cola")}, "skus: 1 stand twice, such as 'cola'"),
        ({"skus": ("cola",)}, "skus names 1, but weight has 2"),
        ({"party": ("a", "b")}, "party names 2 sellers for 1 clusters"),
        ({"mix": np.array([[0.5]])}, "do not add up to 1, such as 0.500000 of cluster all"),
        ({"weight": np.array([[[1.0, np.nan]]])}, "weight: 1 of 2 values .* nan of cluster all of SKU lemonade"),
        ({"unit_profit_cents": np.array([[np.inf, 1.0]])}, "unit_profit_cents: 1 of 2 .* of SKU cola"),
        ({"sku_cost_cents": np.array([-1.0, 0.0])}, "sku_cost_cents: 1 of 2 .* of SKU cola"),
        ({"facing_capacity_units": np.array([0.0, 1.0])}, "facing_capacity_units: 1 of 2"),
        ({"horizon_days": 0.0}, "horizon_days is 0.0"),
        ({"space_cm": np.array([10.0])}, "space_cm is given without width_cm"),
        ({"days_of_supply": np.array([1.0, 1.0])}, "days_of_supply is given without facing_capacity_units"),
        ({"brand_minimum": np.array([[1]])}, "brand_minimum is given without brand"),
        ({"brand_minimum": np.array([[1]]), "brand": np.array([0, 1])}, "codes run from 0 to 0; there is one of 1"),
        ({"max_changes_chain": 3}, "max_changes_chain is given without current"),
        ({"max_changes_chain": -1, "current": np.zeros((1, 2), dtype=bool)}, "max_changes_chain is -1"),
    ],
)
def test_what_does_not_fit_is_named(parts, words):
    with pytest.raises(DataError, match=words):
        checked(replace(two_skus(), **parts))
