"""`pdp-similar`: what can take the place of the items on a product page."""

import numpy as np

from serving.bundle.bundle import Bundle
from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.eligible import eligible
from serving.recommender.placements.placement import Placement
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed, Ranked


def pdp_similar(asked: Asked) -> Placed:
    """What can take the place of the SKUs in `item_ids`, the most similar first; then what `home` would show."""
    bundle, shopper, query = asked.bundle, asked.shopper, asked.query
    given = [code for sku in query.item_ids if (code := bundle.facts.skus.code(sku)) >= 0]
    similar = _similar(bundle, given)
    own = int(eligible(asked, similar.skus).sum())
    if own >= query.size:
        return Placed(similar, len(similar.skus))
    filled = similar.then(rank(bundle, shopper, pool(bundle, shopper), new_only=query.new_only))
    return Placed(filled, len(similar.skus), "few_similar" if given else "unknown_item")


def _similar(bundle: Bundle, given: list[int]) -> Ranked:
    """The SKUs similar to one of the given ones, each once with its highest similarity, best first."""
    rows = [bundle.lists.similar.rows(code) for code in given]
    skus = np.concatenate([np.zeros(0, dtype=np.int32), *(bundle.lists.similar.keys[row] for row in rows)])
    similarity = bundle.lists.similar.columns["similarity"]
    value = np.concatenate([np.zeros(0, dtype=np.float32), *(similarity[row] for row in rows)])
    best = np.lexsort((skus, -value))
    best = best[np.sort(np.unique(skus[best], return_index=True)[1])]
    return Ranked(skus[best], value[best], np.full(len(best), "similar", dtype=object))


PDP_SIMILAR = Placement(
    name="pdp-similar",
    purpose="holds what resembles `context.item_ids`",
    place=pdp_similar,
    summary="An anonymous visitor on a product page",
    example={
        "placement": "pdp-similar",
        "visitor_id": "v-81",
        "context": {"channel": "web", "item_ids": ["1029743"], "cart_item_ids": ["995242"]},
        "page_size": 4,
        "new_only": True,
    },
    touching=(Query(),),
    needs_items=True,
)
