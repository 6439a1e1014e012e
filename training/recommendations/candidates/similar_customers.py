"""Similar customers: what the customers with the most similar baskets buy (user-kNN)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts.facts import Codes, Floats
from training.recommendations.interactions import Interactions, dense, log_idf, row_normalised

NEIGHBOURS = 150

REFERENCES = 20_000
"""At most so many customers are asked; beyond, a sample speaks for the rest."""


@dataclass(frozen=True, slots=True)
class SimilarCustomers:
    """`profiles` has unit rows (customers, n); `bought` is what each of the `references` contributes."""

    profiles: sparse.csr_matrix
    references: Codes
    bought: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        similarity = dense(self.profiles[customers] @ self.profiles[self.references].T)
        similarity[self.references[None, :] == customers[:, None]] = 0.0
        if similarity.shape[1] > NEIGHBOURS:
            cut = -np.partition(-similarity, NEIGHBOURS, axis=1)[:, NEIGHBOURS, None]
            similarity[similarity <= cut] = 0.0
        return dense(sparse.csr_matrix(similarity) @ self.bought)


def fit(known: Interactions, seed: int = 0) -> SimilarCustomers:
    """Cosine of log-idf weighted, decayed purchases; neighbours vote with their damped decayed baskets."""
    count = known.decayed.shape[0]
    references = np.arange(count, dtype=np.int32)
    if count > REFERENCES:
        references = np.sort(np.random.default_rng(seed).choice(references, REFERENCES, replace=False))
    bought = known.decayed[references]
    bought.data = np.sqrt(bought.data).astype(np.float32)
    return SimilarCustomers(row_normalised(log_idf(known.decayed)), references, bought)
