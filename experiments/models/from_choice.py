"""From a model of choice to the problem: attractions and class mixes go in as they are, rules are added after."""

import numpy as np

from experiments.models.shadow_weights import Shadow, cast
from training.assortments.choice.attraction import Attraction
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Floats


def from_choice(
    attraction: Attraction,
    skus: tuple[str, ...],
    clusters: tuple[str, ...],
    visits: Floats,
    unit_profit_cents: Floats,
    stores_per_cluster: Codes | None = None,
    shadow: Shadow | None = None,
) -> AssortmentProblem:
    """A problem without rules; `dataclasses.replace` adds them, and `problem.checked` looks at the whole.

    `visits` (C,) are those of all stores of a cluster over the horizon, `unit_profit_cents` is (C, n) or (n,). With a
    `shadow` the general attraction model is planned: weights shrink and unit profits grow so that every list earns
    what it would there. Units of a plan are then those of the logit times (1 − θ)⁻¹.
    """
    factor = np.ones(len(skus))
    if shadow is not None:
        attraction, factor = cast(attraction, shadow)
    return AssortmentProblem(
        skus=skus,
        clusters=clusters,
        stores_per_cluster=np.ones(len(clusters), dtype=np.int64) if stores_per_cluster is None else stores_per_cluster,
        visits=visits,
        mix=attraction.mix,
        weight=attraction.weight,
        unit_profit_cents=np.broadcast_to(unit_profit_cents * factor, (len(clusters), len(skus))).copy(),
    )
