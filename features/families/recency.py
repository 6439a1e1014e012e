"""Recency: how long ago something was last, and first, bought."""

from ibis import Table, _

from features.known import Known


def customer(known: Known) -> Table:
    """Per customer: days since the last basket, days since the first."""
    return known.visits.group_by("customer_id").agg(
        days_since_basket=_.age_days.min(),
        days_known=_.age_days.max(),
    )


def customer_sku(known: Known) -> Table:
    """Per customer and SKU: days since the last purchase, days since the first."""
    return known.visits.group_by("customer_id", "sku").agg(
        days_since=_.age_days.min(),
        days_known=_.age_days.max(),
    )


def sku(known: Known) -> Table:
    """Per SKU: days since it was last sold to anybody, days since it was first."""
    return known.purchases.group_by("sku").agg(
        days_since_sold=_.age_days.min(),
        days_on_sale=_.age_days.max(),
    )
