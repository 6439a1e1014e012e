"""What the optimiser takes from a model of choice: attractions over leaving, by cluster and class, and class mixes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.assortments.choice import outside_option
from training.assortments.choice.panel import Flags, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Attraction:
    """C clusters (or stores), K classes, n SKUs.

    weight  (C, K, n) u/u0: attraction of a SKU over that of leaving without one
    mix     (C, K) shares of classes, rows add up to 1
    outside_shape  (K,) a of `leaving`, by class; None: 1, the logit, in all of them
    """

    weight: Floats
    mix: Floats
    outside_shape: Floats | None = None

    def by_class(self, listed: Flags) -> Floats:
        """(C, K, n) choice probabilities within each class where `listed` (C, n) is on the shelf."""
        shown = self.weight * listed[:, None, :]
        if self.outside_shape is None:
            return np.asarray(shown / (1 + shown.sum(axis=2, keepdims=True)))
        return shown * outside_option.per_attraction(shown.sum(axis=2), self.outside_shape)[:, :, None]

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
        return Attraction(weight, mix, self.outside_shape)

    @property
    def shapes(self) -> Floats:
        """(K,) of the outside option, 1 for the logit."""
        return np.ones(self.mix.shape[1]) if self.outside_shape is None else self.outside_shape

    def tangent(self, listed: Flags) -> tuple["Attraction", Floats]:
        """The logit beside this one near `listed` (C, n), and (C,) by what to multiply visits.

        Each class buys as much there as here, of every SKU, and to first order as much more or less where attraction
        comes or goes: with e the elasticity of buying, attractions are over leaving's W e / (1 − e), and the class
        counts (1 − P(leave)) / (1 − e) times. Profits are exact at `listed`. For the logit it is itself.
        """
        if self.outside_shape is None:
            return self, np.ones(len(self.mix))
        total = np.maximum((self.weight * listed[:, None, :]).sum(axis=2), _NEXT_TO_NOTHING)
        elasticity = outside_option.elasticity(total, self.outside_shape)
        times = outside_option.per_attraction(total, self.outside_shape) * total / (1 - elasticity)
        scale = (1 - elasticity) / (total * elasticity)
        mix = self.mix * times
        whole = mix.sum(axis=1)
        return Attraction(self.weight * scale[:, :, None], mix / whole[:, None]), whole


_NEXT_TO_NOTHING = 1e-6


def averaged(several: Sequence[Attraction]) -> Attraction:
    """One attraction whose shares are the mean of those of `several`: all their classes side by side."""
    mix = np.concatenate([one.mix for one in several], axis=1) / len(several)
    weight = _side_by_side([one.weight for one in several])
    if all(one.outside_shape is None for one in several):
        return Attraction(weight, mix)
    return Attraction(weight, mix, np.concatenate([one.shapes for one in several]))


def _side_by_side(weights: Sequence[Floats]) -> Floats:
    """Along classes; where all clusters share one weight, the result shares it too."""
    if all(weight.strides[0] == 0 for weight in weights):
        shared = np.concatenate([weight[:1] for weight in weights], axis=1)
        return np.broadcast_to(shared, (len(weights[0]), *shared.shape[1:]))
    return np.concatenate(weights, axis=1)
