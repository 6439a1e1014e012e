"""EASE: the closed-form linear item-item model (Steck 2019, "Embarrassingly Shallow Autoencoders", eq. 8).

B = I − P / diag(P) with P = (X'X + λI)⁻¹, and a customer's scores are x·B. With fewer customers than
SKUs, Woodbury's identity gives P = (I − X' M X) / λ with M = (XX' + λI)⁻¹, so the smaller matrix is
inverted; λ cancels out of P / diag(P).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from features.facts.facts import Codes, Floats
from training.recommendations.interactions import Interactions, dense

LAMBDA = 300.0

MOST = 5_000
"""The side of the largest matrix that is inverted (200 MB in double precision, about ten seconds)."""


@dataclass(frozen=True, slots=True)
class EaseByCustomers:
    """`weights` X is (customers, n), `inner` M is (customers, customers), `diagonal` is λ·diag(P)."""

    weights: sparse.csr_matrix
    inner: Floats
    diagonal: Floats

    def scores(self, customers: Codes) -> Floats:
        own = self.weights[customers]
        projected = (dense(own @ self.weights.T) @ self.inner) @ self.weights
        mine = dense(own)
        result: Floats = mine - (mine - projected) / self.diagonal
        return result


@dataclass(frozen=True, slots=True)
class EaseBySkus:
    """`weights` X is (customers, n); `linear` B is over the columns `skus`, the most bought."""

    weights: sparse.csr_matrix
    linear: Floats
    skus: Codes

    def scores(self, customers: Codes) -> Floats:
        result = np.zeros((len(customers), self.weights.shape[1]), dtype=np.float32)
        result[:, self.skus] = np.asarray(self.weights[customers][:, self.skus] @ self.linear)
        return result


def fit(known: Interactions) -> EaseByCustomers | EaseBySkus:
    """EASE on log-damped decayed baskets."""
    weights = known.decayed.copy()
    weights.data = np.log1p(3 * weights.data).astype(np.float32)
    return _by_customers(weights) if weights.shape[0] <= MOST else _by_skus(weights)


def _by_customers(weights: sparse.csr_matrix) -> EaseByCustomers:
    gram = np.asarray((weights @ weights.T).toarray(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += LAMBDA
    inner = linalg.inv(gram, overwrite_a=True, check_finite=False).astype(np.float32)
    taken = np.asarray(weights.multiply(inner @ weights).sum(axis=0)).ravel()
    return EaseByCustomers(weights, inner, np.maximum(1 - taken, 1e-6).astype(np.float32))


def _by_skus(weights: sparse.csr_matrix) -> EaseBySkus:
    bought = np.asarray(weights.sum(axis=0)).ravel()
    skus = np.sort(np.argsort(-bought, kind="stable")[:MOST]).astype(np.int32)
    kept = weights[:, skus]
    gram = np.asarray((kept.T @ kept).toarray(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += LAMBDA
    inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)
    linear = -inverse / np.diag(inverse)
    np.fill_diagonal(linear, 0.0)
    return EaseBySkus(weights, linear.astype(np.float32), skus)
