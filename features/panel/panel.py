"""The panel: what every store sold of every SKU in every week, and what it could have sold, as of a cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from duckdb import DuckDBPyConnection

from features.clock import Cutoff
from features.errors import DataError
from features.panel.shelf import events, listings, offers, stocked
from features.panel.weeks import start_of, week_of
from features.past import Past
from features.sql import count, literal

COLUMNS = (
    "store_id",
    "sku",
    "week",
    "units",
    "available_share",
    "price",
    "list_price",
    "display",
    "mailer",
    "is_listed",
    "event",
)
HISTORY_WEEKS = 106
"""Two years and the edges of a year's week: what seasons can be learned from."""
_OF_STORES, _OF_SOME_STORES = ("purchases", "stock", "listings"), ("prices", "promotions")
"""Tables whose rows are each of one store, and those whose rows may be of every store (null)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Weeks of a panel: `first` (negative) to `after` (not included; 0 without a plan)."""

    cutoff: Cutoff
    first: int
    after: int


def panel(
    past: Past,
    *,
    category: str | None = None,
    skus: Sequence[str] | None = None,
    stores: Sequence[str] | None = None,
    plan_weeks: int = 0,
    history_weeks: int = HISTORY_WEEKS,
) -> pd.DataFrame:
    """One row per store, SKU and week in which the store may have sold the SKU; sorted by the three.

    store_id, sku     categoricals
    week              first instant of the week (UTC, datetime64[us]); weeks end at the cutoff, partial ones are left
                      out
    units             sold or handed over in the store, less what came back of it; float32, NaN in a plan
    available_share   share of the week with stock on hand, by the counts; NaN where nobody counted
    price             currency units per unit: paid on average, where sold; else the shelf price less promotions; else
                      what the SKU cost elsewhere that week; else its last price; NaN where not known. In a plan:
                      what prices and promotions say, NaN where they are silent
    list_price        the same before discounts
    display, mailer   share of the week in which it was on display, in the mailer
    is_listed         whether the store carried it; without listings of a store, from the first sale on; listings that
                      are only announced say nothing of the weeks before
    event             name (else id) of the calendar's event with the largest part of the week, null without one

    A pair of store and SKU begins with its first listing or sale. Sales over the web count for the store that hands
    over; those without a store are not in the panel. A store that neither sold nor lists any of the SKUs has no row.
    Tables that were not brought leave their columns unknown (`display` and `mailer`: 0). With `plan_weeks`, rows of
    the weeks from the cutoff on say what promotions, prices, listings and the calendar announce.

    Raises DataError where the category is not known, or nothing of it was sold or listed before the cutoff.
    """
    with past.planned(7 * plan_weeks).session() as connection:
        _cut(connection, _chosen(connection, category, skus), stores)
        _sold(connection, past.cutoff)
        span = Span(past.cutoff, max(_first_week(connection, past.cutoff), -history_weeks), plan_weeks)
        for make in (listings, stocked, offers, events):
            make(connection, span.cutoff, span.first, span.after)
        _refuse_nothing(connection, span, category, skus)
        connection.execute(_grid(span)).fetchall()
        return _frame(connection, span)


def _chosen(connection: DuckDBPyConnection, category: str | None, skus: Sequence[str] | None) -> str:
    """SQL: the SKUs asked for, by a category at any level of its path, by name, or both."""
    if category is None and skus is None:
        raise DataError("A panel needs a category or a list of SKUs. Next: name one.")
    parts = []
    if category is not None:
        if not count(connection, "skus"):
            raise DataError("There is no table skus, so no category is known. Next: bring skus, or name SKUs instead.")
        levels = " OR ".join(f"{level} = {literal(category)}" for level in ("department", "category", "subcategory"))
        parts.append(f"SELECT sku FROM skus WHERE {levels}")
    if skus is not None:
        named = ", ".join(f"({literal(sku)})" for sku in skus)
        parts.append(f"SELECT sku FROM (VALUES {named}) AS named (sku)" if skus else "SELECT '' AS sku WHERE false")
    return " INTERSECT ".join(parts)


