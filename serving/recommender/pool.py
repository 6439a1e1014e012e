"""The first step: which SKUs are candidates for a shopper."""

from dataclasses import dataclass

from features.facts.facts import Codes, Floats
from features.vector.shopper import Shopper
from serving.bundle.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates, each SKU once, in no order that means anything.

    scores  (n, sources): what each personal source gives each SKU; 0 where only store or chain propose it
    """

    skus: Codes
    scores: Floats


def pool(bundle: Bundle, shopper: Shopper) -> Pool:
    """Merge the customer's own candidates with what sells in the store and in the chain."""
    return Pool(*bundle.candidates.of(shopper))
