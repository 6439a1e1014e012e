"""Quantiles that hold what they say: each is moved until it did so on a later window than the model learned from.

Split conformal prediction with a score per quantile (Romano, Patterson and Candès 2019, "Conformalized quantile
regression", eq. 10 and 11, one side at a time) in bins of the forecast mean (Mondrian), scaled by its root: counts
spread with the root of their mean. Where nearly all weeks are without a sale no bound of whole units can cover exactly
80 %: then the interval covers more, and says so in backtests.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

BINS = 8
LEAST_ROWS = 200
"""Rows of a bin: the tenth of so many is known to about two points."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far each quantile moves.

    edges   of the bins of the forecast mean, ascending, inner ones only
    moves   (bins, quantiles), in roots of the mean
    """

    edges: Doubles
    moves: Doubles

    def apply(self, mean: Doubles, quantiles: Doubles) -> Doubles:
        """(rows, quantiles): moved, in order, and not below nothing."""
        bins = np.searchsorted(self.edges, mean, side="right")
        moved = quantiles + self.moves[bins] * _scale(mean)[:, None]
        return np.sort(np.maximum(moved, 0.0), axis=1)


def calibrate(mean: Doubles, quantiles: Doubles, seen: Doubles, levels: tuple[float, ...]) -> Calibration:
    """What makes the quantiles (rows, levels) hold on rows whose outcome was `seen`."""
    bins = int(np.clip(len(mean) // LEAST_ROWS, 1, BINS))
    edges = np.unique(np.quantile(mean, np.arange(1, bins) / bins)) if bins > 1 else np.empty(0)
    nth = np.searchsorted(edges, mean, side="right")
    scores = (seen[:, None] - quantiles) / _scale(mean)[:, None]
    moves = np.zeros((len(edges) + 1, len(levels)))
    for code in range(len(edges) + 1):
        within = scores[nth == code] if (nth == code).any() else scores
        for column, level in enumerate(levels):
            moves[code, column] = np.quantile(within[:, column], _corrected(level, len(within)), method="linear")
    return Calibration(edges, moves)


def _corrected(level: float, rows: int) -> float:
    """The level that holds for one more row: outwards by what a finite sample cannot tell."""
    if level < 0.5:
        return max((level * (rows + 1) - 1) / rows, 0.0)
    return min(level * (rows + 1) / rows, 1.0) if level > 0.5 else level


def _scale(mean: Doubles) -> Doubles:
    return np.sqrt(np.maximum(mean, 1e-3))
