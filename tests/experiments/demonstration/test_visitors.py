"""Who visits the demonstration, what they ask, and how their answers are shown."""

import io
import json
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pandas as pd
import pytest
from rich.console import Console

from experiments.demonstration.visitors import Reply, Visitor, connect, shown, visit, visitors
from features.clock import Cutoff
from features.errors import StateError

CUTOFF = Cutoff(datetime(2025, 3, 1))
BEFORE, AFTER, TOO_LATE = (CUTOFF.at + timedelta(days=days) for days in (-1, 0, 7))


def purchases(tmp_path, *lines):
    """customer, basket, SKU, instant."""
    table = pd.DataFrame(lines, columns=["customer_id", "basket_id", "sku", "bought_at"])
    path = tmp_path / "purchases.parquet"
    table.astype({"customer_id": "str"}).to_parquet(path, index=False)
    return path


class TestWhoVisits:
    def test_the_heaviest_and_the_lightest_of_those_who_came_back(self, tmp_path):
        path = purchases(
            tmp_path,
            *(("often", f"b{n}", "milk", BEFORE) for n in range(3)),
            ("often", "b9", "bread", AFTER),
            ("often", "b9", "eggs", AFTER),
            ("once", "c1", "milk", BEFORE),
            ("once", "c1", "bread", BEFORE),
            ("once", "c2", "milk", AFTER),
            *(("gone", f"d{n}", "milk", BEFORE) for n in range(9)),
            ("gone", "d9", "milk", TOO_LATE),
            ("new", "e1", "milk", AFTER),
            (None, "f1", "milk", BEFORE),
        )
        heavy, light, stranger = visitors(path, CUTOFF, 7)
        assert (heavy.customer_id, heavy.baskets, sorted(heavy.bought_later)) == ("often", 3, ["bread", "eggs"])
        assert (light.customer_id, light.baskets, sorted(light.bought_later)) == ("once", 1, ["milk"])
        assert (stranger.customer_id, stranger.baskets, list(stranger.bought_later)) == (None, 0, [])

    def test_where_nobody_came_back_all_who_bought_before_are_looked_at(self, tmp_path):
        path = purchases(
            tmp_path, ("a", "b1", "milk", BEFORE), ("b", "b2", "milk", BEFORE), ("b", "b3", "milk", BEFORE)
        )
        heavy, light, _ = visitors(path, CUTOFF, 7)
        assert (heavy.customer_id, light.customer_id) == ("b", "a")
        assert list(heavy.bought_later) == []

    def test_purchases_without_customers_are_told(self, tmp_path):
        with pytest.raises(StateError, match="nobody to recommend to"):
            visitors(purchases(tmp_path, (None, "b1", "milk", BEFORE)), CUTOFF, 7)


def test_requests_say_who_where_and_how_many():
    assert Visitor("A heavy buyer", "c-1", 3).request("home") == {
        "placement": "home",
        "customer_id": "c-1",
        "context": {"channel": "web"},
        "page_size": 3,
    }
    stranger = Visitor("A stranger").request("pdp-similar", ("milk",))
    assert "customer_id" not in stranger
    assert stranger["visitor_id"]
    assert stranger["context"]["item_ids"] == ["milk"]


@pytest.mark.parametrize(
    ("visitor", "title"),
    [
        (Visitor("A heavy buyer", "c-1", 1234), "A heavy buyer: customer c-1, 1,234 baskets so far"),
        (Visitor("A light buyer", "c-2", 1), "A light buyer: customer c-2, 1 basket so far"),
        (Visitor("A stranger"), "A stranger: no customer id"),
    ],
)
def test_titles(visitor, title):
    assert visitor.title == title


def item(sku, name, *reasons):
    return {"item_id": sku, "name": name, "reasons": [{"text": reason} for reason in reasons]}


def printed(table):
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    return console.file.getvalue().splitlines()


def cells(line):
    return " ".join(line.split())


def test_answers_are_shown_with_reasons_times_and_what_was_bought():
    replies = (
        Reply("home", 4.26, (item("milk", "Milk [1 l]", "You bought this 3 times", "second"), item("x", "X")), "none"),
        Reply("buy-again", 3.0, (item("bread", "Bread", "Due"),), "thin_history"),
    )
    title, _, header, _, milk, without_reason, _, bread, *_ = printed(
        shown(Visitor("Heavy", "c-1", 3, ("milk",)), replies, 7)
    )
    assert title.strip() == "Heavy: customer c-1, 3 baskets so far (fallback: thin_history)"
    assert cells(header) == "placement item why next 7 days ms"
    assert cells(milk) == "home Milk [1 l] You bought this 3 times ✓ 4.3"
    assert cells(without_reason) == "X"
    assert cells(bread) == "buy-again Bread Due 3.0"


def test_of_a_stranger_nothing_is_known_later():
    header = printed(shown(Visitor("A stranger"), (Reply("home", 4.0, (item("milk", "Milk"),), "none"),), 7))[2]
    assert cells(header) == "placement item why ms"


class Answers(BaseHTTPRequestHandler):
    """A service that is ready at the second look, answers `home` with what it is told to, and refuses the rest."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.looks += 1
        self._answer(200 if self.server.looks > 1 else 503, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        placements = {"home": [item("milk", "Milk")], "buy-again": [], "pdp-similar": [item("oat", "Oat milk")]}
        if body.get("customer_id") == "refused":
            self._answer(422, {"detail": "not this one"})
        else:
            self._answer(200, {"items": placements[body["placement"]], "fallback": "none"})

    def _answer(self, status, body):
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Tests print nothing."""


@pytest.fixture
def answering():
    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.looks, server.bodies = 0, []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_visit_is_the_start_page_what_is_due_and_the_page_of_the_first_item(answering):
    connection = connect("127.0.0.1", answering.server_port)
    assert answering.looks == 2  # it waited until a model was loaded
    home, again, similar = visit(connection, Visitor("Heavy", "c-1", 3))
    connection.close()
    assert [reply.placement for reply in (home, again, similar)] == ["home", "buy-again", "pdp-similar"]
    assert answering.bodies[2]["context"]["item_ids"] == ["milk"]
    assert (home.items[0]["name"], again.items, similar.items[0]["name"]) == ("Milk", (), "Oat milk")
    assert home.milliseconds > 0


def test_a_refused_request_is_told_with_what_the_service_said(answering):
    connection = connect("127.0.0.1", answering.server_port)
    with pytest.raises(StateError, match=r"answered 422 to .*refused.*not this one"):
        list(visit(connection, Visitor("Heavy", "refused", 3)))
    connection.close()
