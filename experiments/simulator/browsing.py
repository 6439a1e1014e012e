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
    seed, views = ground.seed, ground.dials.browsing
    whole = int(views)
    more = f"CASE WHEN {uniform(seed, 'one more view', 'basket', 'line')} < {views - whole} THEN 1 ELSE 0 END"
    searched = f"{uniform(seed, 'searched', 'basket', 'line')} < {SEARCHED}"
    before = f"{uniform(seed, 'minutes before', 'basket', 'line', 'nth')} * {MINUTES * 60}"
    other = f"{uniform(seed, 'looked round', 'basket', 'line', 'nth')} < {LOOKED_ROUND}"
    mate = below("skus_of_shelf", seed, "seen", "basket", "line", "nth")
    browser = "coalesce(person, basket)", below("2", seed, "browser", "basket")
    return f"""
        WITH bought AS (
            SELECT basket, line, sku_nth, person, account_id, bought_at FROM lines JOIN baskets USING (basket)
            WHERE is_web
        ), done AS (
            SELECT *, 'view' AS type, unnest(range({whole} + {more})) AS nth FROM bought
            UNION ALL SELECT *, 'add-to-cart', -1 FROM bought
            UNION ALL SELECT *, 'search', -2 FROM bought WHERE {searched}
        ), seen AS (
            SELECT done.*, shelf, CASE WHEN type = 'view' AND {other} THEN {mate} ELSE nth_of_shelf END AS seen_nth,
                shelf_nth
            FROM done JOIN real_skus USING (sku_nth)
        )
        SELECT 'web-shop' AS party, printf('E%d-%d-%d', basket, line, nth + 2) AS event_id, type,
            CAST(bought_at - to_seconds(1 + {before}) AS TIMESTAMP) AS "at",
            printf('%016x', hash(hash('{seed}:visitor', {", ".join(browser)}))) AS visitor_id, account_id,
            'web' AS channel, CASE WHEN type <> 'search' THEN real_skus.sku END AS sku,
            CASE WHEN type = 'search' THEN lower(seen.shelf) END AS query
        FROM seen JOIN real_skus ON real_skus.shelf_nth = seen.shelf_nth AND real_skus.nth_of_shelf = seen.seen_nth
    """
