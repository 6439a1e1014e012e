"""The latent-class multinomial logit: classes of shoppers who weigh SKUs differently, mixed differently in each store.

A shopper of class k in situation r takes SKU i of those available with probability

    q_kri = exp(u_kri) / (1 + Σ_j exp(u_krj)),   u_kri = v_ki + Σ_d β_kd trait_rid,   v_ki = B_i't_k + ε_ki,

and nothing otherwise; where nobody counted those who left, the 1 is left out. A store's shoppers are of class k with
probability m_sk. Train (2009), Discrete Choice Methods with Simulation, ch. 3 and 14. Where those who left were
counted, how fast they become more as the shelf thins may differ from the logit: `leaving` has the formulas.
"""

from dataclasses import dataclass

import numpy as np

from training.assortments.choice import outside_option
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.outside_option import LOGIT
from training.assortments.choice.panel import Codes, Flags, Floats, Panel

_MOST = 100.0
"""Utilities are cut here, so that no exponential overflows; nobody is that fond of anything."""


@dataclass(frozen=True, slots=True, eq=False)
class LatentClass:
    """K classes, n SKUs, D traits, S stores.

    utility       (K, n) v: of a SKU whose traits are all 0, over that of the outside option
    response      (K, D) β, by trait
    taste         (B, K) t: what attributes are worth to a class; rows are a constant, the attributes, and the utility
                  in a model of one class
    steering      (Z + 1, K) logits of the class mix by store covariates, the first row a constant
    mix           (S, K) m
    chain_utility, chain_response  (n,), (D,) of the one-class model, which classes are shrunk to; 0 in itself
    has_outside   whether visits without a purchase were counted; otherwise v is known up to a constant
    trait_names   D names
    log_likelihood  of the panel it was fitted on
    outside_shape   a of `leaving`: 1 for the logit
    """

    utility: Floats
    response: Floats
    taste: Floats
    steering: Floats
    mix: Floats
    chain_utility: Floats
    chain_response: Floats
    has_outside: bool
    trait_names: tuple[str, ...]
    log_likelihood: float
    outside_shape: float = LOGIT

    @property
    def classes(self) -> int:
        return len(self.mix.T)

    def probabilities(self, traits: Floats, available: Flags) -> tuple[Floats, Floats]:
        """(K, R, n) choice probabilities by class, and (K, R) those of leaving; 0 where that was not counted."""
        shape = self.outside_shape if self.has_outside else None
        return probabilities(self.utility, self.response, traits, available, shape)

    def attraction(self, traits: Floats, stores: Codes | None = None, outside: float = 1.0) -> Attraction:
        """What the optimiser takes: w = u/u0 at `traits` (n, D), the same in every store, or (S, n, D).

        `stores` names those that are wanted, all where it is None. Where the outside option was not counted, `outside`
        is its assumed attraction in the scale of exp(v); see `outside.outside_for_share`.
        """
        mix = self.mix if stores is None else self.mix[stores]
        if traits.ndim == 3:
            values = traits if stores is None else traits[stores]
            weight = np.exp(self.utility[None] + np.einsum("snd,kd->skn", values, self.response)) / outside
        else:  # every store sees the same, and one copy is enough
            shared = np.exp(self.utility + self.response @ traits.T) / outside
            weight = np.broadcast_to(shared, (len(mix), *shared.shape))
        shape = None if self.outside_shape == LOGIT else np.full(self.classes, self.outside_shape)
        return Attraction(weight, mix, shape)

    def mix_of(self, covariates: Floats) -> Floats:
        """(·, K) mixes of stores that nothing is known of but their covariates (·, Z)."""
        return softmax(np.column_stack([np.ones(len(covariates)), covariates]) @ self.steering)

    def utility_of(self, attributes: Floats, chain_utility: Floats) -> Floats:
        """(K, ·) utilities of SKUs without history from attributes (·, A).

        `chain_utility` (·,) is theirs in the one-class model, as its own `utility_of` gives it; 0 for itself.
        """
        design = np.column_stack([np.ones(len(attributes)), attributes, chain_utility])
        return np.asarray((design @ self.taste).T)


