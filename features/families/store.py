"""Store: a customer's home store, and what sells in each store."""

import ibis
from ibis import Table, _

from features.known import Known

PRIOR_BASKETS = 20.0
"""What everybody buys of a category counts as much as twenty baskets of a store."""

HOME_DAYS = 182
"""The home store is where most baskets of the last half year were; an older one is used where there is none."""


def customer(known: Known) -> Table:
    """Per customer: the home store, its share of the customer's baskets, and the number of stores visited."""
    at = (
        known.purchases.filter(_.customer_id.notnull() & _.store_id.notnull())
        .group_by("customer_id", "store_id")
        .agg(
            recent=_.basket_id.nunique(where=_.age_days <= HOME_DAYS),
            baskets=_.basket_id.nunique(),
        )
    )
    order = ibis.window(group_by="customer_id", order_by=[_.recent.desc(), _.baskets.desc(), _.store_id])
    ranked = at.mutate(
        nth=ibis.row_number().over(order),
        total=_.baskets.sum().over(ibis.window(group_by="customer_id")),
        stores=_.count().over(ibis.window(group_by="customer_id")),
    )
    return ranked.filter(_.nth == 0).select(
        "customer_id", home_store=_.store_id, home_share=_.baskets / _.total, stores_visited=_.stores
    )


def store_sku(known: Known) -> Table:
    """Per store and SKU: baskets of the last 28, 91 and 364 days that held it."""
    lines = known.purchases.filter(_.store_id.notnull() & (_.age_days <= 364))
    held = lines.group_by("store_id", "sku", "basket_id").agg(age_days=_.age_days.min())
    return held.group_by("store_id", "sku").agg(
        store_baskets_28=(_.age_days <= 28).sum(),
        store_baskets_91=(_.age_days <= 91).sum(),
        store_baskets_364=_.count(),
    )


def store(known: Known) -> Table:
    """Per store: baskets and customers of the last 91 days."""
    lines = known.purchases.filter(_.store_id.notnull())
    return lines.group_by("store_id").agg(
        store_total_91=_.basket_id.nunique(where=_.age_days <= 91),
        store_customers_91=_.customer_id.nunique(where=_.age_days <= 91),
    )


def store_category(known: Known) -> Table:
    """Per store and middle category level: how popular the category was there in the last 91 days.

    category_here  share of the store's baskets that held it, shrunk towards that of all stores
    category_lift  the same as a multiple of that of all stores: 1 is as everywhere

    Categories that a store did not sell in that time have no row.
    """
    lines = known.purchases.filter(_.store_id.notnull() & _.category.notnull() & (_.age_days <= 91))
    held = lines.group_by("store_id", "category").agg(baskets=_.basket_id.nunique())
    totals = lines.group_by("store_id").agg(total=_.basket_id.nunique())
    everywhere = lines.group_by("category").agg(chain=_.basket_id.nunique())
    chain_total = lines.basket_id.nunique().as_scalar()
    found = held.join(totals, "store_id").join(everywhere, "category").mutate(usual=_.chain / chain_total)
    shrunk = (found.baskets + PRIOR_BASKETS * found.usual) / (found.total + PRIOR_BASKETS)
    return found.select("store_id", "category", category_here=shrunk, category_lift=shrunk / found.usual)
