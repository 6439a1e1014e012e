"""Sales by day, channel, category and depth of the event's promotion: what everything about festivals is counted on."""

from datetime import datetime

import pandas as pd

from features.engine import session
from features.sql import instant, parquet
from features.warehouse.warehouse import Warehouse
from training.assortments.festival.events import Event

NOT_TOLD = "not told"
"""The depth of an event whose promotions say neither a depth nor a price."""
COUNTED = "lines"
"""What uplift and dips are counted in: a line is one decision to buy. Units of what is sold by weight or volume (fuel)
would drown all others."""
_DEPTHS = ((0.1, "none to 10 %"), (0.25, "10 to 25 %"), (1.01, "over 25 %"))


def daily_sales(warehouse: Warehouse, event: Event, cutoff: datetime, category: str | None = None) -> pd.DataFrame:
    """A row per day, channel, category and depth before `cutoff`: units and lines sold.

    The depth of a SKU is the deepest of its promotions during the event, in all rows of the SKU: so that before and
    after are the same SKUs. `category` leaves out all others. SKUs without a category count as "(none)".
    """
    promotions, purchases = parquet(warehouse.promotions), parquet(warehouse.purchases)
    bins = " ".join(f"WHEN depth < {top} THEN '{name}'" for top, name in _DEPTHS)
    during = f'"from" < {instant(event.end)} AND "to" > {instant(event.start)}'
    wanted = "WHERE coalesce(category, '(none)') = $category" if category is not None else ""
    given = {"category": category} if category is not None else {}
    with session() as connection:
        return connection.execute(
            f"""
            WITH usual AS (
                SELECT sku, avg(list_price) AS list_price FROM {purchases}
                WHERE bought_at < {instant(event.start)} AND list_price > 0 GROUP BY sku
            ), offered AS (
                SELECT sku, max(coalesce(depth, 1 - price / nullif(usual.list_price, 0))) AS depth
                FROM (SELECT sku, depth, price FROM {promotions} WHERE {during}) LEFT JOIN usual USING (sku)
                GROUP BY sku
            ), known AS (SELECT count(depth) > 0 AS is_told FROM offered),
            sold AS (
                SELECT date_trunc('day', bought_at) AS day, channel, sku, sum(units) AS units, count(*) AS lines
                FROM {purchases} WHERE bought_at < {instant(cutoff)} GROUP BY ALL
            ), placed AS (
                SELECT day, channel, coalesce(category, '(none)') AS category, units, lines,
                    CASE WHEN NOT is_told THEN '{NOT_TOLD}' ELSE CASE {bins} ELSE '{_DEPTHS[0][1]}' END END AS depth
                FROM sold LEFT JOIN {parquet(warehouse.skus)} USING (sku) LEFT JOIN offered USING (sku) CROSS JOIN known
                {wanted}
            )
            SELECT day, channel, category, depth, sum(units)::DOUBLE AS units, sum(lines)::DOUBLE AS lines
            FROM placed GROUP BY ALL ORDER BY ALL
            """,
            given,
        ).df()
