"""Repeat purchase: a customer's own SKUs by decayed frequency, raised when due by their rhythm."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts.facts import NEVER_DAYS, Codes, Floats
from training.recommendations.interactions import Interactions, dense


@dataclass(frozen=True, slots=True)
class Repeat:
    """`weights` is (customers, n): the score of each SKU that the customer bought before."""

    weights: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        return dense(self.weights[customers])


def fit(known: Interactions) -> Repeat:
    """Decayed baskets × how due the SKU is.

    Due-ness falls to a half when the SKU was bought just now, is 1 from its usual interval on, and
    is 1 where the customer has no interval yet.
    """
    history = known.facts.pairs["customer_sku"]
    since, interval = history.columns["days_since"], history.columns["interval_days"]
    due = np.where(interval < NEVER_DAYS, np.clip(since / np.maximum(interval, 1e-3), 0, 1), 1.0)
    values = (history.columns["decayed"] * (0.5 + 0.5 * due)).astype(np.float32)
    shape = (len(known.facts.customers), len(known.facts.skus))
    return Repeat(sparse.csr_matrix((values, history.keys, history.starts), shape=shape)[:, known.skus])
