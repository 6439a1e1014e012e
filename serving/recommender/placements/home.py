"""`home`: what this customer is likely to buy next, known and new."""

from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.placements.placement import Placement
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed


def home(asked: Asked) -> Placed:
    """Everything that the ranker knows of, in its order."""
    ranked = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper), new_only=asked.query.new_only)
    return Placed(ranked, len(ranked.skus))


HOME = Placement(
    name="home",
    purpose="is for the customer as a whole",
    place=home,
    summary="The start page of a known customer",
    example={"placement": "home", "customer_id": "1057", "context": {"channel": "web"}, "page_size": 8},
    touching=(Query(), Query(new_only=True)),
)
