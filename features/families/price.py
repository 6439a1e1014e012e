"""Price: what a SKU costs now and usually, and how a customer stands to price and discount."""

import ibis
from ibis import Table, _

from features.known import Known


def _priced(known: Known) -> Table:
    """Lines with a positive amount, their unit price and discount share (null where no list price is known)."""
    lines = known.purchases.filter((_.units > 0) & (_.paid > 0))
    share = 1 - _.paid / (_.list_price * _.units).nullif(0)
    # No `greatest`: engines differ in whether it is null where one of its arguments is.
    return lines.mutate(unit_price=_.paid / _.units, discount=ibis.ifelse(share < 0, 0, share))


def sku(known: Known) -> Table:
    """Per SKU: unit price over the last four weeks and over a year, discount share likewise."""
    return (
        _priced(known)
        .group_by("sku")
        .agg(
            price_28=_.unit_price.mean(where=_.age_days <= 28),
            price_364=_.unit_price.mean(where=_.age_days <= 364),
            discount_7=_.discount.mean(where=_.age_days <= 7),
            discount_28=_.discount.mean(where=_.age_days <= 28),
            discount_364=_.discount.mean(where=_.age_days <= 364),
        )
    )


def customer(known: Known) -> Table:
    """Per customer: mean unit price relative to the subcategory's (1 = average), mean discount share."""
    lines = _priced(known).filter(_.customer_id.notnull())
    usual = lines.group_by("subcategory").agg(usual_price=_.unit_price.mean())
    return (
        lines.left_join(usual, "subcategory")
        .group_by("customer_id")
        .agg(price_level=(_.unit_price / _.usual_price).mean(), discount_share=_.discount.mean())
    )
