"""Interactions: facts as sparse customer × SKU matrices, over the SKUs that can still be bought."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.facts.facts import Codes, Facts, Floats

ACTIVE_DAYS = 91.0
"""A SKU that nobody bought in a quarter is not proposed: it is seasonal, delisted or a one-off."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Who bought what before the cutoff.

    skus      (n,) SKU codes of the active SKUs; column j of every matrix is skus[j]
    baskets   (customers, n) baskets that held the SKU
    decayed   (customers, n) baskets, each worth half for every 60 days of age
    """

    facts: Facts
    skus: Codes
    baskets: sparse.csr_matrix
    decayed: sparse.csr_matrix


def interactions(facts: Facts, active_days: float = ACTIVE_DAYS) -> Interactions:
    """Matrices of the SKUs sold in the last `active_days` before the cutoff."""
    active = np.flatnonzero(facts.sku["days_since_sold"] <= active_days).astype(np.int32)
    history = facts.pairs["customer_sku"]
    shape = (len(facts.customers), len(facts.skus))

    def matrix(column: str) -> sparse.csr_matrix:
        values = np.ascontiguousarray(history.columns[column])
        return sparse.csr_matrix((values, history.keys, history.starts), shape=shape)[:, active]

    return Interactions(facts, active, matrix("baskets"), matrix("decayed"))


def chain_popularity(facts: Facts) -> Floats:
    """Score of every SKU of the facts: baskets of the last weeks, the latest weighing most."""
    sku = facts.sku
    score: Floats = sku["sku_baskets_7"] + 0.5 * sku["sku_baskets_28"] + 0.05 * sku["sku_baskets_91"]
    return score


def dense(matrix: sparse.csr_matrix) -> Floats:
    return np.asarray(matrix.toarray(), dtype=np.float32)


def row_normalised(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of unit length (rows of zeros stay)."""
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    unit: sparse.csr_matrix = sparse.diags(1 / np.maximum(norms, 1e-9)).dot(matrix).tocsr()
    return unit


def log_idf(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """log(1 + value) × log(customers / buyers): rare shared SKUs say more than common ones."""
    buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
    idf: NDArray[np.float64] = np.log(max(matrix.shape[0], 1) / np.maximum(buyers, 1))
    weighted = matrix.copy()
    weighted.data = (np.log1p(matrix.data) * idf[matrix.indices]).astype(np.float32)
    return weighted
