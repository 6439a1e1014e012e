"""How far a model's level is off: what the last weeks brought of a category's sum, against the model's own for them.

Trees remember the mean of the weeks that they learned from; where a category has moved since, all rows are off by about
the same factor. It is the ratio of both sums over the last LEVEL_WEEKS weeks, each week forecast from earlier ones, and
drawn to 1 by how noisy it is: an empirical Bayes estimate (Efron and Morris 1975, JASA 70(350)) with the drift of such
levels as prior. Rows are scaled by one factor, so that means still add up (top-down, Hyndman and Athanasopoulos 2021,
"Forecasting: principles and practice", 11.3). Unlike a forecast of the sum itself it knows promotions and listings.
"""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEVEL_WEEKS = 4
DRIFT = 0.15
"""Standard deviation of levels around 1. Both chosen on 24 categories of Complete Journey before September."""

_NOTHING = 1e-9
"""Units that are none: what divisions leave of zero, whose square is no number."""


def level(week: NDArray[np.int64], seen: Doubles, meant: Doubles, copies: int = 1) -> float:
    """The factor that brings forecasts to the level of late; 1 where it cannot be told.

    week   of each row
    seen   what came, units
    meant  what the model says of it
    copies how many rows may speak of the same week of a pair, forecast at several horizons
    """
    weeks, nth = np.unique(week, return_inverse=True)
    came, said = np.bincount(nth, seen), np.bincount(nth, meant)
    count = len(weeks)
    if count < 2 or not came.sum() > _NOTHING or not said.sum() > _NOTHING:
        return 1.0
    ratio = float(came.sum() / said.sum())
    spread = float(((came - ratio * said) ** 2).sum() / (count - 1))
    noise = max(count * spread / float(came.sum()) ** 2, copies / float(came.sum()))
    return 1 + DRIFT**2 / (DRIFT**2 + noise) * (ratio - 1)
