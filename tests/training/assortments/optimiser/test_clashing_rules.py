"""Rules that cannot all be kept are named, and no more of them than clash."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DataError
from tests.helpers.shelf_shops import best_of_all, random_shop, two_skus
from training.assortments.optimiser.clashing_rules import clashing_rules, rule_words
from training.assortments.optimiser.solve import solve


def words_of(shop):
    return [rule_words(shop, rule) for rule in clashing_rules(shop)]


def test_rules_that_can_be_kept_clash_with_nothing():
    assert clashing_rules(replace(two_skus(), max_skus=np.array([1]))) == ()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            {"must": np.array([[True, True]]), "banned": np.array([[False, True]]), "max_skus": np.array([2])},
            ["all must carry lemonade", "all may not carry lemonade"],
        ),
        (
            {"must": np.array([[True, True]]), "max_skus": np.array([1])},
            ["all must carry cola", "all must carry lemonade", "at most 1 SKUs in all"],
        ),
        (
            {
                "brand": np.array([0, 0]),
                "brand_minimum": np.array([[3]]),
                "brands": ("Fizz",),
                "max_skus": np.array([2]),
            },
            ["at least 3 SKUs of brand Fizz in all"],
        ),
        (
            {"must": np.array([[True, False]]), "width_cm": np.array([9.0, 1.0]), "space_cm": np.array([8.0])},
            ["all must carry cola", "8 cm of shelf in all"],
        ),
        (
            {"must": np.array([[True, False]]), "current": np.array([[False, False]]), "max_changes_chain": 0},
            ["at most 0 changes over all clusters", "all must carry cola"],
        ),
        (
            {
                "must": np.array([[True, False]]),
                "facing_capacity_units": np.array([10.0, 10.0]),
                "days_of_supply": np.array([2.0, 2.0]),
                "max_facings": np.array([1, 1]),
            },
            ["all must carry cola", "cola needs 2 facings in all for its days of supply, 1 are allowed"],
        ),
    ],
)
def test_the_rules_that_clash_are_named(rules, words):
    shop = replace(two_skus(), **rules)
    assert words_of(shop) == words
    with pytest.raises(DataError, match="cannot all be kept") as error:
        solve(shop)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("seed", range(100, 130))
def test_rules_clash_exactly_where_no_plan_keeps_them(seed):
    shop = random_shop(seed)
    assert bool(clashing_rules(shop)) == (best_of_all(shop) == -np.inf)
