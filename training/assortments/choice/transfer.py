"""Where demand goes when a SKU is not there: to other SKUs, or out of the door.

With SKU i off the shelf, class k chooses j with q_kj / (1 − q_ki) (logit): of i's demand Σ_k m_k q_ki, the share

    T_ij = Σ_k m_k q_ki · q_kj / (1 − q_ki)  /  Σ_k m_k q_ki

moves to j, and what is left walks. In each row, transferred and walked demand add up to 1. Where leaving is not the
logit's (`leaving`), j gains w_j (r(W − w_i) − r(W)) with r(W) what a unit of attraction gets, and so much less walks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from training.assortments.choice import outside_option
from training.assortments.choice.attraction import Attraction
from training.assortments.choice.estimate import Prior, fit
from training.assortments.choice.latent_class import LatentClass
from training.assortments.choice.panel import Flags, Floats, Panel

REPLICATES = 40
LEVEL = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """Of one cluster, or of several together.

    demand  (n,) share of visits that take each SKU now; 0 where it is not listed
    moved   (n, n) row: the missing SKU; share of its demand that goes to each other. 0 from and to what is not listed
    walked  (n,) share that leaves without any; with `moved` it adds up to 1 where a SKU is listed
    """

    demand: Floats
    moved: Floats
    walked: Floats

    @property
    def incremental(self) -> Floats:
        """(n,) share of a SKU's units that the category would lose without it: what walks."""
        return self.walked

    def incremental_profit(self, unit_profit: Floats) -> Floats:
        """(n,) profit of a visit that is lost without each SKU: its own, less what its demand brings elsewhere.

        Below 0 where the shelf earns more without it.
        """
        return np.asarray(self.demand * (unit_profit - self.moved @ unit_profit))


def transfer(attraction: Attraction, listed: Flags, visits: Floats | None = None) -> Transfer:
    """Over all clusters (C) as `visits` (C,) weigh them, where `listed` (C, n) is carried.

    Raises nothing: where a SKU is listed nowhere its rows are 0. A SKU without any demand moves as if it had a little.
    """
    weigh = np.ones(len(listed)) if visits is None else visits
    by_class = attraction.by_class(listed)
    share = (weigh / max(weigh.sum(), np.finfo(float).tiny))[:, None] * attraction.mix
    demand = np.einsum("ck,ckn->n", share, by_class)
    skus = listed.shape[1]
    parting = (share[:, :, None] * _parting(attraction, listed, by_class)).reshape(-1, skus)
    flat = by_class.reshape(-1, skus)
    moved = parting.T @ flat
    np.fill_diagonal(moved, 0.0)
    whole = np.where(demand > 0, demand, 1.0)
    moved /= whole[:, None]
    if attraction.outside_shape is None:
        return Transfer(demand, moved, parting.T @ (1 - flat.sum(axis=1)) / whole)
    return Transfer(demand, moved, np.where(demand > 0, np.maximum(1 - moved.sum(axis=1), 0.0), 0.0))


def _parting(attraction: Attraction, listed: Flags, by_class: Floats) -> Floats:
    """(C, K, n) by what part the others' demand grows where a SKU is taken off the shelf."""
    if attraction.outside_shape is None:
        return by_class / (1 - by_class)
    shown = attraction.weight * listed[:, None, :]
    total = shown.sum(axis=2, keepdims=True)
    shape = attraction.outside_shape[:, None]
    # of less than a millionth of the shelf the difference would be lost in rounding; there it is in proportion
    part = np.maximum(shown, 1e-6 * (1 + total))
    before = outside_option.per_attraction(np.maximum(total, part), shape)
    grown = outside_option.per_attraction(np.maximum(total, part) - part, shape) / before - 1
    return np.asarray(grown * (shown / part))


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """A figure with the ends of its bootstrap interval, arrays of one shape."""

    estimate: Floats
    low: Floats
    high: Floats


def intervals(
    model: LatentClass,
    panel: Panel,
    figure: Callable[[LatentClass], Floats],
    seed: int = 0,
    replicates: int = REPLICATES,
    prior: Prior | None = None,
    frozen: Iterable[str] = (),
) -> Interval:
    """`figure` of the model with its `LEVEL` interval: situations drawn again with replacement within each store.

    Households are drawn whole. Each resample is fitted from the beginning: fitted on from the model that it doubts it
    would end at the same of several optima, and the interval be too narrow. So classes have no names that last, and
    `figure` may not depend on their order. The interval is that of a normal distribution around the estimate with the
    resamples' standard deviation on the log odds of figures between 0 and 1, which few resamples suffice for. It takes
    the number of classes as given, and knows nothing of what the model leaves out: where prices follow demand, see
    `price_cuts.controlled` first.
    """
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [figure(refitted(model, panel.weighted(_times(panel, random)), prior, frozen)) for _ in range(replicates)]
    )
    estimate = figure(model)
    low, high = _normal(estimate, drawn)
    return Interval(estimate, low, high)


def refitted(model: LatentClass, panel: Panel, prior: Prior | None = None, frozen: Iterable[str] = ()) -> LatentClass:
    """A model of the same kind from the beginning; responses to `frozen` traits are those of `model`."""
    known = {name: float(model.response[0, model.trait_names.index(name)]) for name in frozen}
    return fit(panel, model.classes, 0, prior, known, model.outside_shape)


def _times(panel: Panel, random: np.random.Generator) -> Floats:
    """(R,) how often each situation is drawn: as many of a store, or households, as there are."""
    unit = np.arange(len(panel.store)) if panel.household is None else panel.household
    group = panel.store if panel.household is None else np.zeros(len(panel.store), dtype=np.int64)
    times = np.zeros(int(unit.max()) + 1)
    for one in np.unique(group):
        members = np.unique(unit[group == one])
        np.add.at(times, random.choice(members, len(members)), 1.0)
    return times[unit]


def _normal(estimate: Floats, drawn: Floats) -> tuple[Floats, Floats]:
    def odds(share: Floats) -> Floats:
        inside = np.clip(share, 1e-9, 1 - 1e-9)
        return np.asarray(np.log(inside / (1 - inside)))

    spread = 1.2815515655446004 * odds(drawn).std(axis=0, ddof=1)
    middle = odds(estimate)
    return 1 / (1 + np.exp(spread - middle)), 1 / (1 + np.exp(-spread - middle))
