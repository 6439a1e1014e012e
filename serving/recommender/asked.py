"""What a list is made from, as one value that the steps hand on."""

from dataclasses import dataclass

from features.vector.shopper import Shopper
from serving.bundle.bundle import Bundle
from serving.live.state import Live
from serving.recommender.answers import Query


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, whom and where it is for in codes, what is known, and what is live."""

    bundle: Bundle
    shopper: Shopper
    query: Query
    live: Live
