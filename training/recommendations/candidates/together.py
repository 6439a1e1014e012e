"""Bought together: the SKUs that share baskets more often than chance."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.facts.facts import Codes, Columns, Grouped

DEPTH = 40
LEAST_BASKETS = 5
"""Fewer common baskets are an accident, and no evidence to show a shopper."""

LARGEST_BASKET = 100
"""A wholesale basket says nothing about what goes with what, and costs its square."""


def together(baskets: Codes, skus: Codes, sku_count: int, depth: int = DEPTH) -> Grouped:
    """Per SKU the `depth` others with the highest damped lift among those with enough common baskets.

    baskets, skus  (lines,) basket code and SKU code of each purchased line of the last half year
    baskets        (column) baskets that held both
    lift           (column) baskets of both × all baskets / (baskets of one × baskets of the other)
    """
    held = _matrix(baskets, skus, sku_count)
    total, each = held.shape[0], np.asarray(held.sum(axis=0)).ravel()
    both = sparse.coo_matrix(held.T @ held)
    keep = (both.row != both.col) & (both.data >= LEAST_BASKETS)
    row, column, count = both.row[keep], both.col[keep], both.data[keep]
    lift = count * total / (each[row] * each[column])
    # Damping: ten imaginary baskets without the pair, else rare accidents lead.
    strength = lift * count / (count + 10)
    return _best(row, column, strength, np.stack([count, lift], axis=1).astype(np.float32), sku_count, depth)


def _matrix(baskets: Codes, skus: Codes, sku_count: int) -> sparse.csr_matrix:
    count = int(baskets.max()) + 1 if len(baskets) else 0
    held = sparse.csr_matrix((np.ones(len(skus), dtype=np.float32), (baskets, skus)), shape=(count, sku_count))
    held.data[:] = 1.0
    small: sparse.csr_matrix = held[np.diff(held.indptr) <= LARGEST_BASKET]
    return small


def _best(
    row: Codes, column: Codes, strength: NDArray[np.float64], values: NDArray[np.float32], groups: int, depth: int
) -> Grouped:
    order = np.lexsort((column, -strength, row))
    nth = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    order = order[nth < depth]
    order = order[np.lexsort((column[order], row[order]))]
    starts = np.searchsorted(row[order], np.arange(groups + 1)).astype(np.int64)
    return Grouped(starts, column[order].astype(np.int32), Columns(("baskets", "lift"), values[order]))
