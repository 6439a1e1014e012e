"""How many leave as the shelf thins: the outside option, as firm as the data say.

A shopper's utility of SKU i is v_i plus a standard Gumbel error. Let e^{−u0} of leaving follow a gamma distribution of
mean 1 and shape a. The best of what is there beats u0 unless all do not, with W = Σ e^{v_i} over what is there,

    P(leave) = E exp(−W e^{−u0}) = (1 + W/a)^{−a},   P(i) = (e^{v_i} / W) (1 − P(leave)).

a = 1 is the multinomial logit. With a large, everybody has the same threshold below which nothing is bought: nearly
nobody leaves a full shelf, and far more than the logit says leave a short one, P(leave) → exp(−W). With a below 1 some
leave whatever there is. What plans earn that list fewer SKUs than stores did so far hangs on a.
"""

from typing import NamedTuple

import numpy as np

from training.assortments.choice.panel import Floats

LOGIT = 1.0
_TINY = 1e-12


def nothing(total: Floats, shape: float | Floats) -> Floats:
    """P(leave) where attractions add up to `total`."""
    return np.asarray(np.exp(-shape * np.log1p(total / shape)))


def per_attraction(total: Floats, shape: float | Floats) -> Floats:
    """(1 − P(leave)) / W: what a unit of attraction gets; 1 where nothing is there."""
    bought = -np.expm1(-shape * np.log1p(total / shape))
    return np.asarray(np.divide(bought, total, out=np.ones_like(bought), where=total > _TINY))


def elasticity(total: Floats, shape: float | Floats) -> Floats:
    """Per cent that 1 − P(leave) grows where W grows by one; between 0 and 1, P(leave) itself for the logit."""
    return np.asarray(1 / ((1 + total / shape) ** (shape + 1) * per_attraction(total, shape)))


class Pressure(NamedTuple):
    """What situations (R,) do to the log-likelihood in v, with q the choice probabilities and n the counts.

    Its slope is Σ n − pull · q, and Fisher's information Σ visits · diag q − bend · q qᵀ. For the logit, and where
    nobody can leave, all three are the visits.
    """

    visits: Floats
    pull: Floats
    bend: Floats


def pressure(buyers: Floats, leavers: Floats, left: Floats, shape: float) -> Pressure:
    """Of those who bought and those who left, where `left` is P(leave)."""
    visits = buyers + leavers
    if shape == LOGIT:
        return Pressure(visits, visits, visits)
    bought = np.maximum(1 - left, _TINY)
    bent = shape * (1 - left ** (1 / shape)) / bought
    pull = buyers * (1 - left * bent) / bought + leavers * bent
    return Pressure(visits, pull, visits * np.maximum(1 - left * bent**2, 0.0) / bought)
