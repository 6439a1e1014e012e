"""`buy-again`: what the customer bought before, first what is due."""

import numpy as np

from serving.recommender.asked import Asked
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed

DUE = 0.5
"""`buy-again` shows first what half of the usual interval has passed for."""


def buy_again(asked: Asked) -> Placed:
    """What the customer bought before: due by their own rhythm first, then the rest, both in the ranker's order."""
    ranked = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper), new_only=asked.query.new_only)
    shopper, history = asked.shopper, asked.bundle.facts.customer_sku
    rows, bought = history.find(shopper.customer, ranked.skus)
    if not bought.any():
        return Placed(ranked, 0, "thin_history" if shopper.customer >= 0 else "")
    since = history.columns["days_since"][rows] + shopper.elapsed_days
    due = bought & (since >= DUE * np.minimum(history.columns["interval_days"][rows], 28.0))
    first = np.argsort(-(bought.astype(int) + due), kind="stable")
    return Placed(ranked.take(first), int(bought.sum()), "thin_history")