def _cut(connection: DuckDBPyConnection, chosen: str, stores: Sequence[str] | None) -> None:
    """Makes a view `demand_<table>` of what a panel reads of a table: the SKUs and stores asked for."""
    connection.execute(f"CREATE TEMP TABLE demand_skus AS SELECT DISTINCT sku FROM ({chosen})").fetchall()
    wanted = "" if stores is None else f" AND store_id IN ({', '.join(literal(one) for one in stores) or 'NULL'})"
    any_store = "" if stores is None else wanted.replace("AND ", "AND (store_id IS NULL OR ") + ")"
    for names, where in ((_OF_STORES, wanted), (_OF_SOME_STORES, any_store)):
        for name in names:
            select = f"SELECT * FROM {name} WHERE sku IN (SELECT sku FROM demand_skus){where}"
            connection.execute(f"CREATE TEMP VIEW demand_{name} AS {select}").fetchall()


def _sold(connection: DuckDBPyConnection, cutoff: Cutoff) -> None:
    """The table `demand_sold`: store_id, sku, nth (the week), units, price and list_price of units sold."""
    connection.execute(f"""
        CREATE TEMP TABLE demand_sold AS
        SELECT store_id, sku, {week_of("bought_at", cutoff)} AS nth, sum(units) AS units,
            sum(CAST(paid AS DOUBLE)) / nullif(sum(units) FILTER (paid IS NOT NULL), 0) AS price,
            sum(CAST(list_price AS DOUBLE) * units) / nullif(sum(units) FILTER (list_price IS NOT NULL), 0)
                AS list_price
        FROM demand_purchases WHERE store_id IS NOT NULL AND units > 0
        GROUP BY ALL
    """).fetchall()


def _first_week(connection: DuckDBPyConnection, cutoff: Cutoff) -> int:
    """The first week that lies whole within the history, at most −1."""
    week = week_of("min(bought_at)", cutoff)
    ((first, is_whole),) = connection.execute(f"""
        SELECT {week}, min(bought_at) < {start_of(week, cutoff)} + INTERVAL 1 DAY FROM purchases
    """).fetchall()
    # a history rarely begins at the very instant of a week: a first day that is not whole is no defect
    return -1 if first is None else min(int(first) + (0 if is_whole else 1), -1)


def _refuse_nothing(
    connection: DuckDBPyConnection, span: Span, category: str | None, skus: Sequence[str] | None
) -> None:
    what = f"the category {category!r}" if category is not None else f"{len(skus or ())} SKUs"
    ((known,),) = connection.execute("SELECT count(*) FROM demand_skus").fetchall()
    if not known:
        raise DataError(
            f"skus.category_path: no SKU belongs to {what}. Next: name a department, category or subcategory as it "
            "stands in skus, with the same capitals."
        )
    ((pairs,),) = connection.execute(f"""
        SELECT count(*) FROM (SELECT store_id FROM demand_sold WHERE nth BETWEEN {span.first} AND -1
        UNION ALL SELECT store_id FROM demand_carried WHERE nth < 0)
    """).fetchall()
    if not pairs:
        raise DataError(
            f"purchases: none of the {known:,} SKUs of {what} was sold in the stores asked for in whole weeks before "
            f"{span.cutoff}, and listings name none. Next: choose a later cutoff, other stores or another category."
        )


def _grid(span: Span) -> str:
    """The table `demand_grid`: store_id, sku, nth for every week from a pair's first listing or sale on."""
    return f"""
        CREATE TEMP TABLE demand_grid AS
        WITH begun AS (
            SELECT store_id, sku, min(nth) AS first FROM (
                SELECT store_id, sku, nth FROM demand_sold WHERE nth >= {span.first}
                UNION ALL SELECT store_id, sku, nth FROM demand_carried
            ) GROUP BY ALL
        )
        SELECT store_id, sku, unnest(range(first, {span.after})) AS nth FROM begun
    """


