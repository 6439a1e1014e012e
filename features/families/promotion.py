"""Promotion: which SKUs are displayed or stand in the mailer, where, at the cutoff.

A promotion without a store runs in every store, unless its channel is online; without a channel it runs online too.
"""

from ibis import Column, Table, _, ifelse, union
from ibis.expr.types import BooleanColumn, IntegerColumn

from features.contracts.columns import WEB
from features.known import Known


def sku(known: Known) -> Table:
    """Per SKU: in how many stores it is displayed, and in the mailer; the web shop counts as one store."""
    every_store = known.purchases.store_id.nunique().as_scalar()
    places = known.promotions.mutate(
        is_everywhere=_is_everywhere(known.promotions),
        is_online=known.promotions.store_id.isnull() & _or_null(known.promotions.channel == WEB),
    )

    def stores(shown: Column) -> IntegerColumn:
        named = _.store_id.nunique(where=shown)
        return ifelse((_.is_everywhere & shown).any(), every_store, named) + (_.is_online & shown).any().cast("int8")

    return places.group_by("sku").agg(
        display_stores=stores(_.display.notnull()),
        mailer_stores=stores(_.mailer.notnull()),
    )


def store_sku(known: Known) -> Table:
    """Per store and SKU: displayed, in the mailer (0 or 1); what runs everywhere, in the stores that ever sold it."""
    columns = ("store_id", "sku", "display", "mailer")
    everywhere = known.promotions.filter(_is_everywhere(known.promotions)).select("sku", "display", "mailer")
    sold = known.purchases.filter(_.store_id.notnull()).select("store_id", "sku")
    there = known.promotions.filter(_.store_id.notnull()).select(*columns)
    return (
        union(there, sold.join(everywhere, "sku").select(*columns))
        .group_by("store_id", "sku")
        .agg(on_display=(_.display.count() > 0).cast("int8"), in_mailer=(_.mailer.count() > 0).cast("int8"))
    )


def _is_everywhere(promotions: Table) -> BooleanColumn:
    return promotions.store_id.isnull() & _or_null(promotions.channel != WEB)


def _or_null(claim: BooleanColumn) -> BooleanColumn:
    """The claim, true where it cannot be judged."""
    return claim.fill_null(True)  # noqa: FBT003
