"""Popularity: what sells now in the chain, in a store, and among the customers of a segment."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans

from features.facts.facts import Codes, Facts, Floats
from training.recommendations.interactions import Interactions, chain_popularity, dense, row_normalised

SEGMENTS = 12


@dataclass(frozen=True, slots=True)
class Popular:
    """`popularity` is (groups, n); `group` is (customers,): the row that a customer looks at."""

    popularity: sparse.csr_matrix
    group: Codes

    def scores(self, customers: Codes) -> Floats:
        return dense(self.popularity[self.group[customers]])


def store_popularity(facts: Facts) -> sparse.csr_matrix:
    """Score of every SKU in every store (stores, SKUs): baskets of the last weeks, the latest weighing most."""
    shelf = facts.pairs["store_sku"]
    values = (shelf.columns["store_baskets_28"] + 0.2 * shelf.columns["store_baskets_91"]).astype(np.float32)
    table = sparse.csr_matrix((values, shelf.keys, shelf.starts), shape=(len(facts.stores), len(facts.skus))).copy()
    table.eliminate_zeros()
    return table


def fit_chain(known: Interactions) -> Popular:
    row = sparse.csr_matrix(chain_popularity(known.facts)[None, known.skus])
    return Popular(row, np.zeros(len(known.facts.customers), dtype=np.int32))


def fit_store(known: Interactions) -> Popular:
    """Popularity in the home store; the last row, all zero, is of customers without one."""
    table = store_popularity(known.facts)[:, known.skus]
    nowhere = sparse.csr_matrix(np.zeros((1, table.shape[1]), dtype=np.float32))
    return Popular(sparse.vstack([table, nowhere]).tocsr(), known.facts.home_store)


def fit_segment(known: Interactions, seed: int = 0) -> Popular:
    """Decayed baskets of the customers of the same segment: k-means on how purchases spread over subcategories.

    Without categories there is one segment.
    """
    facts, group = known.facts, known.facts.pairs["customer_subcategory"]
    shape = (len(facts.customers), len(facts.levels["subcategory"].ids))
    if min(shape) <= SEGMENTS:
        segment = np.zeros(shape[0], dtype=np.int32)
    else:
        spread = sparse.csr_matrix((np.sqrt(group.columns["decayed"]), group.keys, group.starts), shape=shape)
        kmeans = KMeans(SEGMENTS, n_init=1, max_iter=20, random_state=seed)
        segment = kmeans.fit_predict(row_normalised(spread)).astype(np.int32)
    members = sparse.csr_matrix(
        (np.ones(shape[0], dtype=np.float32), (segment, np.arange(shape[0]))), shape=(SEGMENTS, shape[0])
    )
    bought = known.decayed.copy()
    bought.data = np.minimum(bought.data, 1.0)
    return Popular((members @ bought).tocsr(), segment)
