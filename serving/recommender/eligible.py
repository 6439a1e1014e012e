"""The third step: which SKUs may be shown."""

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes
from features.vector.shopper import Shopper
from serving.bundle.bundle import Bundle
from serving.recommender.asked import Asked


def eligible(asked: Asked, skus: Codes) -> NDArray[np.bool_]:
    """Whether each SKU may be shown.

    It may not where the query excludes it or is about it, where it is sold out, and, where only new
    SKUs are asked for, where the customer has bought it.
    """
    query, known = asked.query, asked.bundle.facts.skus
    barred = [known.code(sku) for sku in (*query.exclude_item_ids, *query.item_ids, *asked.live.sold_out)]
    allowed = ~np.isin(skus, barred)
    return allowed & ~bought(asked.bundle, asked.shopper, skus) if query.new_only else allowed


def bought(bundle: Bundle, shopper: Shopper, skus: Codes) -> NDArray[np.bool_]:
    """Whether the customer has bought each SKU before the cutoff."""
    return bundle.facts.pairs["customer_sku"].find(shopper.customer, skus)[1]
