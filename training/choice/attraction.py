"""What the optimiser takes from a model of choice: attractions over leaving, by cluster and class, and class mixes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.choice.panel import Flags, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Attraction:
    """C clusters (or stores), K classes, n SKUs.

    weight  (C, K, n) u/u0: attraction of a SKU over that of leaving without one
    mix     (C, K) shares of classes, rows add up to 1
    """

    weight: Floats
    mix: Floats

    def by_class(self, listed: Flags) -> Floats:
        """(C, K, n) choice probabilities within each class where `listed` (C, n) is on the shelf."""
        shown = self.weight * listed[:, None, :]
        return np.asarray(shown / (1 + shown.sum(axis=2, keepdims=True)))

    def shares(self, listed: Flags) -> Floats:
        """(C, n) of visits that take each SKU; the rest leave."""
        return np.asarray(np.einsum("ck,ckn->cn", self.mix, self.by_class(listed)))

    def pooled(self, member: Floats) -> "Attraction":
        """Clusters of these: `member` (C', C) gives each its share, rows adding up to 1 (visits, say).

        Attractions must agree within a cluster up to the mix; they are averaged by the same shares.
        """
        mix = member @ self.mix
        held = member[:, :, None] * self.mix[None]
        weight = np.einsum("dck,ckn->dkn", held, self.weight) / np.maximum(mix, np.finfo(float).tiny)[:, :, None]
        return Attraction(weight, mix)


def averaged(several: Sequence[Attraction]) -> Attraction:
    """One attraction whose shares are the mean of those of `several`: all their classes side by side."""
    mix = np.concatenate([one.mix for one in several], axis=1) / len(several)
    return Attraction(np.concatenate([one.weight for one in several], axis=1), mix)
