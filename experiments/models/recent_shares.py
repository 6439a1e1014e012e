"""What sold of late: shares of the alternatives in the chain and in the store, strictly before the week of a choice."""

import numpy as np
import pandas as pd

from experiments.models.trips import Trips
from training.assortments.choice.panel import Floats

CHAIN_WEEKS = 6
STORE_WEEKS = 12
CHAIN_STRENGTH = 20.0
STORE_STRENGTH = 10.0
"""Purchases that the wider share counts as: the long-run share for the chain, the chain's share for a store."""
LEAST_SHARE = 1e-5


def recent_shares(data: Trips, prior: Floats) -> tuple[Floats, Floats]:
    """(N, n) log share in the chain's last weeks, and log share in the store's last weeks over the chain's.

    `prior` (n,): long-run shares. A store or chain without recent purchases has the wider share.
    """
    known = data.lines[data.lines["sku"].isin(data.alternatives)]
    weeks = int(data.lines["week"].max()) + 1
    at = (known["week"].to_numpy(), data.alternatives.get_indexer(pd.Index(known["sku"])))
    chain = np.zeros((weeks, data.shape[1]))
    np.add.at(chain, at, 1.0)
    store = np.zeros((int(data.store.max()) + 1, weeks, data.shape[1]))
    np.add.at(store, (data.store, data.week, data.chosen), 1.0)
    before = _window(chain, CHAIN_WEEKS)
    chain_share = (before + CHAIN_STRENGTH * prior) / (before.sum(axis=1, keepdims=True) + CHAIN_STRENGTH)
    wide = chain_share[data.week]
    here = _window(store.transpose(1, 0, 2), STORE_WEEKS)[data.week, data.store]
    narrow = (here + STORE_STRENGTH * wide) / (here.sum(axis=1, keepdims=True) + STORE_STRENGTH)
    wide, narrow = np.maximum(wide, LEAST_SHARE), np.maximum(narrow, LEAST_SHARE)
    return np.log(wide), np.log(narrow) - np.log(wide)


def _window(counts: Floats, weeks: int) -> Floats:
    """Sums over the `weeks` before each index of the first axis, itself left out."""
    return np.stack([counts[max(0, week - weeks) : week].sum(axis=0) for week in range(len(counts))])
