"""Promotion: which SKUs are displayed or stand in the mailer, where, at the cutoff."""

from ibis import Table, _

from features.known import Known


def sku(known: Known) -> Table:
    """Per SKU: in how many stores (or channels) it is displayed, and in the mailer."""
    return known.promotions.group_by("sku").agg(
        display_stores=_.display.count(),
        mailer_stores=_.mailer.count(),
    )


def store_sku(known: Known) -> Table:
    """Per store and SKU: displayed, in the mailer (0 or 1)."""
    return (
        known.promotions.filter(_.store_id.notnull())
        .group_by("store_id", "sku")
        .agg(on_display=(_.display.count() > 0).cast("int8"), in_mailer=(_.mailer.count() > 0).cast("int8"))
    )
