"""Popularity: what sells now, in the chain and in a customer's home store."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts import Codes, Facts, Floats
from training.interactions import Interactions, dense


def chain_popularity(facts: Facts) -> Floats:
    """Score of every SKU: baskets of the last weeks, the latest weighing most."""
    sku = facts.sku
    score: Floats = sku["sku_baskets_7"] + 0.5 * sku["sku_baskets_28"] + 0.05 * sku["sku_baskets_91"]
    return score


def store_popularity(facts: Facts) -> sparse.csr_matrix:
    """Score of every SKU in every store (stores, SKUs), likewise."""
    shelf = facts.store_sku
    values = (shelf.columns["store_baskets_28"] + 0.2 * shelf.columns["store_baskets_91"]).astype(np.float32)
    return sparse.csr_matrix((values, shelf.keys, shelf.starts), shape=(len(facts.stores), len(facts.skus)))


@dataclass(frozen=True, slots=True)
class ChainPopular:
    """`popularity` is (n,)."""

    popularity: Floats

    def scores(self, customers: Codes) -> Floats:
        return np.tile(self.popularity, (len(customers), 1))


@dataclass(frozen=True, slots=True)
class StorePopular:
    """`popularity` is (stores + 1, n): the last row, all zero, is of customers without a home store."""

    popularity: sparse.csr_matrix
    home: Codes

    def scores(self, customers: Codes) -> Floats:
        return dense(self.popularity[self.home[customers]])


def fit_chain(known: Interactions) -> ChainPopular:
    return ChainPopular(np.ascontiguousarray(chain_popularity(known.facts)[known.skus]))


def fit_store(known: Interactions) -> StorePopular:
    table = store_popularity(known.facts)[:, known.skus]
    nowhere = sparse.csr_matrix((1, table.shape[1]), dtype=np.float32)
    return StorePopular(sparse.vstack([table, nowhere]).tocsr(), known.facts.home_store)
