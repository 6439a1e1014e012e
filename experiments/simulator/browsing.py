"""What visitors of the web shop did in the hour before an online order: searches, views, SKUs put in the cart."""

from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground

MINUTES = 60
SEARCHED = 0.25
"""Share of lines whose SKU was searched for by its category."""
LOOKED_ROUND = 0.4
"""Share of views that are of another SKU of the same category, which was not bought."""


def write_events(ground: Ground, part: int) -> int:
    """A part of the contract table `events`, of the block's online baskets; how many rows.

    A visitor is a browser: everybody has two. Guests browse without an account. What stock-outs
    took away was never online.
    """
    if not ground.dials.browsing:
        return 0
    return ground.write("events", _events(ground), part)


def _events(ground: Ground) -> str:
    """A line is searched for (nth is -2), put in the cart (-1) and viewed (0, 1, …), in any order."""
    seed, views = ground.seed, ground.dials.browsing
    whole = int(views)
    more = f"CASE WHEN {uniform(seed, 'one more view', 'basket', 'line')} < {views - whole} THEN 1 ELSE 0 END"
    first = f"CASE WHEN {uniform(seed, 'searched', 'basket', 'line')} < {SEARCHED} THEN -2 ELSE -1 END"
    before = f"{uniform(seed, 'minutes before', 'basket', 'line', 'nth')} * {MINUTES * 60}"
    other = f"{uniform(seed, 'looked round', 'basket', 'line', 'nth')} < {LOOKED_ROUND}"
    mate = below("skus_of_shelf", seed, "seen", "basket", "line", "nth")
    browser = "coalesce(person, basket)", below("2", seed, "browser", "basket")
    visitor = f"printf('%016x', hash(hash('{seed}:visitor', {', '.join(browser)}))) AS visitor_id"
    return f"""
        WITH visits AS (SELECT basket, account_id, bought_at, {visitor} FROM baskets WHERE is_web),
        done AS (
            SELECT basket, line, seat, shelf_seat, skus_of_shelf, unnest(range({first}, {whole} + {more})) AS nth
            FROM lines WHERE is_web
        ), seen AS (SELECT *, CASE WHEN nth >= 0 AND {other} THEN shelf_seat + {mate} ELSE seat END AS seen FROM done)
        SELECT 'web-shop' AS party, 'E' || basket || '-' || line || '-' || (nth + 2) AS event_id,
            CASE nth WHEN -2 THEN 'search' WHEN -1 THEN 'add-to-cart' ELSE 'view' END AS type,
            CAST(bought_at - to_seconds(1 + {before}) AS TIMESTAMP) AS "at", visitor_id, account_id, 'web' AS channel,
            CASE WHEN nth <> -2 THEN sku END AS sku, CASE WHEN nth = -2 THEN lower(shelf) END AS query
        FROM seen JOIN real_skus ON real_skus.seat = seen.seen JOIN visits USING (basket)
        ORDER BY basket, line, nth
    """
