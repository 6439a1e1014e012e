"""Frequency: in which share of their trips a customer buys a SKU, and whether they ever did."""

from collections.abc import Mapping

import numpy as np

from features.vector.looked_up import Column, Combination, LookedUp


def basket_rate(found: LookedUp) -> Column:
    """Share of the trips that held it, of those since the customer first bought it."""
    customer, pair = found["customer"], found["customer_sku"]
    known_share = np.minimum(pair["days_known"] / np.maximum(customer["days_known"], 1), 1)
    rate: Column = pair["baskets"] / np.maximum(customer["baskets"] * known_share, 1)
    return rate


def basket_rate_28(found: LookedUp) -> Column:
    rate: Column = found["customer_sku"]["baskets_28"] / np.maximum(found["customer"]["baskets_28"], 1)
    return rate


def basket_rate_91(found: LookedUp) -> Column:
    rate: Column = found["customer_sku"]["baskets_91"] / np.maximum(found["customer"]["baskets_91"], 1)
    return rate


def decayed_share(found: LookedUp) -> Column:
    """How strong the habit is beside the customer's strongest."""
    share: Column = found["customer_sku"]["decayed"] / max(found.most_decayed, 1e-6)
    return share


def is_new(found: LookedUp) -> Column:
    never: Column = found["customer_sku"]["baskets"] == 0
    return never


RATES: Mapping[str, Combination] = {
    "basket_rate": basket_rate,
    "basket_rate_28": basket_rate_28,
    "basket_rate_91": basket_rate_91,
    "decayed_share": decayed_share,
}
NEW: Mapping[str, Combination] = {"is_new": is_new}
