"""`home`: what this customer is likely to buy next, known and new."""

from features.vector.vector import Shopper
from serving.bundle.bundle import Bundle
from serving.recommender.answers import Query
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed


def home(bundle: Bundle, shopper: Shopper, query: Query) -> Placed:
    """For you: everything that the ranker knows of, in its order."""
    ranked = rank(bundle, shopper, new_only=query.new_only)
    return Placed(ranked, len(ranked.skus))
