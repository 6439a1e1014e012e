"""Lists for shoppers who leave otherwise than the logit says: local search with their own choice probabilities.

The optimiser takes logits. `Attraction.tangent` gives it the one that is as good near a list, but what is best far
from there may be missed. Here every addition, removal and swap is weighed exactly, for one rule: how many SKUs a shelf
holds.
"""

from collections.abc import Sequence

import numpy as np

from training.assortments.choice import outside_option
from training.assortments.choice.attraction import Attraction
from training.assortments.optimiser.problem import Codes, Flags, Floats

_LEAST_GAIN = 1e-9


def climbed(attraction: Attraction, unit_profit: Floats, max_skus: Codes, starts: Sequence[Flags]) -> Flags:
    """(C, n) the best list of each cluster that is found from nothing and from each of `starts` (C, n).

    The best move, an addition, removal or swap, is made until none gains. `unit_profit` (n,); `max_skus` (C,).
    Raises ValueError where a start has more SKUs than a shelf holds.
    """
    if any((start.sum(axis=1) > max_skus).any() for start in starts):
        raise ValueError("a list to start from has more SKUs than its shelf holds")
    empty = np.zeros(attraction.weight[:, 0].shape, dtype=bool)
    rows = []
    for cluster, most in enumerate(max_skus.tolist()):
        own = _Own(attraction, unit_profit, cluster)
        rows.append(max((own.climb(start[cluster], most) for start in (empty, *starts)), key=own.profit))
    return np.array(rows)


class _Own:
    """One cluster: profit of a visit by list."""

    def __init__(self, attraction: Attraction, unit_profit: Floats, cluster: int) -> None:
        self.weight, self.mix = attraction.weight[cluster], attraction.mix[cluster]
        self.earns = self.weight * unit_profit
        self.shape = attraction.shapes

    def profit(self, listed: Flags) -> float:
        return float(self._of(self.weight @ listed, self.earns @ listed))

    def _of(self, total: Floats, earns: Floats) -> Floats:
        """(…) from attractions and what they would earn a unit each, (K, …)."""
        shape = self.shape.reshape(-1, *(1,) * (total.ndim - 1))
        return np.asarray(np.tensordot(self.mix, outside_option.per_attraction(total, shape) * earns, axes=1))

    def climb(self, listed: Flags, most: int) -> Flags:
        listed = listed.copy()
        height = self.profit(listed)
        while True:
            # the last place on either side stands for no SKU: an addition, or a removal
            out = np.append(np.flatnonzero(listed), -1) if listed.sum() < most else np.flatnonzero(listed)
            new = np.append(np.flatnonzero(~listed), -1)
            reached = self._of(
                (self.weight @ listed)[:, None, None] + _moves(self.weight, out, new),
                (self.earns @ listed)[:, None, None] + _moves(self.earns, out, new),
            )
            gone, come = np.unravel_index(int(np.argmax(reached)), reached.shape)
            if reached[gone, come] <= height + _LEAST_GAIN * abs(height):
                return listed
            for sku, is_listed in ((out[gone], False), (new[come], True)):
                if sku >= 0:
                    listed[sku] = is_listed
            height = self.profit(listed)


def _moves(value: Floats, out: Codes, new: Codes) -> Floats:
    """(K, out, new) what each move adds to the sum of `value` (K, n)."""
    padded = np.column_stack([value, np.zeros(len(value))])
    return np.asarray(padded[:, None, new] - padded[:, out, None])
