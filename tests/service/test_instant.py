"""Answers are made for the instant of the request: between two trainings, days pass and things become due."""

import asyncio
from types import SimpleNamespace

import httpx
import numpy as np
import pytest

from features.settings import Settings
from serving.app import web_app, web_routes
from serving.recommender.placements.buy_again import DUE
from serving.storefront import routes
from serving.storefront.champion import ChampionHolder, load_champion
from serving.storefront.payloads import RecommendationRequest
from serving.storefront.queue import AnswerQueue
from serving.storefront.storefront import Storefront
from serving.storefront.telemetry import Telemetry
from tests.helpers.served import point_at
from tests.helpers.tiny_bundle import CUTOFF, write_bundle

DAY_NS = 86_400 * 10**9


@pytest.fixture(scope="module")
def app(tmp_path_factory, facts):
    """The whole application with a loaded champion, in this process."""
    work = tmp_path_factory.mktemp("work")
    write_bundle(facts, work / "serving" / "cache" / "1", "1")
    point_at(work, "1")
    holder = ChampionHolder(work / "serving" / "champion.json", load_champion)
    assert holder.refresh(0.0) == "loaded"
    telemetry = Telemetry()
    storefront = Storefront(holder, AnswerQueue(4), telemetry)
    return web_app(web_routes(holder, storefront, telemetry, Settings(work=work)))


@pytest.fixture
def again(app, monkeypatch):
    """What a customer is told to buy again, so many days after the cutoff, as the clock of the entry point has it."""

    def ask(customer, days):
        now_ns = int((CUTOFF.days + days) * DAY_NS)
        monkeypatch.setattr(routes, "time", SimpleNamespace(time_ns=lambda: now_ns))
        body = {"placement": "buy-again", "customer_id": customer, "page_size": 100}

        async def scenario():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
                return await client.post("/v1/recommendations", json=body)

        answer = asyncio.run(scenario())
        assert answer.status_code == 200
        return [item["item_id"] for item in answer.json()["items"]]

    return ask


def due_of(facts, customer, days):
    """The customer's SKUs that half of their usual interval (four weeks at most) has passed for, and the others."""
    history = facts.pairs["customer_sku"]
    due, rest = set(), set()
    for row in range(*history.starts[customer : customer + 2]):
        usual = min(history.columns["interval_days"][row], 28.0)
        is_due = history.columns["days_since"][row] + days >= DUE * usual
        (due if is_due else rest).add(facts.skus.text(int(history.keys[row])))
    return due, rest


def test_what_is_not_due_today_is_due_ten_days_later(facts, again):
    facts, became_due = facts.facts, 0
    for code in np.arange(0, len(facts.customers), 4):
        customer = facts.customers.text(int(code))
        for days in (0, 10):
            due, rest = due_of(facts, code, days)
            shown = again(customer, days)
            assert set(shown[: len(due)]) == due
            assert set(shown[len(due) : len(due) + len(rest)]) == rest
        became_due += len(due - due_of(facts, code, 0)[0])
    assert became_due > 10


def test_a_bundle_older_than_four_weeks_answers_as_if_it_were_four_weeks_old(facts, again):
    customer = facts.facts.customers.text(0)
    assert again(customer, 28) == again(customer, 400)
    assert again(customer, -3) == again(customer, 0)


def test_a_service_of_data_that_end_in_the_past_may_be_told_the_instant():
    """Its answers are those of that instant, whatever the clock says."""
    seen = []

    class Recommender:
        def recommend(self, query):
            seen.append(query.at_days)
            raise StopIteration

    champion = SimpleNamespace(current=SimpleNamespace(version="1", recommender=Recommender()))
    for as_of, expected in (("2025-03-01T12:00:00", 20_148.5), ("", 7.0)):
        storefront = Storefront(champion, AnswerQueue(1), None, as_of=as_of)
        with pytest.raises((StopIteration, RuntimeError)):
            asyncio.run(storefront.recommend(RecommendationRequest(placement="home"), 7 * DAY_NS))
        assert seen[-1] == expected
