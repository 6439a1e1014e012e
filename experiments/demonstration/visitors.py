"""Visitors of the demonstration: three people of the purchases, what they ask over HTTP, and what they are shown."""

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from features.clock import Cutoff
from features.engine import session
from features.errors import StateError
from features.sql import parquet

PATH = "/v1/recommendations"
SHOWN = 3
"""Items a list: enough to see what a placement is about."""

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who opens the shop; `customer_id` is None for somebody whom the purchases do not know.

    baskets       before the cutoff
    bought_later  SKUs that they bought in the days after the cutoff, which the model has not seen
    """

    who: str
    customer_id: str | None = None
    baskets: int = 0
    bought_later: Sequence[str] = ()

    @property
    def title(self) -> str:
        if self.customer_id is None:
            return f"{self.who}: no customer id"
        return f"{self.who}: customer {self.customer_id}, {self.baskets:,} basket{'s' * (self.baskets != 1)} so far"

    def request(self, placement: str, item_ids: tuple[str, ...] = ()) -> dict[str, Any]:
        """The body of one request."""
        person = {"customer_id": self.customer_id} if self.customer_id else {"visitor_id": "v-1"}
        context = {"channel": "web"} | ({"item_ids": list(item_ids)} if item_ids else {})
        return {"placement": placement, **person, "context": context, "page_size": SHOWN}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the service; `milliseconds` from sending the request to having the whole answer."""

    placement: str
    milliseconds: float
    items: tuple[dict[str, Any], ...]
    fallback: str


def visitors(purchases: Path, cutoff: Cutoff, days: float, served: Path | None = None) -> tuple[Visitor, ...]:
    """The heaviest buyer by baskets, the lightest, and a stranger.

    The two are taken among the customers who bought both before the cutoff and in the days after it (of
    all who bought before it, where nobody did both), so that what they are shown can be compared with
    what they bought. `served`, where given, has customer_id and permits: who does not permit it is not shown.
    """
    end = cutoff.plus_days(days)
    refused = f"AND customer_id NOT IN (SELECT customer_id FROM {parquet(served)} WHERE NOT permits)" if served else ""
    with session() as connection:
        rows = connection.execute(
            f"""SELECT customer_id, count(DISTINCT basket_id) FILTER (WHERE bought_at < $cutoff),
                coalesce(list(DISTINCT sku) FILTER (WHERE bought_at >= $cutoff), [])
                FROM {parquet(purchases)} WHERE customer_id IS NOT NULL AND bought_at < $end {refused}
                GROUP BY customer_id HAVING min(bought_at) < $cutoff ORDER BY 2, 1""",
            {"cutoff": cutoff.at, "end": end.at},
        ).fetchall()
    rows = [row for row in rows if row[2]] or rows
    if not rows:
        raise StateError(f"No purchase before {cutoff} names its customer: there is nobody to recommend to.")
    return (
        Visitor("The heaviest buyer", *rows[-1]),
        Visitor("The lightest buyer", *rows[0]),
        Visitor("A stranger"),
    )


def connect(host: str, port: int) -> http.client.HTTPConnection:
    """A connection to a service that has a model loaded. Raises StateError where it has none within a minute."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    until = time.monotonic() + READY_SECONDS
    while _exchange(connection, "GET", "/readyz", None)[0] != http.HTTPStatus.OK:
        if time.monotonic() > until:
            raise StateError(f"The service on http://{host}:{port} has no model to answer with; its log says why.")
        time.sleep(0.2)
    return connection


def visit(connection: http.client.HTTPConnection, visitor: Visitor) -> Iterator[Reply]:
    """The start page, what to buy again, and the page of the first item that the start page showed."""
    home = _ask(connection, visitor.request("home"))
    yield home
    yield _ask(connection, visitor.request("buy-again"))
    if home.items:
        yield _ask(connection, visitor.request("pdp-similar", (home.items[0]["item_id"],)))


def shown(visitor: Visitor, replies: tuple[Reply, ...], days: float) -> Table:
    """What a visitor was shown and why; ✓ where they bought it in the days that the model had not seen."""
    table = Table(title=Text(_title(visitor, replies)), title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("placement", no_wrap=True)
    table.add_column("item", ratio=5)
    table.add_column("why", ratio=5)
    if visitor.customer_id:
        table.add_column(f"next {days:g} days", justify="center", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    for reply in replies:
        for nth, item in enumerate(reply.items):
            placement, milliseconds = (reply.placement, f"{reply.milliseconds:.1f}") if nth == 0 else ("", "")
            later = ("✓" if item["item_id"] in visitor.bought_later else "",) if visitor.customer_id else ()
            why = item["reasons"][0]["text"] if item["reasons"] else ""
            is_last = nth == len(reply.items) - 1
            table.add_row(placement, Text(item["name"]), Text(why), *later, milliseconds, end_section=is_last)
    return table


def _title(visitor: Visitor, replies: tuple[Reply, ...]) -> str:
    """Who it is, and how the lists fell back where they are less personal than asked."""
    fallbacks = dict.fromkeys(reply.fallback for reply in replies if reply.fallback != "none")
    return visitor.title + (f" (fallback: {', '.join(fallbacks)})" if fallbacks else "")


def _ask(connection: http.client.HTTPConnection, body: dict[str, Any]) -> Reply:
    sent = time.perf_counter()
    status, answer = _exchange(connection, "POST", PATH, json.dumps(body).encode())
    milliseconds = (time.perf_counter() - sent) * 1e3
    if status != http.HTTPStatus.OK:
        raise StateError(
            f"The service answered {status} to {json.dumps(body)}: {answer[:300].decode(errors='replace')}"
        )
    read = json.loads(answer)
    return Reply(body["placement"], milliseconds, tuple(read["items"]), read["fallback"])


def _exchange(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.status, response.read()
