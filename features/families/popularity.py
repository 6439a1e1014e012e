"""Popularity and trend: how many baskets and customers a SKU reaches, over short and long windows."""

from ibis import Table, _

from features.known import Known


def sku(known: Known) -> Table:
    """Per SKU: baskets of the last 7, 28, 91 and 364 days, and customers of the last 28 and 364."""
    # A basket's or customer's latest line says in which windows they count: cheaper than counting the distinct of each.
    held = known.purchases.group_by("sku", "basket_id").agg(age_days=_.age_days.min())
    reached = known.visits.group_by("sku", "customer_id").agg(age_days=_.age_days.min())
    baskets = held.group_by("sku").agg(
        sku_baskets_7=(_.age_days <= 7).sum(),
        sku_baskets_28=(_.age_days <= 28).sum(),
        sku_baskets_91=(_.age_days <= 91).sum(),
        sku_baskets_364=(_.age_days <= 364).sum(),
    )
    customers = reached.group_by("sku").agg(
        sku_customers_28=(_.age_days <= 28).sum(), sku_customers_364=(_.age_days <= 364).sum()
    )
    found = baskets.left_join(customers, "sku").drop("sku_right")
    return found.mutate(
        sku_customers_28=found.sku_customers_28.fill_null(0), sku_customers_364=found.sku_customers_364.fill_null(0)
    )
