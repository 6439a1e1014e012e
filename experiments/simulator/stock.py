"""Stock by store and week: where a SKU is out, lines that would have been bought there are lost, and kept as truth."""

from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground

WEEK_DAYS = 7


def empty_shelves(ground: Ground) -> None:
    """Split `lines`: those that were out of stock in their store go to `suppressed`, the rest stay.

    Only baskets bought in a store lose lines; the online warehouse never runs out.
    """
    if not ground.dials.stock_outs:
        ground.run("CREATE OR REPLACE TABLE suppressed AS SELECT * FROM lines WHERE false")
        return
    week = f"datediff('day', DATE '{ground.first.date()}', CAST(bought_at AS DATE)) // {WEEK_DAYS}"
    out = _is_out(ground, "baskets.store", "sku_nth", f"CAST({week} AS BIGINT)")
    ground.run(f"""
        CREATE OR REPLACE TABLE suppressed AS SELECT lines.* FROM lines JOIN baskets USING (basket)
        WHERE NOT is_web AND baskets.store IS NOT NULL AND {out}
    """)
    ground.run("CREATE OR REPLACE TABLE lines AS SELECT * FROM lines ANTI JOIN suppressed USING (basket, line)")


def _is_out(ground: Ground, store: str, sku: str, week: str) -> str:
    return f"{uniform(ground.seed, 'stock-out', store, sku, week)} < {ground.dials.stock_outs}"


def write_stock(ground: Ground) -> int:
    """The contract table `stock`: a count when a SKU runs out, when it is back, and on the first day; how many rows.

    Needs the table `carried` (store_nth, sku_nth). Counts are of Monday to Monday from the first day of the purchases.
    """
    if not ground.dials.stock_outs:
        return 0
    weeks = (ground.last.date() - ground.first.date()).days // WEEK_DAYS + 1
    out = _is_out(ground, "store_nth", "sku_nth", "week")
    before = _is_out(ground, "store_nth", "sku_nth", "week - 1")
    units = f"1 + {below('40', ground.seed, 'on hand', 'store_nth', 'sku_nth', 'week')}"
    return ground.write(
        "stock",
        f"""
        WITH counted AS (
            SELECT store_nth, sku_nth, week, {out} AS is_out, week > 0 AND {before} AS was_out
            FROM carried CROSS JOIN (SELECT CAST(range AS BIGINT) AS week FROM range({weeks}))
            WHERE week = 0 OR {out} OR {before}
        )
        SELECT 'store-chain' AS party, store_id, sku,
            CAST(DATE '{ground.first.date()}' + CAST(week * {WEEK_DAYS} AS INTEGER) AS TIMESTAMP) AS as_of,
            CASE WHEN is_out THEN 0.0 ELSE CAST({units} AS DOUBLE) END AS units
        FROM counted JOIN planted_stores USING (store_nth) JOIN real_skus USING (sku_nth)
        WHERE week = 0 OR is_out <> was_out
        """,
    )
