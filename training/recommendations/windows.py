"""Label windows: which past weeks a ranker learns from."""

import math
from dataclasses import dataclass

from features.clock import Cutoff
from features.errors import DataError


@dataclass(frozen=True, slots=True)
class Window:
    """Labels are bought in [cutoff, end); features are known before the cutoff."""

    cutoff: Cutoff
    end: Cutoff


LEAST_HISTORY_DAYS = 28.0
"""A window with less history before it teaches what a customer without a past does."""


def label_windows(cutoff: Cutoff, first: Cutoff, count: int, days: float) -> tuple[Window, ...]:
    """The last `count` windows that end at or before the cutoff, the latest first.

    Windows with less than four weeks of history are left out. Raises DataError where fewer than two
    remain: one to learn from and a later one to stop early on.
    """
    windows = [Window(cutoff.minus_days(days * (nth + 1)), cutoff.minus_days(days * nth)) for nth in range(count)]
    kept = tuple(window for window in windows if window.cutoff.minus_days(LEAST_HISTORY_DAYS) >= first)
    if len(kept) < 2:
        have = math.floor(max(cutoff.days - first.days, 0))
        message = (
            f"A ranker needs two label windows of {days:g} days with {LEAST_HISTORY_DAYS:g} days of purchases before "
            f"them: {2 * days + LEAST_HISTORY_DAYS:g} days before the cutoff {cutoff}; there are {have}, "
            f"from {first}. Choose a later --cutoff, shorter --window-days, or bring older purchases."
        )
        raise DataError(message)
    return kept
