"""Label windows: edges that touch, four weeks of history before each, and what to do where there is too little."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import Cutoff
from features.errors import DataError
from training.recommendations.windows import LEAST_HISTORY_DAYS, Window, label_windows

CUTOFF = Cutoff.parse("2025-06-01T09:20:00")


def test_windows_go_back_from_the_cutoff_and_touch() -> None:
    first = CUTOFF.minus_days(365)
    assert label_windows(CUTOFF, first, 3, 7) == (
        Window(Cutoff.parse("2025-05-25T09:20:00"), CUTOFF),
        Window(Cutoff.parse("2025-05-18T09:20:00"), Cutoff.parse("2025-05-25T09:20:00")),
        Window(Cutoff.parse("2025-05-11T09:20:00"), Cutoff.parse("2025-05-18T09:20:00")),
    )


@pytest.mark.parametrize(("history_days", "expected"), [(42, 2), (48.9, 2), (49, 3), (55, 3), (56, 4), (1000, 5)])
def test_a_window_has_four_weeks_of_history(history_days: float, expected: int) -> None:
    assert len(label_windows(CUTOFF, CUTOFF.minus_days(history_days), 5, 7)) == expected


def test_two_windows_need_their_history_to_the_microsecond() -> None:
    message = (
        r"two label windows of 7 days with 28 days of purchases before them: 42 days before the cutoff "
        r"2025-06-01T09:20:00; there are 41, from 2025-04-20T09:20:00.000001\. "
        r"Choose a later --cutoff, shorter --window-days, or bring older purchases\."
    )
    with pytest.raises(DataError, match=message):
        label_windows(CUTOFF, CUTOFF.minus_days(42 - 1e-6 / 86_400), 5, 7)


def test_a_cutoff_before_the_first_purchase() -> None:
    with pytest.raises(DataError, match="there are 0, from 2025-06-11"):
        label_windows(CUTOFF, CUTOFF.plus_days(10), 5, 7)


@given(
    st.datetimes(min_value=Cutoff.parse("2000-01-01").at, max_value=Cutoff.parse("2050-01-01").at),
    st.integers(2, 9),
    st.floats(1, 30),
    st.floats(0, 400),
)
def test_every_window_has_its_history_and_its_length(at: object, count: int, days: float, history_days: float) -> None:
    cutoff = Cutoff(at)
    first = cutoff.minus_days(history_days)
    try:
        windows = label_windows(cutoff, first, count, days)
    except DataError:
        assert history_days <= 2 * days + LEAST_HISTORY_DAYS
        return
    assert 2 <= len(windows) <= count
    assert windows[0].end == cutoff
    assert all(earlier.end == later.cutoff for later, earlier in pairwise(windows))
    assert all(window.cutoff.minus_days(LEAST_HISTORY_DAYS) >= first for window in windows)
    assert all(window.end.days - window.cutoff.days == pytest.approx(days, abs=1e-9) for window in windows)
