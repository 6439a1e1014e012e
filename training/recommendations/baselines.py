"""Baselines: simple recommenders that a ranker has to beat in the run that it logs.

Each scores every active SKU for a customer, bought before or not. Their settings were chosen on weeks
before those that a run is judged on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight
from scipy import sparse

from features.facts.facts import Codes, Floats
from training.recommendations.candidates import als
from training.recommendations.candidates.neighbours import Neighbours
from training.recommendations.candidates.pool import Scorer
from training.recommendations.candidates.popular import fit_chain
from training.recommendations.candidates.repeat import Repeat
from training.recommendations.interactions import Interactions, chain_popularity, dense

DEPTH = 100
CHUNK = 256


@dataclass(frozen=True, slots=True)
class Filled:
    """A scorer whose lists go on with what sells in the chain where it has nothing to say."""

    scorer: Scorer
    popularity: Floats

    def scores(self, customers: Codes) -> Floats:
        filled: Floats = self.scorer.scores(customers) + self.popularity
        return filled


def personal_frequency(known: Interactions) -> Scorer:
    """A customer's own SKUs by baskets that lose half their weight in 60 days."""
    return Filled(Repeat(known.decayed), _faint_popularity(known))


def item_knn(known: Interactions) -> Scorer:
    """BM25 item neighbours (a SKU is its own nearest) from `implicit`, weighed by decayed baskets."""
    bought = known.baskets.tocsr().astype(np.float64)
    bought.data[:] = 1.0
    model = ItemItemRecommender(K=10, num_threads=0)
    model.fit(bm25_weight(bought.T, K1=1.2, B=0.75).T.tocsr(), show_progress=False)
    similarity = sparse.csr_matrix(model.similarity, dtype="float32")
    return Filled(Neighbours(similarity, known.decayed), _faint_popularity(known))


BASELINES: dict[str, Callable[[Interactions], Scorer]] = {
    "popularity": fit_chain,
    "personal_frequency": personal_frequency,
    "item_knn": item_knn,
    "als": als.fit,
}


def lists(known: Interactions, scorer: Scorer, customers: Codes, *, new_only: bool = False) -> pd.DataFrame:
    """customer_id, sku, rank: the best `DEPTH` SKUs for each customer; ties by SKU."""
    depth = min(DEPTH, len(known.skus))
    best = [
        _best(known, scorer, customers[at : at + CHUNK], depth, new_only=new_only)
        for at in range(0, len(customers), CHUNK)
    ]
    places = np.concatenate(best) if best else np.zeros((0, depth), dtype=np.int64)
    facts = known.facts
    return pd.DataFrame(
        {
            "customer_id": np.repeat(np.char.decode(facts.customers.values[customers], "utf-8"), depth),
            "sku": np.char.decode(facts.skus.values[known.skus[places.ravel()]], "utf-8"),
            "rank": np.tile(np.arange(1, depth + 1), len(customers)),
        }
    )


def _best(known: Interactions, scorer: Scorer, customers: Codes, depth: int, *, new_only: bool) -> np.ndarray:
    score = scorer.scores(customers)
    if new_only:
        score = np.where(dense(known.baskets[customers]) > 0, -np.inf, score)
    best = np.sort(np.argpartition(-score, depth - 1, axis=1)[:, :depth], axis=1)
    order = np.argsort(-np.take_along_axis(score, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _faint_popularity(known: Interactions) -> Floats:
    popularity = chain_popularity(known.facts)[known.skus]
    faint: Floats = 1e-6 * popularity / max(float(popularity.max(initial=0)), 1e-9)
    return faint
