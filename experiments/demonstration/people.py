"""What the demonstration shows of persons: one of them before and after resolution, and lists by channel and store."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from experiments.demonstration.visitors import PATH
from features.engine import session
from features.identity.customers import resolution
from features.settings import Settings
from features.sql import parquet
from features.warehouse.warehouse import Warehouse

SUBJECTS = (3, 4)
"""So many accounts and cards has whoever is shown: enough to tell, few enough to read."""
SHOWN = 4
ASKED, COMPARED = 40, 10
"""So many customers are asked for at each place, and so many SKUs of their lists compared."""

Items = list[tuple[str, str]]
"""SKU and name, best first."""


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
    with session() as connection:
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from."""

    name: str
    context: dict[str, str]


def placed(connection: http.client.HTTPConnection, purchases: Path, served: Path | None) -> tuple[Table, str]:
    """The start page's new SKUs online, in the home store and in another one: whose differ most, and how many differ.

    Asked are the customers with the most baskets in stores, as the service answers them. The other store is the
    largest that a customer was never in. `purchases` and `served` (who permits it; None: everybody) are those of the
    customers as the model knows them.
    """
    asked = _customers(purchases, served)
    lists = {
        customer: [_new(connection, customer, place.context) for place in _places(home, other)]
        for customer, home, other in asked
    }
    table = Table(title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    if not asked:
        return table, "Nobody who may be shown shops in a store: there are no lists to compare."
    customer, home, other = max(asked, key=lambda each: _differing(lists[each[0]]))
    table.title = Text(f"One customer, {customer}, by channel and store: what is new to them")
    for place in _places(home, other):
        table.add_column(place.name, ratio=1)
    for row in zip(*(items[:SHOWN] for items in lists[customer]), strict=False):
        table.add_row(*(Text(name) for _, name in row))
    return table, _told(list(lists.values()))


def _told(lists: Sequence[Sequence[Items]]) -> str:
    counts = [sum(_ids(each[0]) != _ids(each[nth]) for each in lists) for nth in (1, 2)]
    shared = [_shared(each[0], each[nth]) for each in lists for nth in (1, 2)]
    same = sum(shared) / len(shared)
    return (
        f"Of {len(lists)} customers {counts[0]} are shown another list of ten in their store than online, "
        f"{counts[1]} in a store that they were never in; {same:.0%} of the ten are the same."
    )


def _differing(lists: Sequence[Items]) -> int:
    """SKUs among the first that are shown which only one of the places has."""
    shown = [set(_ids(items[:SHOWN])) for items in lists]
    return len(set.union(*shown)) - len(set.intersection(*shown))


def _shared(one: Items, other: Items) -> float:
    return len(set(_ids(one)) & set(_ids(other))) / max(len(one), 1)


def _ids(items: Items) -> list[str]:
    return [sku for sku, _ in items]


def _places(home: str, other: str) -> tuple[Place, ...]:
    return (
        Place("online", {"channel": "web"}),
        Place(f"home store {home}", {"channel": "store", "store_id": home}),
        Place(f"store {other}", {"channel": "store", "store_id": other}),
    )


def _customers(purchases: Path, served: Path | None) -> list[tuple[str, str, str]]:
    """customer, home store, the largest store they were never in; most baskets first."""
    refused = (
        f"WHERE customer_id NOT IN (SELECT customer_id FROM {parquet(served)} WHERE NOT permits)" if served else ""
    )
    with session() as connection:
        return connection.execute(
            f"""WITH lines AS (FROM {parquet(purchases)} WHERE store_id IS NOT NULL),
            stores AS (SELECT store_id, count(DISTINCT basket_id) AS size FROM lines GROUP BY store_id),
            visits AS (SELECT customer_id, store_id, count(DISTINCT basket_id) AS baskets FROM lines
                       WHERE customer_id IS NOT NULL GROUP BY ALL),
            chosen AS (SELECT customer_id, arg_max(store_id, (baskets, store_id)) AS home, sum(baskets) AS baskets
                       FROM visits {refused} GROUP BY customer_id ORDER BY baskets DESC, customer_id LIMIT {ASKED})
            SELECT customer_id, home, arg_max(store_id, (size, store_id)) AS other
            FROM (FROM chosen CROSS JOIN stores) AS chosen ANTI JOIN visits USING (customer_id, store_id)
            GROUP BY customer_id, home, chosen.baskets ORDER BY chosen.baskets DESC, customer_id"""
        ).fetchall()


def _new(connection: http.client.HTTPConnection, customer: str, context: dict[str, str]) -> Items:
    """SKU and name of the first COMPARED that are new to the customer."""
    body = {
        "placement": "home",
        "customer_id": customer,
        "context": context,
        "page_size": COMPARED,
        "new_only": True,
    }
    connection.request("POST", PATH, json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    return [(str(item["item_id"]), str(item["name"])) for item in answer["items"]]
