"""Store: what the SKU is to the store at hand, and what that store is to the customer."""

from collections.abc import Mapping

import numpy as np

from features.vector.looked_up import Column, Combination, LookedUp, ratio


def store_share_28(found: LookedUp) -> Column:
    """Baskets of the last four weeks that held it, as a share of the store's of a quarter."""
    share: Column = found["store_sku"]["store_baskets_28"] / np.maximum(found["store"]["store_total_91"], 1)
    return share


def store_share_91(found: LookedUp) -> Column:
    share: Column = found["store_sku"]["store_baskets_91"] / np.maximum(found["store"]["store_total_91"], 1)
    return share


def store_lift(found: LookedUp) -> Column:
    """The store's share of all baskets that held it."""
    return ratio(found["store_sku"]["store_baskets_91"], found["sku"]["sku_baskets_91"], 1)


def distance_km(found: LookedUp) -> float:
    """From the home store to the store at hand."""
    return found.here.distance_km


def at_home_store(found: LookedUp) -> float:
    return float(found.here.is_home)


SHELF: Mapping[str, Combination] = {
    "store_share_28": store_share_28,
    "store_share_91": store_share_91,
    "store_lift": store_lift,
}
PLACE: Mapping[str, Combination] = {"distance_km": distance_km, "at_home_store": at_home_store}
