"""EASE (Steck 2019): the closed-form linear item-item model, solved in the smaller dimension.

B = I − P / diag(P), P = (X'X + λI)⁻¹. With fewer customers than SKUs, Woodbury's identity gives
P = (I − X' M X) / λ with M = (λI + XX')⁻¹, so that a customer's scores need only that M.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from features.facts import Codes, Floats
from training.interactions import Interactions, log_idf  # noqa: F401

LAMBDA = 300.0


@dataclass(frozen=True, slots=True)
class Ease:
    weights: sparse.csr_matrix
    inner: Floats
    diagonal: Floats

    def scores(self, customers: Codes) -> Floats:
        x = self.weights[customers]
        rows = np.asarray(x @ self.weights.T @ self.inner, dtype=np.float32)
        dense_x = np.asarray(x.toarray(), dtype=np.float32)
        p = dense_x - rows @ self.weights
        return dense_x - p / self.diagonal


def fit(known: Interactions) -> Ease:
    weights = known.decayed.copy()
    weights.data = np.log1p(3 * weights.data).astype(np.float32)
    gram = np.asarray((weights @ weights.T).todense(), dtype=np.float64)
    inner = linalg.inv(gram + LAMBDA * np.eye(len(gram)), overwrite_a=True, check_finite=False).astype(np.float32)
    mx = inner @ weights
    diagonal = 1 - np.asarray(weights.multiply(mx).sum(axis=0)).ravel()
    return Ease(weights, inner, diagonal.astype(np.float32))
