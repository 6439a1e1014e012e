"""What would have been chosen first, had everything that is listed been on the shelf.

Of shoppers of class k who took SKU i while others were out, a share q_ki(all listed) / q_ki(available) had come for i
itself, and the rest for what was missing, in proportion to its attraction; so too of those who left. For the logit that
is Vulcano, van Ryzin and Ratliff (2012), Operations Research 60, equations 4 and 5. The sum over SKUs and leaving stays
what it was.
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.choice.latent_class import LatentClass, expect
from training.assortments.choice.panel import Flags, Floats, Panel


@dataclass(frozen=True, slots=True, eq=False)
class PrimaryDemand:
    """First choices (R, n), and (R,) those that would have left all the same."""

    units: Floats
    no_purchase: Floats


def primary_demand(model: LatentClass, panel: Panel, listed: Flags) -> PrimaryDemand:
    """Untruncated demand by situation, where `listed` (R, n) had been there; traits of what was out must be known.

    Situations in which nothing listed was missing keep their counts.
    """
    chosen, nothing = model.probabilities(panel.traits, panel.available)
    who = expect(panel, chosen, nothing, model.mix)
    wanted, leaving = model.probabilities(panel.traits, listed | panel.available)
    sought = wanted * (listed & ~panel.available)
    stayed = _share((wanted * panel.available).sum(axis=2), chosen.sum(axis=2))
    left = who.left * _share(leaving, nothing)
    moved = who.counts.sum(axis=2) * (1 - stayed) + who.left - left
    sought *= _share(np.ones_like(moved), sought.sum(axis=2))[:, :, None] * moved[:, :, None]
    units = (who.counts * stayed[:, :, None] + sought).sum(axis=0)
    return PrimaryDemand(np.asarray(units), np.asarray(left.sum(axis=0)))


def _share(part: Floats, whole: Floats) -> Floats:
    """1 where there is no whole."""
    return np.divide(part, whole, out=np.ones_like(whole), where=whole > 0)
