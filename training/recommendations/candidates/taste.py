"""Taste: the SKUs that sell in the subcategories that a customer buys from."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from features.facts.facts import Codes, Floats
from training.recommendations.interactions import Interactions, chain_popularity, dense


@dataclass(frozen=True, slots=True)
class Taste:
    """`affinity` is (customers, subcategories); `share` is (subcategories, n): a SKU's weight in its subcategory."""

    affinity: sparse.csr_matrix
    share: sparse.csr_matrix

    def scores(self, customers: Codes) -> Floats:
        return dense(self.affinity[customers] @ self.share)


def fit(known: Interactions) -> Taste:
    """Damped decayed lines of the customer in the subcategory × the SKU's popularity over its subcategory's root."""
    facts, group = known.facts, known.facts.pairs["customer_subcategory"]
    levels = len(facts.levels["subcategory"].ids)
    damped = np.sqrt(group.columns["decayed"]).astype(np.float32)
    affinity = sparse.csr_matrix((damped, group.keys, group.starts), shape=(len(facts.customers), levels))
    code, sold = facts.levels["subcategory"].of_sku[known.skus], chain_popularity(facts)[known.skus]
    has = np.flatnonzero(code >= 0)
    total = np.bincount(code[has], weights=sold[has], minlength=levels)
    share = (sold[has] / np.maximum(np.sqrt(total[code[has]]), 1e-6)).astype(np.float32)
    return Taste(affinity, sparse.csr_matrix((share, (code[has], has)), shape=(levels, len(known.skus))))
