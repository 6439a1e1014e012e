"""Shadow weights of the general attraction model (Gallego, Ratliff and Shebalov 2015, Operations Research 63).

A logit sends the demand of a missing SKU to the others and to leaving in proportion to their attractions, which sends
too much to the others where shoppers leave a store that lacks their SKU. In the general attraction model what is
missing keeps a shadow: a share θ_i of its attraction that stays with leaving,

    q_ki(S) = w_ki / (1 + Σ_{j in S} w_kj + Σ_{j not in S} θ_j w_kj),   0 ≤ θ_j ≤ 1.

θ = 0 is the logit, θ = 1 demand that never moves. It is seen only where SKUs were missing.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.optimize import minimize

from training.assortments.choice.attraction import Attraction
from training.assortments.choice.latent_class import LatentClass
from training.assortments.choice.panel import Flags, Floats, Panel

_MOST = 0.95
"""More would leave nothing for the optimiser to move."""


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """`share` (n,) θ; `missing` (n,) visits that met an empty place: 0 says that θ is that of all SKUs together."""

    share: Floats
    missing: Floats


def fit(model: LatentClass, panel: Panel, pull: float = 2000.0) -> Shadow:
    """The θ of highest likelihood, the model's attractions held fast, each SKU's shrunk to that of all.

    `pull` is how many missed visits the common θ is worth. Where nothing was ever missing, or nobody counted those
    who left, θ is 0: there is nothing to tell it from the logit.
    """
    skus = panel.shape[1]
    visits = panel.counts.sum(axis=1) + (0.0 if panel.no_purchase is None else panel.no_purchase)
    missing = visits @ ~panel.available
    if panel.no_purchase is None or not missing.any():
        return Shadow(np.zeros(skus), missing)
    weight = np.exp(model.utility[:, None, :] + np.tensordot(model.response, panel.traits, axes=(1, 2)))
    mix = model.mix.T[:, panel.store]

    def cost(share: Floats, *, spread: bool) -> tuple[float, Floats]:
        theta = share if spread else np.full(skus, share[0])
        value, slope = _likelihood(theta, weight, mix, panel)
        if not spread:
            return -value, np.array([-slope.sum()])
        return -value + 0.5 * pull * float(((theta - common) ** 2).sum()), -slope + pull * (theta - common)

    common = 0.0
    together = partial(cost, spread=False)
    common = float(minimize(together, [0.05], jac=True, bounds=[(0, _MOST)], method="L-BFGS-B").x[0])
    apart = partial(cost, spread=True)
    found = minimize(apart, np.full(skus, common), jac=True, bounds=[(0, _MOST)] * skus, method="L-BFGS-B")
    return Shadow(np.where(missing > 0, found.x, common), missing)


def _likelihood(theta: Floats, weight: Floats, mix: Floats, panel: Panel) -> tuple[float, Floats]:
    """Of the counts, and its slope in θ: what stays in the shadow adds to the denominator and to leaving."""
    lost = weight * ~panel.available
    kept = (weight * panel.available).sum(axis=2)
    shadow = lost @ theta
    total = 1 + kept + shadow
    chosen = np.einsum("kr,krn->rn", mix / total, weight * panel.available)
    left = (mix * (1 + shadow) / total).sum(axis=0)
    tiny = np.finfo(float).tiny
    nothing = panel.no_purchase if panel.no_purchase is not None else np.zeros(len(left))
    value = float((panel.counts * np.log(np.maximum(chosen, tiny))).sum() + (nothing * np.log(left)).sum())
    ratio = np.divide(panel.counts, chosen, out=np.zeros_like(chosen), where=panel.counts > 0)
    bought = np.einsum("rn,krn->kr", ratio, weight * panel.available)
    slope = mix / total**2 * ((nothing / left) * kept - bought)
    return value, np.einsum("kr,krn->n", slope, lost)


def cast(attraction: Attraction, shadow: Shadow) -> tuple[Attraction, Floats]:
    """The attraction and (n,) by what to multiply unit profits, so that a plain logit earns what the shadowed one does.

    With w' = (1 − θ) w / (1 + Σ θ w), w' / (1 + Σ_S w') = (1 − θ) · q(S): the optimiser needs to know nothing of
    shadows. Shares of the cast attraction are to be multiplied by the same factors.
    """
    ground = 1 + attraction.weight @ shadow.share
    weight = attraction.weight * (1 - shadow.share) / ground[:, :, None]
    return replace(attraction, weight=weight), 1 / (1 - shadow.share)


def shares(attraction: Attraction, shadow: Shadow, listed: Flags) -> Floats:
    """(C, n) of visits that take each SKU, shadows counted."""
    dimmed, factor = cast(attraction, shadow)
    return dimmed.shares(listed) * factor
