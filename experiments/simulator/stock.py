"""Stock by store and week: where a SKU is out, lines that would have been bought there are lost, and kept as truth."""

from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground
from experiments.simulator.shelves import store_parts

WEEK_DAYS = 7


def week_of(ground: Ground) -> str:
    """The week of `bought_at`, from 0; weeks begin on the weekday of the first purchase."""
    return f"CAST(datediff('day', DATE '{ground.first.date()}', CAST(bought_at AS DATE)) // {WEEK_DAYS} AS BIGINT)"


def is_lost(ground: Ground) -> str:
    """Whether a line (is_web, store, sku_nth, week) finds its shelf empty; the online warehouse never runs out."""
    if not ground.dials.stock_outs:
        return "false"
    return f"(NOT is_web AND store IS NOT NULL AND {_is_out(ground, 'store', 'sku_nth', 'week')})"


def _is_out(ground: Ground, store: str, sku: str, week: str) -> str:
    return f"{uniform(ground.seed, 'stock-out', store, sku, week)} < {ground.dials.stock_outs}"


def write_stock(ground: Ground) -> int:
    """The contract table `stock`: a count when a SKU runs out, when it is back, and on the first day; how many rows.

    Needs the table `carried` (store_nth, sku_nth). Weeks begin on the weekday of the first purchase.
    """
    if not ground.dials.stock_outs:
        return 0
    weeks = (ground.last.date() - ground.first.date()).days // WEEK_DAYS + 1
    out = _is_out(ground, "store_nth", "sku_nth", "week")
    before = _is_out(ground, "store_nth", "sku_nth", "week - 1")
    units = f"1 + {below('40', ground.seed, 'on hand', 'store_nth', 'sku_nth', 'week')}"
    select = f"""
        WITH counted AS (
            SELECT store_nth, sku_nth, week, {out} AS is_out, week > 0 AND {before} AS was_out
            FROM carried CROSS JOIN (SELECT CAST(range AS BIGINT) AS week FROM range({weeks}))
            WHERE ({{}}) AND (week = 0 OR {out} OR {before})
        )
        SELECT 'store-chain' AS party, store_id, sku,
            CAST(DATE '{ground.first.date()}' + CAST(week * {WEEK_DAYS} AS INTEGER) AS TIMESTAMP) AS as_of,
            CASE WHEN is_out THEN 0.0 ELSE CAST({units} AS DOUBLE) END AS units
        FROM counted JOIN planted_stores USING (store_nth) JOIN real_skus USING (sku_nth)
        WHERE week = 0 OR is_out <> was_out ORDER BY store_nth, sku_nth, week
    """
    return sum(ground.write("stock", select.format(part), nth) for nth, part in enumerate(store_parts(ground)))
