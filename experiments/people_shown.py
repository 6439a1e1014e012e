"""What the demonstration shows of persons: one of them before and after resolution, and lists by channel and store."""

import http.client
import json
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from features.customers import resolution
from features.settings import Settings
from features.sql import literal, parquet
from features.warehouse import Warehouse
from training.demo_visitors import PATH, Visitor

SUBJECTS = (3, 4)
"""So many accounts and cards has whoever is shown: enough to tell, few enough to read."""
SHOWN = 3
STORES = 2


def history(settings: Settings, warehouse: Warehouse) -> Table:
    """A customer who shops in both channels: what each account and card knew, and what the customer now has.

    Whoever bought most under `SUBJECTS` accounts and cards, of both kinds. Empty where nobody is like that.
    """
    table = Table(title="One customer, before and after", title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in ("known as", "channel", "baskets", "SKUs", "first", "last"):
        table.add_column(name, justify="right" if name in {"baskets", "SKUs"} else "left")
    version = resolution(settings, warehouse)
    if version is None:
        return table
    with duckdb.connect() as connection:
        rows = connection.execute(_known_as(version / "customers.parquet", warehouse)).fetchall()
    for kind, channel, baskets, skus, first, last, _ in rows[:-1]:
        table.add_row(kind, channel, f"{baskets:,}", f"{skus:,}", f"{first:%d %b}", f"{last:%d %b}")
    if rows:
        _, channel, baskets, skus, first, last, _ = rows[-1]
        table.add_section()
        table.add_row(
            "one customer", channel, f"{baskets:,}", f"{skus:,}", f"{first:%d %b}", f"{last:%d %b}", style="bold"
        )
    return table


def _known_as(customers: Path, warehouse: Warehouse) -> str:
    least, most = SUBJECTS
    return f"""
        WITH subjects AS (SELECT subject, customer_id FROM {parquet(customers)}),
        lines AS (
            SELECT subjects.customer_id, subject, channel, basket_id, sku, bought_at
            FROM {parquet(warehouse.purchases)} AS bought JOIN subjects ON subject =
                CASE channel WHEN 'web' THEN 'account:' ELSE 'card:' END || party || ':' || bought.customer_id
        ),
        chosen AS (
            SELECT customer_id FROM lines GROUP BY customer_id
            HAVING count(DISTINCT subject) BETWEEN {least} AND {most} AND count(DISTINCT channel) = 2
                AND count(DISTINCT subject) FILTER (channel = 'web') >= 1
            ORDER BY count(DISTINCT basket_id) DESC, customer_id LIMIT 1
        ),
        mine AS (SELECT * FROM lines SEMI JOIN chosen USING (customer_id))
        SELECT split_part(subject, ':', 1) || ' ' || split_part(subject, ':', 3), channel, count(DISTINCT basket_id),
            count(DISTINCT sku), min(bought_at) AS first, max(bought_at), 0 AS nth FROM mine GROUP BY subject, channel
        UNION ALL
        SELECT 'all', string_agg(DISTINCT channel, ' + ' ORDER BY channel), count(DISTINCT basket_id),
            count(DISTINCT sku), min(bought_at), max(bought_at), 1 FROM mine HAVING count(*) > 0
        ORDER BY nth, first
    """


def placed(connection: http.client.HTTPConnection, visitor: Visitor, warehouse: Warehouse) -> Table:
    """The start page of one customer online and in the two stores where she shops most, as the service answers it."""
    stores = _stores(visitor, warehouse)
    contexts = [("online", {"channel": "web"})]
    contexts += [(f"in store {store}", {"channel": "store", "store_id": store}) for store in stores]
    title = f"The same customer, {visitor.customer_id}, by channel and store: what is new to her"
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name, _ in contexts:
        table.add_column(name, ratio=1)
    lists = [_names(connection, visitor, context) for _, context in contexts]
    for row in zip(*lists, strict=True):
        table.add_row(*(Text(name) for name in row))
    return table


def _stores(visitor: Visitor, warehouse: Warehouse) -> list[str]:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""SELECT store_id FROM {parquet(warehouse.purchases)} WHERE store_id IS NOT NULL
            GROUP BY store_id ORDER BY count(DISTINCT basket_id) FILTER (customer_id = {literal(visitor.customer_id)})
                DESC, count(DISTINCT basket_id) DESC, store_id LIMIT {STORES}"""
        ).fetchall()
    return [store for (store,) in found]


def _names(connection: http.client.HTTPConnection, visitor: Visitor, context: dict[str, str]) -> list[str]:
    """The first SHOWN names, padded."""
    body = {
        "placement": "home",
        "customer_id": visitor.customer_id,
        "context": context,
        "page_size": SHOWN,
        "new_only": True,
    }
    connection.request("POST", PATH, json.dumps(body).encode(), {"Content-Type": "application/json"})
    items = json.loads(connection.getresponse().read())["items"]
    names = [str(item["name"]) for item in items]
    return names + [""] * (SHOWN - len(names))
