"""What would have been chosen first, had everything that is listed been on the shelf.

Of shoppers of class k who took SKU i while others were out, a share q_kj(all listed) had come for a missing j, and
the rest for i itself (Vulcano, van Ryzin and Ratliff 2012, Operations Research 60, equations 4 and 5); so too of those
who left. The sum over SKUs and leaving stays what it was.
"""

from dataclasses import dataclass

import numpy as np

from training.choice.latent_class import LatentClass, expect
from training.choice.panel import Flags, Floats, Panel


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
    wanted, _ = model.probabilities(panel.traits, listed | panel.available)
    sought = wanted * (listed & ~panel.available)
    missed = sought.sum(axis=2)
    takers = who.counts.sum(axis=2) + who.left
    units = (who.counts * (1 - missed)[:, :, None] + takers[:, :, None] * sought).sum(axis=0)
    return PrimaryDemand(np.asarray(units), np.asarray((who.left * (1 - missed)).sum(axis=0)))
