"""What stood on the shelf in each week, at which price and on which occasion: tables of weeks from tables of intervals.

Each function makes one temporary table of the session from the views `demand_<table>`; `nth` numbers the weeks.
Intervals that began before the cutoff are known; with a plan, so are those that begin in its weeks.
"""

from duckdb import DuckDBPyConnection

from features.clock import Cutoff
from features.panel.weeks import share_of_week, start_of, weeks_between

_IN_STORES = "(channel IS NULL OR channel = 'store')"


def _within(begins: str, ends: str, cutoff: Cutoff, first: int, after: int) -> tuple[str, str]:
    """SQL: an interval cut to the weeks of the panel; an open end is further notice."""
    opening, closing = start_of(str(first), cutoff), start_of(str(after), cutoff)
    return f"greatest({begins}, {opening})", f"least(coalesce({ends}, {closing}), {closing})"


def _weekly(table: str, keep: str, cutoff: Cutoff, first: int, after: int) -> str:
    """SQL: each row of an interval table once a week that it touches, with its `share` of the week."""
    begins, ends = _within('"from"', '"to"', cutoff, first, after)
    return f"""
        SELECT *, {share_of_week("begins", "ends", "nth", cutoff)} AS share FROM (
            SELECT *, {weeks_between("begins", "ends", cutoff)} AS nth FROM (
                SELECT *, {begins} AS begins, {ends} AS ends FROM {table} WHERE {keep}
            ) WHERE ends > begins
        )
    """


def listings(connection: DuckDBPyConnection, cutoff: Cutoff, first: int, after: int) -> None:
    """`demand_carried`: store_id, sku, nth, share of the week in which the store carried it."""
    connection.execute(f"""
        CREATE TEMP TABLE demand_carried AS
        SELECT store_id, sku, nth, least(sum(share), 1) AS share
        FROM ({_weekly("demand_listings", "true", cutoff, first, after)}) GROUP BY ALL
    """).fetchall()


def stocked(connection: DuckDBPyConnection, cutoff: Cutoff, first: int, _after: int) -> None:
    """`demand_stocked`: store_id, sku, nth, share of the counted part of the week with units on hand.

    A count holds until the next one, the last one until the cutoff; before the first one nothing is known.
    """
    counted = """
        (SELECT store_id, sku, units > 0 AS is_on_hand, as_of AS "from",
            lead(as_of) OVER (PARTITION BY party, store_id, sku ORDER BY as_of) AS "to"
        FROM demand_stock)
    """
    connection.execute(f"""
        CREATE TEMP TABLE demand_stocked AS
        SELECT store_id, sku, nth, coalesce(sum(share) FILTER (is_on_hand), 0) / sum(share) AS share
        FROM ({_weekly(counted, "true", cutoff, first, 0)}) WHERE share > 0 GROUP BY ALL
    """).fetchall()


def offers(connection: DuckDBPyConnection, cutoff: Cutoff, first: int, after: int) -> None:
    """`demand_shelf` and `demand_promoted`: prices and promotions by store (null: every one), SKU and week.

    demand_shelf     price: the mean over the week, currency units per unit
    demand_promoted  share of the week with a price or depth of its own, mean price and depth of that part, and the
                     shares of the week on display and in the mailer
    """
    connection.execute(f"""
        CREATE TEMP TABLE demand_shelf AS
        SELECT store_id, sku, nth, sum(CAST(price AS DOUBLE) * share) / sum(share) AS price
        FROM ({_weekly("demand_prices", _IN_STORES, cutoff, first, after)}) WHERE share > 0 GROUP BY ALL
    """).fetchall()
    has_price = "price IS NOT NULL OR depth IS NOT NULL"
    connection.execute(f"""
        CREATE TEMP TABLE demand_promoted AS
        SELECT store_id, sku, nth, least(sum(share) FILTER ({has_price}), 1) AS priced_share,
            sum(CAST(price AS DOUBLE) * share) / sum(share) FILTER (price IS NOT NULL) AS price,
            sum(depth * share) / sum(share) FILTER (depth IS NOT NULL) AS depth,
            least(coalesce(sum(share) FILTER (display IS NOT NULL), 0), 1) AS display,
            least(coalesce(sum(share) FILTER (mailer IS NOT NULL), 0), 1) AS mailer
        FROM ({_weekly("demand_promotions", _IN_STORES, cutoff, first, after)}) WHERE share > 0 GROUP BY ALL
    """).fetchall()


def events(connection: DuckDBPyConnection, cutoff: Cutoff, first: int, after: int) -> None:
    """`demand_events`: store_id (null: every store), nth, event: the one with the largest part of the week."""
    connection.execute(f"""
        CREATE TEMP TABLE demand_events AS
        SELECT store_id, nth, max_by(event, (share, event)) AS event FROM (
            SELECT stores.store_id, nth, coalesce(weekly.name, event_id) AS event, sum(share) AS share
            FROM ({_weekly("calendar", _IN_STORES, cutoff, first, after)}) AS weekly
            LEFT JOIN stores ON stores.store_group = weekly.store_group
            WHERE weekly.store_group IS NULL OR stores.store_id IS NOT NULL
            GROUP BY ALL
        ) WHERE share > 0 GROUP BY ALL
    """).fetchall()
