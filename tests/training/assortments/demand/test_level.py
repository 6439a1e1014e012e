"""The level of a forecast: by hand, and that it is drawn to 1 where little is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.assortments.demand.level import DRIFT, level

WEEK = np.repeat([7, 8, 9], 4)


def test_a_level_that_is_sure_is_the_ratio_of_sums() -> None:
    meant = np.full(12, 1e6)
    assert level(WEEK, 1.3 * meant, meant) == pytest.approx(1.3, abs=1e-3)


def test_a_level_by_hand() -> None:
    week, seen, meant = np.array([0, 0, 1]), np.array([30.0, 30, 90]), np.array([40.0, 40, 80])
    ratio = 150 / 160
    spread = (60 - ratio * 80) ** 2 + (90 - ratio * 80) ** 2
    share = DRIFT**2 / (DRIFT**2 + 2 * spread / 150**2)
    assert level(week, seen, meant) == pytest.approx(1 + share * (ratio - 1))


def test_few_units_say_little() -> None:
    meant = np.full(12, 0.1)
    assert level(WEEK, 2 * meant, meant) == pytest.approx(1 + DRIFT**2 / (DRIFT**2 + 1 / 2.4))
    assert level(WEEK, 2 * meant, meant, copies=4) == pytest.approx(1 + DRIFT**2 / (DRIFT**2 + 4 / 2.4))


def test_what_cannot_be_told_is_one() -> None:
    assert level(WEEK, np.zeros(12), np.ones(12)) == 1
    assert level(np.zeros(5, dtype=np.int64), np.ones(5), np.full(5, 2.0)) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50), st.floats(0.01, 50)), min_size=1, max_size=30))
def test_a_level_lies_between_one_and_the_ratio(rows: list[tuple[int, float, float]]) -> None:
    week, seen, meant = (np.array(column) for column in zip(*rows, strict=True))
    found, ratio = level(week.astype(np.int64), seen, meant), seen.sum() / meant.sum()
    assert min(1, ratio) - 1e-9 <= found <= max(1, ratio) + 1e-9