def probabilities(
    utility: Floats, response: Floats, traits: Floats, available: Flags, outside_shape: float | None = LOGIT
) -> tuple[Floats, Floats]:
    """(K, R, n) probabilities of SKUs and (K, R) of the outside option, from v (K, n) and β (K, D).

    Without an outside shape nobody can leave.
    """
    value = np.tensordot(response, traits, axes=(1, 2))
    value += utility[:, None, :]
    np.minimum(value, _MOST, out=value)
    weight = np.exp(value, out=value)
    weight *= available
    total = weight.sum(axis=2)
    if outside_shape is None:
        weight *= np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)[:, :, None]
        return weight, np.zeros_like(total)
    weight *= outside_option.per_attraction(total, outside_shape)[:, :, None]
    return weight, outside_option.nothing(total, outside_shape)


def softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def log_likelihood(model: LatentClass, panel: Panel) -> float:
    """Of the panel's choices: a class drawn for each unit and visit, or for each household where there are any."""
    chosen, nothing = model.probabilities(panel.traits, panel.available)
    return expect(panel, chosen, nothing, model.mix).log_likelihood


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Who chose what, as a model sees it.

    counts   (K, R, n) units by class, which add up to the panel's
    left     (K, R) visits without a purchase by class
    members  (S, K) choices by store and class; households where there are any
    log_likelihood  of the panel's choices
    """

    counts: Floats
    left: Floats
    members: Floats
    log_likelihood: float


def expect(panel: Panel, chosen: Floats, nothing: Floats, mix: Floats) -> Chosen:
    """From probabilities by class, (K, R, n) and (K, R): each unit and visit is of one class, or each household."""
    if panel.household is not None:
        return _by_household(panel, panel.household, chosen, nothing, mix)
    share = mix.T[:, panel.store]
    joint, left = share[:, :, None] * chosen, share * nothing
    total, total_left = joint.sum(axis=0), left.sum(axis=0)
    joint *= np.divide(panel.counts, total, out=np.zeros_like(total), where=panel.counts > 0)
    likelihood = _sum_log(panel.counts, total)
    if panel.no_purchase is None:
        left = np.zeros_like(left)
    else:
        left *= np.divide(panel.no_purchase, total_left, out=np.zeros_like(total_left), where=panel.no_purchase > 0)
        likelihood += _sum_log(panel.no_purchase, total_left)
    held = joint.sum(axis=2) + left
    members = np.stack([np.bincount(panel.store, row, len(mix)).astype(float) for row in held], axis=1)
    return Chosen(joint, left, members, likelihood)


def _by_household(panel: Panel, household: Codes, chosen: Floats, nothing: Floats, mix: Floats) -> Chosen:
    tiny = np.finfo(float).tiny
    log_row = np.einsum("rn,krn->kr", panel.counts, np.log(np.maximum(chosen, tiny)))
    if panel.no_purchase is not None:
        log_row += panel.no_purchase * np.log(np.maximum(nothing, tiny))
    homes = home_stores(household, panel.store)
    joint = np.log(np.maximum(mix.T[:, homes], tiny))
    joint += np.stack([np.bincount(household, row, minlength=len(homes)) for row in log_row])
    top = joint.max(axis=0)
    weight = np.exp(joint - top)
    member = weight / weight.sum(axis=0)
    left = np.zeros_like(nothing) if panel.no_purchase is None else member[:, household] * panel.no_purchase
    seen = np.bincount(household, minlength=len(homes)) > 0
    members = np.stack([np.bincount(homes[seen], row[seen], len(mix)).astype(float) for row in member], axis=1)
    likelihood = float((top + np.log(weight.sum(axis=0)))[seen].sum())
    return Chosen(member[:, household][:, :, None] * panel.counts, left, members, likelihood)


def home_stores(household: Codes, store: Codes) -> Codes:
    """(households,) the store of each household's first situation; 0 of indices that no situation has."""
    homes = np.zeros(int(household.max(initial=-1)) + 1, dtype=np.int64)
    homes[household[::-1]] = store[::-1]
    return homes


def _sum_log(counts: Floats, total: Floats) -> float:
    logs = np.log(np.maximum(total, np.finfo(float).tiny))
    return float((counts * logs).sum())
