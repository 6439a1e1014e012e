"""The outside option where nobody counted those who left: not identified, so a range is taken and carried through.

Sales alone fix attractions up to a common factor. Whoever knows within which limits the share of visits without a
purchase lies (a door counter in a few stores, a market share) gets the limits of everything that follows from it.
"""

import numpy as np

from features.errors import DataError
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.latent_class import LatentClass
from training.assortments.choice.panel import Flags, Floats


def outside_for_share(model: LatentClass, traits: Floats, listed: Flags, share: float) -> float:
    """The attraction of leaving at which, over all stores, `share` of visits leave when `listed` (S, n) is there.

    Raises DataError where the model knows its outside option, or the share is not between 0 and 1.
    """
    if model.has_outside:
        raise DataError("visits without a purchase were counted: their share is known. Next: leave the given one out.")
    if not 0 < share < 1:
        raise DataError(
            f"the share of visits without a purchase is {share}; it lies between 0 and 1. Next: give the limits that "
            "a door counter or a market share supports, such as 0.2 and 0.6."
        )
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        left = 1 - model.attraction(traits, outside=float(np.exp(middle))).shares(listed).sum(axis=1).mean()
        low, high = (middle, high) if left < share else (low, middle)
    return float(np.exp((low + high) / 2))


def attractions(
    model: LatentClass, traits: Floats, listed: Flags, shares: tuple[float, float]
) -> tuple[Attraction, Attraction]:
    """At the lowest and the highest share of visits without a purchase; the same twice where they were counted."""
    if model.has_outside:
        known = model.attraction(traits)
        return known, known
    low, high = (model.attraction(traits, outside=outside_for_share(model, traits, listed, one)) for one in shares)
    return low, high
