"""Affinity: how much of a customer's shopping goes to a subcategory, a category, a brand."""

import math

from ibis import Table, _

from features.known import Known

HALF_LIFE_DAYS = 60.0
"""A line is worth half after two months."""


def _by(known: Known, level: str) -> Table:
    lines = known.purchases.filter(_.customer_id.notnull() & _[level].notnull())
    return lines.group_by("customer_id", level).agg(
        days_since=_.age_days.min(),
        lines=_.count(),
        lines_28=(_.age_days <= 28).sum(),
        lines_91=(_.age_days <= 91).sum(),
        decayed=(_.age_days * (-math.log(2) / HALF_LIFE_DAYS)).exp().sum(),
        distinct_skus=_.sku.nunique(),
        baskets=_.basket_id.nunique(),
        days_known=_.age_days.max(),
    )


def customer_subcategory(known: Known) -> Table:
    """Per customer and finest category level: lines ever and lately, distinct SKUs, recency."""
    return _by(known, "subcategory")


def customer_category(known: Known) -> Table:
    """Per customer and middle category level: lines ever and lately, distinct SKUs, recency."""
    return _by(known, "category")


def customer_brand(known: Known) -> Table:
    """Per customer and brand: lines ever and lately, distinct SKUs, recency."""
    return _by(known, "brand")