def _rows() -> str:
    """SQL: the panel from the grid and the tables of weeks."""
    return """
        WITH met AS (
            SELECT grid.*, sold.units, stocked.share AS available, sold.price AS paid, sold.list_price AS listed,
                coalesce(shelf.price, every_shelf.price) AS shelf_price,
                coalesce(own.priced_share, every.priced_share, 0) AS promoted_share,
                coalesce(own.price, every.price) AS promoted_price, coalesce(own.depth, every.depth, 0) AS depth,
                least(coalesce(own.display, 0) + coalesce(every.display, 0), 1) AS display,
                least(coalesce(own.mailer, 0) + coalesce(every.mailer, 0), 1) AS mailer,
                sold.units IS NOT NULL OR coalesce(carried.share, CASE WHEN brought.store_id IS NULL
                    OR brought.since >= 0 AND grid.nth < 0 THEN 1 ELSE 0 END) >= 0.5 AS is_listed,
                coalesce(own_events.event, every_event.event) AS event
            FROM demand_grid AS grid
            LEFT JOIN demand_sold AS sold USING (store_id, sku, nth)
            LEFT JOIN demand_stocked AS stocked USING (store_id, sku, nth)
            LEFT JOIN demand_carried AS carried USING (store_id, sku, nth)
            LEFT JOIN (SELECT store_id, min(nth) AS since FROM demand_carried GROUP BY ALL) AS brought USING (store_id)
            LEFT JOIN (FROM demand_shelf WHERE store_id IS NOT NULL) AS shelf USING (store_id, sku, nth)
            LEFT JOIN (FROM demand_shelf WHERE store_id IS NULL) AS every_shelf USING (sku, nth)
            LEFT JOIN (FROM demand_promoted WHERE store_id IS NOT NULL) AS own USING (store_id, sku, nth)
            LEFT JOIN (FROM demand_promoted WHERE store_id IS NULL) AS every USING (sku, nth)
            LEFT JOIN (FROM demand_events WHERE store_id IS NOT NULL) AS own_events USING (store_id, nth)
            LEFT JOIN (FROM demand_events WHERE store_id IS NULL) AS every_event USING (nth)
        ), offered AS (
            SELECT *, coalesce(promoted_price, shelf_price * (1 - depth)) AS promotion,
                avg(paid) OVER elsewhere AS paid_elsewhere, avg(listed) OVER elsewhere AS listed_elsewhere
            FROM met WINDOW elsewhere AS (PARTITION BY sku, nth)
        ), seen AS (
            SELECT *, coalesce(shelf_price, listed, listed_elsewhere) AS seen_list_price, coalesce(paid,
                coalesce(shelf_price, CASE WHEN promoted_share >= 0.5 THEN promotion END) * (1 - promoted_share)
                + coalesce(promotion * promoted_share, 0), paid_elsewhere) AS seen_price
            FROM offered
        )
        SELECT store_id, sku, nth, CASE WHEN nth < 0 THEN coalesce(units, 0) END AS units,
            CASE WHEN nth < 0 THEN available END AS available_share,
            CASE WHEN nth < 0 THEN last_value(seen_price IGNORE NULLS) OVER so_far ELSE seen_price END AS price,
            CASE WHEN nth < 0 THEN last_value(seen_list_price IGNORE NULLS) OVER so_far ELSE seen_list_price END
                AS list_price,
            display, mailer, is_listed, event
        FROM seen WINDOW so_far AS (PARTITION BY store_id, sku ORDER BY nth)
    """


def _frame(connection: DuckDBPyConnection, span: Span) -> pd.DataFrame:
    """The panel with small columns: texts as codes, numbers as float32."""
    levels = {
        name: [value for (value,) in connection.execute(f"SELECT DISTINCT {name} FROM {table} ORDER BY 1").fetchall()]
        for name, table in (
            ("store_id", "demand_grid"),
            ("sku", "demand_grid"),
            ("event", "demand_events WHERE event IS NOT NULL"),
        )
    }
    for name, values in levels.items():
        codes = pd.DataFrame({name: pd.Series(values, dtype=object), "code": range(len(values))})
        connection.register("demand_codes", codes)
        connection.execute(f"CREATE TEMP TABLE demand_codes_of_{name} AS FROM demand_codes").fetchall()
        connection.unregister("demand_codes")
    numbers = ("units", "available_share", "price", "list_price", "display", "mailer")
    rows = connection.execute(f"""
        SELECT stores.code::INTEGER AS store_id, skus.code::INTEGER AS sku, {start_of("nth", span.cutoff)} AS week,
            {", ".join(f"{name}::FLOAT AS {name}" for name in numbers)}, is_listed,
            coalesce(events.code, -1)::INTEGER AS event
        FROM ({_rows()}) AS rows
        JOIN demand_codes_of_store_id AS stores ON stores.store_id = rows.store_id
        JOIN demand_codes_of_sku AS skus ON skus.sku = rows.sku
        LEFT JOIN demand_codes_of_event AS events ON events.event = rows.event
        ORDER BY 1, 2, 3
    """).df()
    for name, values in levels.items():
        rows[name] = pd.Categorical.from_codes(rows[name], categories=pd.Index(values, dtype=object))
    return rows
