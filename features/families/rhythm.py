"""Rhythm: how many days pass between two purchases, of a customer and of everybody.

The interval of a pair bought n times over s days is s / (n - 1); whoever bought once has none (null).
"""

import ibis
from ibis import Table, _

from features.known import Known


def customer_sku(known: Known) -> Table:
    """Per customer and SKU: mean interval, the latest interval and their spread, in days."""
    order = ibis.window(group_by=["customer_id", "sku"], order_by=[_.age_days, _.basket_id])
    gaps = known.visits.mutate(gap_days=_.age_days.lead().over(order) - _.age_days, nth=ibis.row_number().over(order))
    return gaps.group_by("customer_id", "sku").agg(
        interval_days=_.gap_days.mean(),
        interval_sd_days=_.gap_days.std(how="pop"),
        last_interval_days=_.gap_days.max(where=_.nth == 0),
    )


def customer(known: Known) -> Table:
    """Per customer: mean days between two baskets."""
    baskets = known.visits.group_by("customer_id").agg(
        span=_.age_days.max() - _.age_days.min(), n=_.basket_id.nunique()
    )
    return baskets.select("customer_id", basket_interval_days=_.span / (_.n - 1).nullif(0))


def sku(known: Known) -> Table:
    """Per SKU: the mean interval of its repeat buyers, and the share of its buyers who came back."""
    pairs = known.visits.group_by("customer_id", "sku").agg(
        span=_.age_days.max() - _.age_days.min(), n=_.basket_id.nunique()
    )
    return pairs.group_by("sku").agg(
        sku_interval_days=(_.span / (_.n - 1).nullif(0)).mean(),
        repeat_share=(_.n > 1).cast("float64").mean(),
        baskets_per_buyer=_.n.mean(),
    )
