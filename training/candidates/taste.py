"""Taste: the SKUs that sell in the subcategories that a customer buys from."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts import Codes, Floats
from training.candidates.popular import chain_popularity
from training.interactions import Interactions, dense


@dataclass(frozen=True, slots=True)
class Taste:
    """`affinity` is (customers, subcategories); `share` is (subcategories, n): a SKU's share of its subcategory."""

    affinity: sparse.csr_matrix
    share: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        return dense(self.affinity[customers] @ self.share)


def fit(known: Interactions) -> Taste:
    """Damped decayed lines of the customer in the subcategory × the SKU's share of the subcategory."""
    facts, group = known.facts, known.facts.customer_subcategory
    values = np.sqrt(group.columns["decayed"]).astype(np.float32)
    affinity = sparse.csr_matrix(
        (values, group.keys, group.starts), shape=(len(facts.customers), len(facts.subcategories))
    )
    code = facts.sku_subcategory[known.skus]
    sold = chain_popularity(facts)[known.skus]
    total = np.bincount(code[code >= 0], weights=sold[code >= 0], minlength=len(facts.subcategories))
    has = np.flatnonzero(code >= 0)
    share = sold[has] / np.maximum(np.sqrt(total[code[has]]), 1e-6)
    table = sparse.csr_matrix(
        (share.astype(np.float32), (code[has], has)), shape=(len(facts.subcategories), len(known.skus))
    )
    return Taste(affinity, table)
