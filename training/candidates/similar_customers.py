"""Similar customers: what the customers with the most similar baskets buy (user-kNN)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts import Codes, Floats
from training.interactions import Interactions, dense, log_idf, row_normalised

NEIGHBOURS = 150


@dataclass(frozen=True, slots=True)
class SimilarCustomers:
    """`profiles` has unit rows (customers, n); `bought` is what a neighbour contributes."""

    profiles: sparse.csr_matrix
    bought: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        similarity = dense(self.profiles[customers] @ self.profiles.T)
        similarity[np.arange(len(customers)), customers] = 0.0
        if similarity.shape[1] > NEIGHBOURS:
            cut = -np.partition(-similarity, NEIGHBOURS, axis=1)[:, NEIGHBOURS, None]
            similarity[similarity <= cut] = 0.0
        return dense(sparse.csr_matrix(similarity) @ self.bought)


def fit(known: Interactions) -> SimilarCustomers:
    """Cosine of log-idf weighted, decayed purchases; neighbours vote with their damped decayed baskets."""
    bought = known.decayed.copy()
    bought.data = np.sqrt(bought.data).astype(np.float32)
    return SimilarCustomers(row_normalised(log_idf(known.decayed)), bought)
