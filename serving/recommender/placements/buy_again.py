"""`buy-again`: what the customer bought before, first what is due."""

import numpy as np

from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.placements.placement import Placement
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed

DUE = 0.5
"""`buy-again` shows first what half of the usual interval has passed for."""


def buy_again(asked: Asked) -> Placed:
    """What the customer bought before: due by their own rhythm first, then the rest, both in the ranker's order."""
    ranked = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper), new_only=asked.query.new_only)
    shopper, history = asked.shopper, asked.bundle.facts.pairs["customer_sku"]
    rows, bought = history.find(shopper.customer, ranked.skus)
    if not bought.any():
        return Placed(ranked, 0, "thin_history" if shopper.customer >= 0 else "")
    since = history.columns["days_since"][rows] + shopper.elapsed_days
    due = bought & (since >= DUE * np.minimum(history.columns["interval_days"][rows], 28.0))
    first = np.argsort(-(bought.astype(int) + due), kind="stable")
    return Placed(ranked.take(first), int(bought.sum()), "thin_history")


BUY_AGAIN = Placement(
    name="buy-again",
    purpose="holds what the customer bought before and is due to buy now",
    place=buy_again,
    summary="What a customer is due to buy, in the store where they are",
    example={
        "placement": "buy-again",
        "customer_id": "1057",
        "context": {"channel": "store", "store_id": "367"},
        "exclude_item_ids": ["1082185"],
    },
    touching=(Query(),),
)
