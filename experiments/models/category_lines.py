"""The purchases, SKUs and promotions of one category, as choice and price models need them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from features.engine import Session
from features.errors import DataError
from features.past import Past

WEEK_SECONDS = 7 * 86_400
NO_WORD = "not told"
"""Stands where a SKU has no brand, size or subcategory."""

_SIZE = r",\s*((?:\d|gal)[^,]*)(?:,|$)"
"""A size in a SKU's name: the part between commas that begins with a number, such as `6 oz` or `4 pk/7 oz`."""


@dataclass(frozen=True, slots=True, eq=False)
class CategoryLines:
    """One category in weeks numbered from 1.

    lines       customer_id, basket_id, store_id, sku, bought_at, week, units, unit_price (what was paid for a unit):
                a row a line of a household that is known, with units and a price above 0, sorted by instant
    promotions  sku, store_id, week, display, mailer (codes, null where not)
    skus        index sku: brand, size, subcategory; text, NO_WORD where it is not told
    stores      all stores, the one with most households before `stores_before` first (ties by store_id)
    """

    lines: pd.DataFrame
    promotions: pd.DataFrame
    skus: pd.DataFrame
    stores: pd.Index


def read(
    past: Past, department: str, categories: Iterable[str], weeks_from: datetime, stores_before: int
) -> dict[str, CategoryLines]:
    """The named categories of a department; week 1 begins at `weeks_from` (UTC).

    Raises DataError for a category of which nothing was bought.
    """
    with past.session() as engine:
        named = [*categories]
        engine.execute(_MEMBERS, [department, named])
        engine.execute("CREATE TEMP TABLE promoted AS SELECT * FROM promotions SEMI JOIN members USING (sku)")
        stores = pd.Index(engine.execute(_STORES, [weeks_from, stores_before]).df()["store_id"])
        return {name: _category(engine, department, name, weeks_from, stores) for name in named}


def _category(engine: Session, department: str, category: str, weeks_from: datetime, stores: pd.Index) -> CategoryLines:
    lines = engine.execute(_LINES, [weeks_from, department, category]).df()
    if lines.empty:
        raise DataError(
            f"purchases: no priced line of a known customer is in the category {category!r} of {department!r}. "
            "Next: name a department and categories as the table skus spells them."
        )
    promotions = engine.execute(_PROMOTIONS, [weeks_from, department, category]).df()
    skus = engine.execute(_SKUS, [department, category]).df().set_index("sku")
    return CategoryLines(lines, promotions, _described(skus), stores)


def _described(skus: pd.DataFrame) -> pd.DataFrame:
    size = skus["pack"].fillna(skus["name"].str.extract(_SIZE, expand=False))
    told = pd.DataFrame({"brand": skus["brand"], "size": size, "subcategory": skus["subcategory"]})
    return told.fillna(NO_WORD).astype(str)


_WEEK = f"CAST(floor((epoch({{instant}}) - epoch(?::TIMESTAMP)) / {WEEK_SECONDS}) AS INTEGER) + 1"

_LINES = f"""
SELECT customer_id, basket_id, store_id, sku, bought_at, {_WEEK.format(instant="bought_at")} AS week,
       units, CAST(paid AS DOUBLE) / units AS unit_price
FROM purchases JOIN skus USING (sku)
WHERE department = ? AND category = ? AND units > 0 AND paid > 0 AND customer_id IS NOT NULL AND store_id IS NOT NULL
ORDER BY bought_at, basket_id, sku, line
"""

_PROMOTIONS = f"""
SELECT sku, store_id, display, mailer,
       CAST(round((epoch("from") - epoch(?::TIMESTAMP)) / {WEEK_SECONDS}) AS INTEGER) + 1 AS week
FROM promoted JOIN skus USING (sku)
WHERE department = ? AND category = ?
ORDER BY store_id, week, sku, display, mailer
"""
"""A promotion belongs to the week whose start is nearest to its own: clocks change in spring and autumn."""

_MEMBERS = "CREATE TEMP TABLE members AS SELECT sku FROM skus WHERE department = ? AND list_contains(?, category)"

_SKUS = "SELECT sku, name, brand, pack, subcategory FROM skus WHERE department = ? AND category = ? ORDER BY sku"

_STORES = f"""
SELECT store_id FROM purchases
WHERE store_id IS NOT NULL AND {_WEEK.format(instant="bought_at")} < ?
GROUP BY store_id ORDER BY count(DISTINCT customer_id) DESC, store_id
"""
