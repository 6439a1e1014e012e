"""Need states: groups of SKUs that stand in for each other more than chance would have it."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import silhouette_score

from training.assortments.choice.panel import Codes, Floats
from training.assortments.choice.transfer import Transfer

_LEAST_SILHOUETTE = 0.05
"""Below, no cut of the tree separates anything, and all is one need state."""


@dataclass(frozen=True, slots=True, eq=False)
class NeedStates:
    """Of the SKUs with demand.

    label       (n,) need state of each SKU, 0 the one with most demand; −1 without demand
    tree        (m − 1, 4) merges of the m SKUs with demand, as scipy draws them (`dendrogram`); their indices: `skus`
    closeness   (n, n) how many times as much moves between two SKUs as their shares of demand would have it; 0 on the
                diagonal and where one has no demand
    silhouette  of the cut, −1 to 1; 0 where all is one
    """

    label: Codes
    skus: Codes
    tree: Floats
    closeness: Floats
    silhouette: float

    @property
    def count(self) -> int:
        return int(self.label.max()) + 1

    def duplication(self, demand: Floats) -> Floats:
        """(states,) SKUs of a state beyond what its demand alone would need: its share of SKUs over that of demand."""
        known = self.label >= 0
        held = np.bincount(self.label[known], minlength=self.count) / max(known.sum(), 1)
        sold = np.bincount(self.label[known], demand[known], minlength=self.count) / demand[known].sum()
        return np.asarray(held / sold)


def closeness(transfer: Transfer) -> Floats:
    """(n, n) demand that moves between two SKUs over what would move by share of demand alone; the mean of both ways.

    1 everywhere where shoppers are all of one class.
    """
    demand, moved = transfer.demand, transfer.moved
    stays = moved.sum(axis=1, keepdims=True)
    others = demand.sum() - demand[:, None]
    usual = stays * demand[None] / np.where(others > 0, others, 1.0)
    lift = np.divide(moved, usual, out=np.zeros_like(moved), where=usual > 0)
    return np.asarray(np.sqrt(lift * lift.T))


def need_states(transfer: Transfer, most: int = 8, number: int | None = None) -> NeedStates:
    """Average linkage on 1 / (1 + closeness); as many states as separate best (silhouette), or `number` of them."""
    skus = np.flatnonzero(transfer.demand > 0)
    close = closeness(transfer)
    label = np.full(len(transfer.demand), -1, dtype=np.int64)
    if len(skus) < 2:
        label[skus] = 0
        return NeedStates(label, skus, np.zeros((0, 4)), close, 0.0)
    apart = 1 / (1 + close[np.ix_(skus, skus)])
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average", optimal_ordering=True)
    numbers = range(2, min(most, len(skus) - 1) + 1) if number is None else [number]
    cuts = {count: fcluster(tree, count, criterion="maxclust").astype(np.int64) for count in numbers}
    scores = {count: _silhouette(apart, cut) for count, cut in cuts.items()}
    best = max(scores, key=lambda count: scores[count], default=1)
    if best == 1 or (number is None and scores[best] < _LEAST_SILHOUETTE):
        label[skus] = 0
        return NeedStates(label, skus, tree, close, 0.0)
    label[skus] = _by_demand(cuts[best], transfer.demand[skus])
    return NeedStates(label, skus, tree, close, scores[best])


def _silhouette(apart: Floats, cut: Codes) -> float:
    parts = len(np.unique(cut))
    return float(silhouette_score(apart, cut, metric="precomputed")) if 1 < parts < len(cut) else 0.0


def _by_demand(cut: Codes, demand: Floats) -> Codes:
    """Codes from 0, the group with most demand first."""
    names, codes = np.unique(cut, return_inverse=True)
    order = np.argsort(-np.bincount(codes, demand), kind="stable")
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return rank[codes]
