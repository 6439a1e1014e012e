"""Clusters of stores by their shoppers' classes, space and mission; how many is read off the curve of profit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from training.assortments.choice.panel import Codes, Floats

ENOUGH = 0.001
"""Share of the best profit that one may do without for fewer clusters."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Profit by number of clusters.

    numbers  ascending; profit (len,) of each; labels: (S,) of each; chosen: the index of the number to take
    """

    numbers: tuple[int, ...]
    profit: Floats
    labels: tuple[Codes, ...]
    chosen: int

    @property
    def label(self) -> Codes:
        return self.labels[self.chosen]

    @property
    def one_more(self) -> Floats:
        """(len,) what the next number on the curve adds to the profit; 0 at its end."""
        return np.append(np.diff(self.profit), 0.0)


def profile(mix: Floats, space: Floats | None = None, mission: Floats | None = None) -> Floats:
    """(S, ·) what stores are compared by: mixes (S, K), log of space (S,), shares of missions (S, M).

    Class mixes keep their scale, as they are what assortments follow; space and missions are brought to that of the
    mixes, so that none outweighs them by its unit.
    """
    scale = float(mix.std(axis=0).mean()) or 1.0
    parts = [mix]
    if space is not None:
        parts.append(scale * _standardised(np.log(np.maximum(space, 1e-9))[:, None]))
    if mission is not None:
        parts.append(scale * _standardised(mission) / np.sqrt(mission.shape[1]))
    return np.column_stack(parts)


def _standardised(values: Floats) -> Floats:
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def clusters(profiles: Floats, number: int) -> Codes:
    """(S,) codes from 0 in the order of stores: Ward's method, so that more clusters only split those of fewer."""
    if len(profiles) == 1 or number <= 1:
        return np.zeros(len(profiles), dtype=np.int64)
    cut = fcluster(linkage(profiles, method="ward"), number, criterion="maxclust")
    _, first, codes = np.unique(cut, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[codes], dtype=np.int64)


def curve(profiles: Floats, numbers: Sequence[int], profit: Callable[[Codes], float], enough: float = ENOUGH) -> Curve:
    """Profit of the stores' plans at each number of clusters; chosen is the fewest within `enough` of the best.

    `profit` takes (S,) codes and says what a plan with one list a cluster earns.
    """
    tried = tuple(sorted({min(number, len(profiles)) for number in numbers}))
    labels = tuple(clusters(profiles, number) for number in tried)
    earned = np.array([profit(label) for label in labels])
    chosen = int(np.argmax(earned >= earned.max() - enough * abs(earned.max())))
    return Curve(tried, earned, labels, chosen)
