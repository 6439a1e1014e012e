"""Popularity and trend: how many baskets and customers a SKU reaches, over short and long windows."""

from ibis import Table, _

from features.known import Known


def sku(known: Known) -> Table:
    """Per SKU: baskets of the last 7, 28, 91 and 364 days, and customers of the last 28 and 364."""
    return known.purchases.group_by("sku").agg(
        sku_baskets_7=_.basket_id.nunique(where=_.age_days <= 7),
        sku_baskets_28=_.basket_id.nunique(where=_.age_days <= 28),
        sku_baskets_91=_.basket_id.nunique(where=_.age_days <= 91),
        sku_baskets_364=_.basket_id.nunique(where=_.age_days <= 364),
        sku_customers_28=_.customer_id.nunique(where=_.age_days <= 28),
        sku_customers_364=_.customer_id.nunique(where=_.age_days <= 364),
    )
