"""Where demand goes when a SKU is not there: to other SKUs, or out of the door.

With SKU i off the shelf, class k chooses j with q_kj / (1 − q_ki) (logit): of i's demand Σ_k m_k q_ki, the share

    T_ij = Σ_k m_k q_ki · q_kj / (1 − q_ki)  /  Σ_k m_k q_ki

moves to j, and what is left walks. In each row, transferred and walked demand add up to 1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from training.choice.attraction import Attraction
from training.choice.estimate import Prior, run
from training.choice.latent_class import LatentClass
from training.choice.panel import Flags, Floats, Panel

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
    # what leaves class k of cluster c through SKU i, by the room that is left for others
    parting = share[:, :, None] * by_class / (1 - by_class)
    skus = listed.shape[1]
    flat = by_class.reshape(-1, skus)
    moved = parting.reshape(-1, skus).T @ flat
    np.fill_diagonal(moved, 0.0)
    walked = parting.reshape(-1, skus).T @ (1 - flat.sum(axis=1))
    whole = np.where(demand > 0, demand, 1.0)
    return Transfer(demand, moved / whole[:, None], walked / whole)


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

    Each resample is fitted from the model it doubts, so that classes keep their names and a pass or two is enough
    (households are drawn whole). The interval is that of a normal distribution around the estimate with the
    resamples' standard deviation on the log odds of figures between 0 and 1, which few resamples suffice for.
    """
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [
            figure(_refitted(model, panel.weighted(_times(panel, random)), prior or Prior(), frozen))
            for _ in range(replicates)
        ]
    )
    estimate = figure(model)
    low, high = _normal(estimate, drawn)
    return Interval(estimate, low, high)


def _refitted(model: LatentClass, panel: Panel, prior: Prior, frozen: Iterable[str]) -> LatentClass:
    return run(model, panel, prior, frozen, cycles=4, tolerance=1e-6)


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
