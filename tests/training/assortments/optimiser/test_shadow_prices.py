"""What rules cost, on the shop worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assortments.optimiser.shadow_prices import shadow_prices
from training.assortments.optimiser.solve import solve


def prices(**rules):
    shop = replace(two_skus(), **rules)
    return {price.words: price for price in shadow_prices(shop, solve(shop).listed)}


def test_a_must_carry_that_takes_from_the_other():
    # both earn 46,666.67, cola alone 50,000
    found = prices(must=np.array([[False, True]]))["all must carry lemonade"]
    assert (found.step, found.cents) == ("no longer", pytest.approx(10_000 / 3))


def test_a_ban():
    found = prices(banned=np.array([[True, False]]))["all may not carry cola"]
    assert found.cents == pytest.approx(30_000)


def test_a_brand_minimum_of_two():
    found = prices(brand=np.array([0, 0]), brand_minimum=np.array([[2]]), brands=("Fizz",))
    assert found["at least 2 SKUs of brand Fizz in all"].cents == pytest.approx(10_000 / 3)


def test_changes_in_a_list_and_in_the_chain():
    nothing = np.array([[False, False]])
    assert prices(current=nothing, max_changes=np.array([0]))["at most 0 changes in all"].cents == pytest.approx(50_000)
    assert prices(current=nothing, max_changes_chain=0)["at most 0 changes over all clusters"].cents == pytest.approx(
        50_000
    )


def test_a_narrow_shelf_and_a_rule_that_does_not_bind():
    found = prices(width_cm=np.array([9.0, 6.0]), space_cm=np.array([6.0]), max_skus=np.array([2]))
    assert (found["6 cm of shelf in all"].step, found["6 cm of shelf in all"].cents) == ("6 cm more", 30_000)
    assert found["at most 2 SKUs in all"].cents == 0
    assert list(found) == ["6 cm of shelf in all", "at most 2 SKUs in all"]
