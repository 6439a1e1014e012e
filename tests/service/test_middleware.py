"""What happens between the socket and the recommender when things go wrong, with faults planted behind it."""

import asyncio
import logging
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from features.settings import Settings
from serving.app import web_app, web_routes
from serving.storefront.queue import AnswerQueue
from serving.storefront.storefront import Storefront
from serving.storefront.telemetry import Telemetry
from serving.web import bodies
from serving.web.middleware import MAX_BODY_BYTES, RequestMiddleware
from tests.helpers.recommenders import CountingRecommender, holder_with

HOME = {"placement": "home"}
PATH = "/v1/recommendations"
SETTINGS = Settings()


@asynccontextmanager
async def client_of(recommender, *, waiting=64, app=None):
    """A client of the whole application in this process, and its telemetry."""
    telemetry = Telemetry()
    holder = holder_with(recommender)
    web = web_app(web_routes(holder, Storefront(holder, AnswerQueue(waiting), telemetry), telemetry, SETTINGS))
    door = RequestMiddleware(app or web, web, frozenset({"/healthz"}), telemetry)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://shop") as client:
        yield client


async def metric(client, name, **labels):
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(each.value for each in samples if labels.items() <= each.labels.items())


def test_a_fault_of_ours_is_told_without_its_cause_and_logged_with_the_request_id(caplog):
    def fail(_):
        raise RuntimeError("the secret path /srv/models/12")

    async def scenario():
        async with client_of(CountingRecommender(fail)) as client:
            answer = await client.post(PATH, json=HOME, headers={"X-Request-Id": "shop-1"})
            assert await metric(client, "omnishelf_errors_total", route=PATH, status="500") == 1
            assert (await client.post(PATH, json=HOME)).status_code == 500  # the queue was left
            return answer

    with caplog.at_level(logging.ERROR):
        answer = asyncio.run(scenario())
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "shop-1"
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "shop-1" in caplog.text
    assert "the secret path" in caplog.text


def test_a_fault_behind_the_door_but_outside_our_routes_is_a_problem_too():
    async def broken(scope, receive, send):
        raise KeyError("inside BentoML")

    async def scenario():
        async with client_of(CountingRecommender(), app=broken) as client:
            return await client.get("/somewhere"), await client.get("/healthz")

    answer, health = asyncio.run(scenario())
    assert (answer.status_code, answer.json()["type"]) == (500, "/docs#problem-internal")
    assert "KeyError" not in answer.text
    assert health.status_code == 200


def test_an_answer_that_breaks_off_half_way_is_not_answered_twice():
    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    async def scenario():
        async with client_of(CountingRecommender(), app=broken) as client:
            await client.get("/somewhere")

    with pytest.raises(RuntimeError, match="half way"):
        asyncio.run(scenario())


def test_too_many_at_once_are_told_when_to_return():
    async def scenario():
        async with client_of(CountingRecommender(), waiting=3) as client:
            answers = await asyncio.gather(*(client.post(PATH, json=HOME) for _ in range(10)))
            refused = [answer for answer in answers if answer.status_code == 429]
            assert await metric(client, "omnishelf_errors_total", route=PATH, status="429") == len(refused)
            return answers, refused

    answers, refused = asyncio.run(scenario())
    assert 0 < len(refused) < 10
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    assert all(answer.json()["type"] == "/docs#problem-too-many-requests" for answer in refused)
    assert sum(answer.status_code == 200 for answer in answers) == 10 - len(refused)


def test_a_body_that_stalls_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)

    async def stalling():
        yield b'{"placement":'
        await asyncio.sleep(30)

    async def scenario():
        async with client_of(CountingRecommender()) as client:
            return await client.post(PATH, content=stalling(), headers={"Content-Type": "application/json"})

    answer = asyncio.run(scenario())
    assert (answer.status_code, answer.json()["type"]) == (408, "/docs#problem-body-too-slow")


def test_a_body_of_unknown_length_is_cut_at_the_limit_without_reading_the_rest():
    sent = []

    async def endless():
        while True:
            sent.append(len(sent))
            yield b" " * 65536

    async def scenario():
        async with client_of(CountingRecommender()) as client:
            return await client.post(PATH, content=endless(), headers={"Content-Type": "application/json"})

    answer = asyncio.run(scenario())
    assert (answer.status_code, answer.json()["type"]) == (413, "/docs#problem-body-too-large")
    assert len(sent) <= MAX_BODY_BYTES // 65536 + 2


def test_a_caller_that_leaves_is_counted_and_nothing_is_answered():
    sent = []

    async def scenario():
        telemetry = Telemetry()
        holder = holder_with(CountingRecommender())
        web = web_app(web_routes(holder, Storefront(holder, AnswerQueue(1), telemetry), telemetry, SETTINGS))
        door = RequestMiddleware(web, web, frozenset(), telemetry)
        scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "headers": [(b"content-type", b"application/json")],
            "query_string": b"",
            "app": None,
        }

        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await door(scope, receive, send)
        return telemetry.page(None, 0.0).decode()

    page = asyncio.run(scenario())
    assert sent == []
    assert f'omnishelf_requests_total{{method="POST",route="{PATH}",status="499"}} 1.0' in page


def test_fallbacks_are_counted():
    async def scenario():
        async with client_of(CountingRecommender()) as client:
            await client.post(PATH, json=HOME)
            await client.post(PATH, json={**HOME, "customer_id": "u", "context": {"store_id": "s"}})
            return [
                await metric(client, "omnishelf_fallbacks_total", placement="home", fallback="anonymous"),
                await metric(client, "omnishelf_fallbacks_total", placement="home", fallback="none"),
            ]

    assert asyncio.run(scenario()) == [1, 1]


def test_labels_take_nothing_that_a_caller_makes_up():
    async def scenario():
        async with client_of(CountingRecommender()) as client:
            for n in range(20):
                await client.get(f"/invented/{n}")
                await client.request(f"METHOD{n}", "/healthz")
            return (await client.get("/metrics")).text

    page = asyncio.run(scenario())
    assert "invented" not in page
    assert "METHOD" not in page
    assert 'route="unmatched",status="404"} 20.0' in page
    assert 'method="other",route="/healthz",status="405"} 20.0' in page


def test_the_same_request_gets_the_same_items_under_another_id():
    async def scenario():
        async with client_of(CountingRecommender()) as client:
            return [(await client.post(PATH, json=HOME)).json() for _ in range(2)]

    first, second = asyncio.run(scenario())
    assert first.pop("recommendation_id") != second.pop("recommendation_id")
    assert first == second


def test_debug_is_answered_only_where_asked_for():
    async def scenario():
        async with client_of(CountingRecommender()) as client:
            plain = (await client.post(PATH, json=HOME)).json()
            asked = (await client.post(PATH, json={**HOME, "debug": True})).json()
            return plain, asked

    plain, asked = asyncio.run(scenario())
    assert "debug" not in plain
    assert asked["debug"]["pool_size"] == 300
    assert set(asked["debug"]["timing_ms"]) == {"waiting", "recommending"}
