"""Similar SKUs: what can take a SKU's place, for product pages and substitutes."""

import numpy as np
from scipy import sparse

from features.facts.facts import Codes, Columns, Grouped
from training.recommendations.interactions import Interactions, chain_popularity

DEPTH = 30


def similar_skus(known: Interactions, depth: int = DEPTH) -> Grouped:
    """Per active SKU the `depth` most similar ones of its own subcategory (of everything, where it has none).

    similarity  cosine of the two SKUs' buyers (each customer counted once) plus a hundredth of the
                other's share of the strongest seller, so that SKUs without common buyers still get
                an order
    buyers      customers who bought both
    """
    bought = known.baskets.copy()
    bought.data = np.ones_like(bought.data)
    columns = bought.tocsc()
    sold = chain_popularity(known.facts)[known.skus]
    parts = [_within(columns[:, members], members, sold, depth) for members in _shelves(known) if len(members) > 1]
    row, column, similarity, buyers = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else _none()
    row, column = known.skus[row], known.skus[column]
    order = np.lexsort((column, row))
    starts = np.searchsorted(row[order], np.arange(len(known.facts.skus) + 1)).astype(np.int64)
    values = np.stack([similarity, buyers], axis=1).astype(np.float32)[order]
    return Grouped(starts, column[order].astype(np.int32), Columns(("similarity", "buyers"), values))


def _shelves(known: Interactions) -> list[Codes]:
    code = known.facts.levels["subcategory"].of_sku[known.skus]
    if (code < 0).all():
        # Without categories everything is one shelf; only the best sellers can be compared with one another.
        sold = chain_popularity(known.facts)[known.skus]
        return [np.argsort(-sold, kind="stable")[:3_000].astype(np.int32)]
    order = np.argsort(code, kind="stable").astype(np.int32)
    bounds = np.flatnonzero(np.diff(code[order])) + 1
    return [shelf for shelf in np.split(order, bounds) if code[shelf[0]] >= 0]


def _within(
    columns: sparse.csc_matrix, members: Codes, sold: np.ndarray, depth: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    both = np.asarray((columns.T @ columns).toarray(), dtype=np.float64)
    own = np.sqrt(np.maximum(np.diag(both), 1))
    cosine = both / own[:, None] / own[None, :] + 0.01 * sold[members] / max(float(sold[members].max()), 1e-9)
    np.fill_diagonal(cosine, -1)
    depth = min(depth, len(members) - 1)
    best = np.argsort(-cosine, axis=1, kind="stable")[:, :depth]
    row = np.repeat(np.arange(len(members)), depth)
    column = best.ravel()
    return members[row], members[column], cosine[row, column], both[row, column]


def _none() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0)
