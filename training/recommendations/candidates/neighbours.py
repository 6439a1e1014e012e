"""Item neighbours: SKUs bought by the same customers as the SKUs that a customer buys."""

from dataclasses import dataclass

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender, normalize
from scipy import sparse

from features.facts.facts import Codes, Floats
from training.recommendations.interactions import Interactions, dense, log_idf

NEIGHBOURS = 100


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`similarity` is (n, n), at most `NEIGHBOURS` a row; `weights` is (customers, n)."""

    similarity: sparse.csr_matrix
    weights: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        return dense(self.weights[customers] @ self.similarity)


def fit(known: Interactions) -> Neighbours:
    """Cosine of who bought the two SKUs; a customer's SKUs weigh by log-idf of their decayed baskets."""
    bought = known.baskets.tocsr().astype(np.float64)
    bought.data[:] = 1.0
    model = ItemItemRecommender(K=NEIGHBOURS, num_threads=0)
    model.fit(normalize(bought.T).T.tocsr(), show_progress=False)  # dot products of unit columns are cosines
    similarity = sparse.csr_matrix(model.similarity, dtype="float32")
    similarity.setdiag(0)
    similarity.eliminate_zeros()
    return Neighbours(similarity, log_idf(known.decayed))
