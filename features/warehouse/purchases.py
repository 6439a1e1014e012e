"""The one history: online and offline lines together, as Ibis expressions."""

from ibis import Table, Value, ifelse, literal, row_number, union, window

from features.contracts.columns import STORE, WEB
from features.contracts.inputs import OWN_PARTY
from features.contracts.outputs import PURCHASES

_SORTED = ("bought_at", "basket_id", "line")


def purchases(web_orders: Table | None, till_receipts: Table | None) -> Table:
    """One row per purchased line of either channel, with the columns of the contract `purchases`, sorted.

    Until identities are resolved a customer is an account (online) or a loyalty card (in a store).
    Raises ValueError without either table.
    """
    lines = [web_lines(web_orders)] if web_orders is not None else []
    lines += [till_lines(till_receipts)] if till_receipts is not None else []
    if not lines:
        message = "purchases need web_orders or till_receipts"
        raise ValueError(message)
    together = union(*lines) if len(lines) > 1 else lines[0]
    return numbered(together).select(*PURCHASES.names).order_by(*_SORTED)


def web_lines(web_orders: Table) -> Table:
    """Online order lines in the columns of purchases, `line_key` beside `line`."""
    return _lines(web_orders, WEB, customer="account_id", basket="order_id", at="ordered_at")


def till_lines(till_receipts: Table) -> Table:
    """Receipt lines in the columns of purchases, `line_key` beside `line`."""
    return _lines(till_receipts, STORE, customer="loyalty_id", basket="receipt_id", at="sold_at")


def _lines(table: Table, channel: str, customer: str, basket: str, at: str) -> Table:
    return table.select(
        customer_id=table[customer],
        basket_id=basket_named(table.party, channel, table[basket]),
        line=table.line,
        line_key=table.line_key,
        channel=literal(channel),
        store_id=table.store_id,
        sku=table.sku,
        bought_at=table[at],
        units=table.units,
        paid=table.paid,
        list_price=table.list_price,
        promotion_id=table.promotion_id,
        party=table.party,
    )


def basket_named(party: Value, channel: str, order: Value) -> Value:
    """The basket of an order or a receipt: both may have the same number, and so may those of two sellers."""
    return ifelse(party == OWN_PARTY, "", party + "/") + literal(f"{channel}:") + order


def numbered(lines: Table) -> Table:
    """Give lines without a number the ones after the basket's last, in the order of their keys."""
    basket = window(group_by="basket_id")
    nth = row_number().over(window(group_by=["basket_id", lines.line.isnull()], order_by="line_key"))
    last = lines.line.max().over(basket).fill_null(0)
    return lines.mutate(line=lines.line.fill_null(last + nth + 1).cast("int32"))
