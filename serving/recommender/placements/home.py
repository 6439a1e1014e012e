"""`home`: what this customer is likely to buy next, known and new."""

from serving.recommender.asked import Asked
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed


def home(asked: Asked) -> Placed:
    """For you: everything that the ranker knows of, in its order."""
    ranked = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper), new_only=asked.query.new_only)
    return Placed(ranked, len(ranked.skus))
