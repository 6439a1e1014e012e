"""Channel: how much of a customer's and of a SKU's business is online."""

from ibis import Table, _

from features.contracts.columns import WEB
from features.known import Known


def customer(known: Known) -> Table:
    """Per customer: share of lines bought online, ever and in the last 91 days."""
    lines = known.purchases.filter(_.customer_id.notnull())
    return lines.group_by("customer_id").agg(
        web_share=(_.channel == WEB).cast("float64").mean(),
        web_share_91=(_.channel == WEB).cast("float64").mean(where=_.age_days <= 91),
    )


def sku(known: Known) -> Table:
    """Per SKU: share of lines bought online."""
    return known.purchases.group_by("sku").agg(sku_web_share=(_.channel == WEB).cast("float64").mean())
