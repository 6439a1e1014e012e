"""Returned lines: which purchased line came back, when, and how much of it."""

import ibis
from ibis import Table, _

from features.contracts.outputs import RETURNS
from features.warehouse.purchases import basket_named

_NEGLIGIBLE = 1e-9
_LINE = ("customer_id", "basket_id", "line", "channel", "store_id", "sku", "bought_at", "party")


def returned_lines(returns: Table, purchases: Table) -> Table:
    """One row per purchased line and instant of return; the columns of the contract `returns` of the warehouse.

    A return that names a line takes from that line; one that does not takes from the lines of its SKU
    in the basket, the first first. Returns of a line count in the order of their instants and never add
    up to more than was bought, so that a later return does not change what an earlier one took. A return
    whose purchase is not there (or comes after it) has no row until the purchase is loaded.
    """
    back = _in_turn(_named(returns))
    lines = purchases.semi_join(back, ["basket_id", "sku"])
    by_line = lines.mutate(begins=ibis.literal(0.0), ends=lines.units)
    upto = lines.units.sum().over(ibis.window(group_by=["basket_id", "sku"], order_by="line", following=0))
    by_sku = lines.mutate(begins=upto - lines.units, ends=upto)
    taken = ibis.union(
        _taken(back.filter(_.back_line.notnull()), by_line, numbered=True),
        _taken(back.filter(_.back_line.isnull()), by_sku, numbered=False),
    )
    return (
        taken.group_by(*_LINE, "returned_at")
        .agg(units=_.taken.sum(), paid=_.given_back.sum().cast("decimal(18, 4)"))
        .select(*RETURNS.names)
        .order_by("returned_at", "basket_id", "line")
    )


def _named(returns: Table) -> Table:
    """Returns by the basket that they belong to, under names that purchases do not have."""
    online = basket_named(returns.party, "web", returns.order_id)
    offline = basket_named(returns.party, "store", returns.receipt_id)
    return returns.select(
        basket_id=ibis.coalesce(online, offline),
        sku=returns.sku,
        back_line=returns.line,
        line_key=returns.line_key,
        returned_at=returns.returned_at,
        back_units=returns.units,
        refunded=returns.refunded,
    )


def _in_turn(back: Table) -> Table:
    """Each return with the span of returned units, `since` to `upto`, that is its own."""
    earlier = ibis.window(group_by=["basket_id", "sku", "back_line"], order_by=["returned_at", "line_key"], following=0)
    upto = back.back_units.sum().over(earlier)
    return back.mutate(since=upto - back.back_units, upto=upto)


def _taken(back: Table, lines: Table, *, numbered: bool) -> Table:
    """What each return takes from each line: where its span of units meets the line's."""
    on: list[object] = ["basket_id", "sku"]
    if numbered:
        on.append(back.back_line == lines.line)
    met = back.join(lines, on)
    begins = ibis.ifelse(met.since > met.begins, met.since, met.begins)
    ends = ibis.ifelse(met.upto < met.ends, met.upto, met.ends)
    met = met.mutate(taken=ends - begins)
    met = met.filter((met.taken > _NEGLIGIBLE) & (met.returned_at >= met.bought_at))
    share = met.paid.cast("float64") * met.taken / met.units
    given_back = ibis.coalesce(met.refunded.cast("float64") * met.taken / met.back_units, share)
    return met.mutate(given_back=given_back).select(*_LINE, "returned_at", "taken", "given_back")
