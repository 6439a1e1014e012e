"""The request-time feature vector: the one function that makes training rows and answers requests.

A row is one candidate SKU for one shopper. Its columns are every column of every grain of the facts
(as of the request, so that ages have grown since the cutoff), the scores of the candidate sources,
and the combinations, which need more than one grain at a time.
"""

import numpy as np

from features.facts.facts import Codes, Columns, Facts, Floats
from features.facts.grains import GRAINS
from features.vector.derived import DERIVED, derive
from features.vector.looked_up import look_up
from features.vector.shopper import Shopper

SOURCE_PREFIX = "source."
"""Before the names of candidate sources' scores."""


def names(facts: Facts, sources: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the columns of `vector`, in order."""
    raw = tuple(f"{grain}.{name}" for grain in GRAINS for name in _columns(facts, grain).names)
    return raw + tuple(f"{SOURCE_PREFIX}{name}" for name in sources) + DERIVED


def _columns(facts: Facts, grain: str) -> Columns:
    alone = {"customer": facts.customer, "store": facts.store, "sku": facts.sku}
    return alone[grain] if grain in alone else facts.pairs[grain].columns


def vector(facts: Facts, shopper: Shopper, skus: Codes, scores: Floats) -> Floats:
    """Features of the candidates of one shopper.

    skus    (n,) SKU codes
    scores  (n, sources) score of each candidate source, 0 where a source does not know the SKU
    returns (n, len(names(facts, sources))) float32, without NaN
    """
    found = look_up(facts, shopper, skus)
    parts = [*(view.values for view in found.views.values()), scores]
    width = sum(part.shape[1] for part in parts)
    features: Floats = np.empty((len(skus), width + len(DERIVED)), dtype=np.float32)
    at = 0
    for part in parts:
        features[:, at : at + part.shape[1]] = part
        at += part.shape[1]
    derive(found, features[:, width:])
    return features
