"""The audit catches plans that break a rule, and figures that are not what they say."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.plan import AssortmentPlan


def shop(**rules):
    return replace(two_skus(), **rules)


def plan(listed, profit, bound=60_000.0, facings=None):
    flags = np.array([listed])
    return AssortmentPlan(
        flags, flags.astype(int) if facings is None else np.array([facings]), profit, bound, "milp", 0.0
    )


COLA, BOTH, NONE = plan([True, False], 50_000.0), plan([True, True], 140_000 / 3), plan([False, False], 0.0)


@pytest.mark.parametrize("each", [COLA, BOTH, NONE], ids=["cola", "both", "none"])
def test_a_plan_that_keeps_the_rules_passes(each):
    found = audit(shop(), each)
    assert found.passed
    assert found.profit_cents == pytest.approx(each.profit_cents)


def test_the_gap_is_that_of_the_profit_counted_again():
    assert audit(shop(), COLA).gap == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("rules", "broken", "words"),
    [
        ({"must": np.array([[False, True]])}, COLA, "all: SKU lemonade has to be carried and is not"),
        ({"banned": np.array([[True, False]])}, COLA, "all: SKU cola is banned and listed"),
        ({"max_skus": np.array([1])}, BOTH, "all: 2 SKUs are listed, 1 are allowed"),
        (
            {"brand": np.array([0, 1]), "brand_minimum": np.array([[0, 1]]), "brands": ("A", "B")},
            COLA,
            "all: 0 SKUs of brand B are listed, 1 are asked for",
        ),
        (
            {"width_cm": np.array([8.0, 9.0]), "space_cm": np.array([16.0])},
            BOTH,
            "all: facings take 17.0 cm of 16.0 cm",
        ),
        ({"current": np.array([[False, True]]), "max_changes": np.array([1])}, COLA, "all: 2 SKUs change, 1 may"),
        (
            {"current": np.array([[False, True]]), "max_changes_chain": 1},
            COLA,
            "2 SKUs change over all clusters, 1 may",
        ),
        (
            # 1,000 visits in 7 days and 10 stores, half of them take cola: 7.1 units a day
            {"facing_capacity_units": np.array([10.0, 10.0]), "days_of_supply": np.array([2.0, 2.0])},
            COLA,
            "all: SKU cola holds 10.0 units, 14.3 are asked for 2 days",
        ),
        ({"max_facings": np.array([2, 2])}, plan([True, False], 50_000.0, facings=[3, 0]), "has 3 facings, 2 are"),
        ({}, plan([True, False], 50_000.0, facings=[1, 1]), "SKU lemonade is not listed with 1 facings"),
        ({}, plan([True, False], 50_000.0, facings=[0, 0]), "SKU cola is listed with 0 facings"),
        ({}, plan([True, False], 50_001.0), "the plan says a profit of 50001.00 cents; counted again it is 50000.00"),
        ({}, plan([True, False], 50_000.0, bound=49_999.0), "is above the bound of 49999.00"),
    ],
)
def test_what_is_wrong_is_said(rules, broken, words):
    found = audit(shop(**rules), broken)
    assert not found.passed
    assert any(words in fault for fault in found.faults), found.faults


def test_a_plan_of_another_shop_is_told():
    other = AssortmentPlan(np.ones((1, 3), dtype=bool), np.ones((1, 3), dtype=int), 0.0, 0.0, "milp", 0.0)
    assert "shape" in audit(shop(), other).faults[0]
