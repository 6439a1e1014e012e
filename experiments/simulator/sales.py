"""The contract tables of purchases, `web_orders` and `till_receipts`, and the truth about every basket."""

from experiments.simulator.accounts import STORE_CHAIN, WEB_SHOP
from experiments.simulator.chance import uniform
from experiments.simulator.ground import Ground

SHIPPED, PICKED_UP = 0.7, 0.2
"""Shares of online orders; the others come the same day, from a store."""
_PAID = "units, paid, list_price, payment_token, promotion_id"


def fulfil(ground: Ground) -> None:
    """Add fulfilment to `baskets`: how online orders get to the customer."""
    drawn = uniform(ground.seed, "fulfilment", "basket")
    ground.keep(
        "baskets",
        f"""
        SELECT *, CASE WHEN NOT is_web THEN NULL WHEN store IS NULL OR {drawn} < {SHIPPED} THEN 'ship'
            WHEN {drawn} < {SHIPPED + PICKED_UP} THEN 'pick-up' ELSE 'same-day' END AS fulfilment
        FROM baskets
        """,
    )


def write_orders(ground: Ground, part: int) -> int:
    """A part of `web_orders`; how many lines."""
    store = "CASE WHEN fulfilment <> 'ship' THEN store_id END"
    select = f"""
        SELECT '{WEB_SHOP}' AS party, 'W' || basket AS order_id, line, account_id, sku, bought_at AS ordered_at,
            {_PAID}, fulfilment, {store} AS store_id, province
        FROM {_sold("lines.is_web")} ORDER BY basket, line
    """
    return ground.write("web_orders", select, part)


def write_receipts(ground: Ground, part: int) -> int:
    """A part of `till_receipts`; how many lines."""
    select = f"""
        SELECT '{STORE_CHAIN}' AS party, 'R' || basket AS receipt_id, line, store_id, sku, bought_at AS sold_at,
            {_PAID}, loyalty_id, tender
        FROM {_sold("NOT lines.is_web AND NOT is_out")} ORDER BY basket, line
    """
    return ground.write("till_receipts", select, part)


def tell_baskets(ground: Ground, part: int) -> None:
    """The truth: whose each basket is, and what became of the real one; and the lines that stock-outs took away."""
    order = "CASE WHEN is_web THEN 'W' ELSE 'R' END || baskets.basket"
    ground.tell(
        "baskets",
        f"""SELECT {order} AS order_id, CASE WHEN is_web THEN 'web' ELSE 'store' END AS channel, person,
            basket_id AS real_basket_id, origin, was_web, web_chance, bent, bought_at, moved_from
        FROM baskets JOIN real_baskets ON real_baskets.basket = source
        ORDER BY baskets.basket""",
        part,
    )
    ground.tell(
        "suppressed",
        f"""SELECT 'R' || basket AS receipt_id, line, store_id, sku, bought_at AS sold_at, units, paid
        FROM {_sold("is_out")} ORDER BY basket, line""",
        part,
    )


def _sold(condition: str) -> str:
    """Lines for which a condition holds, with their baskets, SKUs and stores."""
    return f"""(SELECT * FROM lines WHERE {condition}) AS lines JOIN baskets USING (basket)
        JOIN real_skus USING (seat) LEFT JOIN planted_stores ON store_nth = baskets.store"""
