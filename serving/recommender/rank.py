"""The second step: candidates in order, a known customer's by the ranker, a stranger's by what sells."""

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes, Floats
from features.vector.shopper import ON_WEB, UNKNOWN_CHANNEL, Shopper
from features.vector.vector import vector
from serving.bundle.bundle import Bundle
from serving.recommender.eligible import bought
from serving.recommender.pool import Pool
from serving.recommender.ranked import Ranked


def rank(bundle: Bundle, shopper: Shopper, pool: Pool, *, new_only: bool = False) -> Ranked:
    """Every candidate, best first; with `new_only` a customer's new ones, in the order of the discovery ranker."""
    skus, scores = pool.skus, pool.scores
    if shopper.customer < 0:
        return _popular(bundle, shopper, skus)
    features = vector(bundle.facts, shopper, skus, scores)
    if new_only:
        fresh = ~bought(bundle, shopper, skus)
        skus, scores, features = skus[fresh], scores[fresh], features[fresh]
    value = (bundle.discovery if new_only else bundle.ranker)(features)
    order = np.argsort(-value, kind="stable")
    return Ranked(skus[order], value[order], _sources(bundle, shopper, skus[order], scores[order]))


def _popular(bundle: Bundle, shopper: Shopper, skus: Codes) -> Ranked:
    """Rank by what sells in the chain, in the channel of the request, and above all in its store."""
    candidates = bundle.candidates
    position = np.searchsorted(np.sort(candidates.chain), skus)
    order = np.argsort(candidates.chain, kind="stable")
    known = np.isin(skus, candidates.chain)
    value = np.zeros(len(skus), dtype=np.float32)
    value[known] = candidates.chain_scores[order[position[known]]] / max(float(candidates.chain_scores.max()), 1e-6)
    value *= _share_here(bundle, shopper, skus)
    rows, sold_here = candidates.stores.find(shopper.store, skus)
    if sold_here.any():
        local = candidates.stores.columns["score"][rows] * sold_here
        value = 0.3 * value + local / local.max()
    sources = np.where(sold_here, "store", "chain").astype(object)
    best = np.lexsort((skus, -value))
    return Ranked(skus[best], value[best], sources[best])


def _share_here(bundle: Bundle, shopper: Shopper, skus: Codes) -> Floats:
    """The share of each SKU's latest baskets in the channel of the request; 1 where that says nothing."""
    sku = bundle.facts.sku
    share = sku["sku_web_baskets_28"][skus] / np.maximum(sku["sku_baskets_28"][skus], 1)
    here: Floats = (share if shopper.channel == ON_WEB else 1 - share).astype(np.float32)
    return here if shopper.channel != UNKNOWN_CHANNEL and here.any() else np.ones_like(here)


def _sources(bundle: Bundle, shopper: Shopper, skus: Codes, scores: Floats) -> NDArray[np.object_]:
    """The personal source that scored each SKU highest beside its own best; store or chain where none did."""
    if not len(scores):
        return np.zeros(0, dtype=object)
    relative = scores / np.maximum(scores.max(axis=0), 1e-6)
    names = np.array(bundle.candidates.sources, dtype=object)
    around = np.where(bundle.candidates.stores.find(shopper.store, skus)[1], "store", "chain").astype(object)
    named: NDArray[np.object_] = np.where(relative.max(axis=1) > 0, names[relative.argmax(axis=1)], around)
    return named
