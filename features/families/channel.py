"""Channel: how much of a customer's and of a SKU's business is online, lately and ever, and what is bought where.

Shares of few baskets say little: `web_propensity` and `sku_web_skew` are pulled towards everybody's share.
"""

import math

import ibis
from ibis import Table, _

from features.contracts.columns import WEB
from features.known import Known

HALF_LIFE_DAYS = 60.0
"""Whether somebody goes online changes as slowly as what they buy."""

PRIOR_BASKETS = 3.0
"""Everybody's share counts as much as three baskets of the customer's own."""

PRIOR_LINES = 20.0
SKEW_DAYS = 182


def customer(known: Known) -> Table:
    """Per customer: share of lines bought online, ever and in the last 91 days, and how they go about both channels.

    web_propensity       of baskets, each worth half for every 60 days of age, shrunk towards everybody's share
    days_since_web       since the last basket online; never: null
    days_since_store     since the last basket in a store
    cross_interval_days  mean days from a basket to the next where that is of the other channel; null without any
    switch_share         share of baskets after the first that are of another channel than the one before; 0 of one
    """
    lines = known.purchases.filter(_.customer_id.notnull())
    shares = lines.group_by("customer_id").agg(
        web_share=(_.channel == WEB).cast("float64").mean(),
        web_share_91=(_.channel == WEB).cast("float64").mean(where=_.age_days <= 91),
    )
    baskets = _baskets(lines)
    return shares.join(_propensity(baskets), "customer_id").join(_changes(baskets), "customer_id")


def sku(known: Known) -> Table:
    """Per SKU: share of lines bought online, and how it differs from that of all SKUs.

    sku_web_skew            the share of the last half year, shrunk, less that of all SKUs together
    sku_web_baskets_28      baskets online of the last 28 days that held it
    """
    lately = _.age_days <= SKEW_DAYS
    counted = known.purchases.group_by("sku").agg(
        sku_web_share=(_.channel == WEB).cast("float64").mean(),
        web_lines=(lately & (_.channel == WEB)).sum(),
        lines=lately.sum(),
        sku_web_baskets_28=_.basket_id.nunique(where=(_.age_days <= 28) & (_.channel == WEB)),
    )
    everybody = _over_all(counted.web_lines.sum(), counted.lines.sum())
    shrunk = (counted.web_lines + PRIOR_LINES * everybody) / (counted.lines + PRIOR_LINES)
    return counted.mutate(sku_web_skew=shrunk - everybody).drop("web_lines", "lines")


def customer_sku(known: Known) -> Table:
    """Per customer and SKU: baskets online that held it, ever."""
    lines = known.purchases.filter(_.customer_id.notnull())
    return lines.group_by("customer_id", "sku").agg(web_baskets=_.basket_id.nunique(where=_.channel == WEB))


def customer_subcategory(known: Known) -> Table:
    """Per customer and finest category level: lines bought online."""
    return _web_lines(known, "subcategory")


def customer_category(known: Known) -> Table:
    """Per customer and middle category level: lines bought online."""
    return _web_lines(known, "category")


def _web_lines(known: Known, level: str) -> Table:
    lines = known.purchases.filter(_.customer_id.notnull() & _[level].notnull())
    return lines.group_by("customer_id", level).agg(web_lines=(_.channel == WEB).sum())


def _baskets(lines: Table) -> Table:
    """One row per customer, basket and channel: how old it is, and whether it is online (1) or not (0)."""
    found = lines.group_by("customer_id", "basket_id", "channel").agg(age_days=_.age_days.min())
    return found.mutate(is_web=(_.channel == WEB).cast("float64"))


def _propensity(baskets: Table) -> Table:
    weight = (baskets.age_days * (-math.log(2) / HALF_LIFE_DAYS)).exp()
    summed = (
        baskets.mutate(weight=weight)
        .group_by("customer_id")
        .agg(
            web=(_.weight * _.is_web).sum(),
            all=_.weight.sum(),
            days_since_web=_.age_days.min(where=_.is_web == 1),
            days_since_store=_.age_days.min(where=_.is_web == 0),
        )
    )
    everybody = _over_all(summed.web.sum(), summed["all"].sum())
    shrunk = (summed.web + PRIOR_BASKETS * everybody) / (summed["all"] + PRIOR_BASKETS)
    return summed.mutate(web_propensity=shrunk).drop("web", "all")


def _changes(baskets: Table) -> Table:
    """What happens from one basket to the next, oldest first."""
    order = ibis.window(group_by="customer_id", order_by=[_.age_days.desc(), _.basket_id, _.channel])
    steps = baskets.mutate(gap_days=_.age_days.lag().over(order) - _.age_days, before=_.is_web.lag().over(order))
    is_change = _.before != _.is_web
    return steps.group_by("customer_id").agg(
        cross_interval_days=_.gap_days.mean(where=is_change),
        switch_share=is_change.cast("float64").mean().fill_null(0.0),
    )


def _over_all(part: ibis.Value, whole: ibis.Value) -> ibis.Value:
    """The share of all rows together, on each of them; 0 where there are none."""
    everything = ibis.window()
    return (part.over(everything) / whole.over(everything).nullif(0)).fill_null(0.0)
