"""Matrix factorisation by alternating least squares (Hu, Koren and Volinsky 2008), from `implicit`."""

import warnings
from dataclasses import dataclass

import numpy as np
from implicit.als import AlternatingLeastSquares

from features.facts.facts import Codes, Floats
from training.recommendations.interactions import Interactions

FACTORS, ITERATIONS, REGULARISATION, ALPHA = 64, 8, 5.0, 1.0


@dataclass(frozen=True, slots=True)
class Als:
    """Factors of customers (customers, k) and SKUs (n, k)."""

    customers: Floats
    skus: Floats

    def scores(self, customers: Codes) -> Floats:
        product: Floats = self.customers[customers] @ self.skus.T
        return product


def fit(known: Interactions, seed: int = 0) -> Als:
    """Factors of decayed baskets."""
    with warnings.catch_warnings():
        # The command line gives OpenBLAS one thread; a program that does not only waits longer.
        warnings.filterwarnings("ignore", "OpenBLAS is configured to use", RuntimeWarning)
        model = AlternatingLeastSquares(
            factors=FACTORS,
            iterations=ITERATIONS,
            regularization=REGULARISATION,
            alpha=ALPHA,
            random_state=seed,
            num_threads=0,
        )
    model.fit(known.decayed.tocsr(), show_progress=False)
    return Als(np.asarray(model.user_factors), np.asarray(model.item_factors))
