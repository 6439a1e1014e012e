"""Frequency: how often a customer shops, and how often for one SKU, lately and ever."""

import math

from ibis import Table, _

from features.known import Known

HALF_LIFE_DAYS = 60.0
"""Personal frequency forgets half in two months: flat between 40 and 90 days in backtests."""


def customer(known: Known) -> Table:
    """Per customer: baskets ever and lately, lines, distinct SKUs."""
    lines = known.purchases.filter(_.customer_id.notnull())
    return lines.group_by("customer_id").agg(
        baskets=_.basket_id.nunique(),
        baskets_28=_.basket_id.nunique(where=_.age_days <= 28),
        baskets_91=_.basket_id.nunique(where=_.age_days <= 91),
        lines=_.count(),
        distinct_skus=_.sku.nunique(),
    )


def customer_sku(known: Known) -> Table:
    """Per customer and SKU: baskets ever and lately, decayed baskets, units a basket."""
    return known.visits.group_by("customer_id", "sku").agg(
        baskets=_.count(),
        baskets_28=(_.age_days <= 28).sum(),
        baskets_91=(_.age_days <= 91).sum(),
        decayed=(_.age_days * (-math.log(2) / HALF_LIFE_DAYS)).exp().sum(),
        units_per_basket=_.units.mean(),
    )
