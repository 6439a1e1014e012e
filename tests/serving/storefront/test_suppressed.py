"""Suppressed names: no personal answer from the next look on, whatever happens to the file."""

import asyncio
from types import SimpleNamespace

import pytest

from features.settings import Settings
from serving.recommender.answers import Answer, Query
from serving.storefront.payloads import RecommendationRequest
from serving.storefront.queue import AnswerQueue
from serving.storefront.storefront import Storefront
from serving.storefront.suppressed import LOOK_SECONDS, Suppressed, suppress


def test_names_are_held_from_the_next_look_on(tmp_path):
    path = Settings(work=tmp_path).suppressed
    listed = Suppressed(path)
    assert not listed.holds("ann", 0.0)
    suppress(path, ["ann", "card:own:7"])
    assert not listed.holds("ann", LOOK_SECONDS / 2)
    assert listed.holds("ann", LOOK_SECONDS)
    suppress(path, ["bob"])
    assert [name for name in ("ann", "bob", "card:own:7", "zoe", None) if listed.holds(name, 9.0)] == [
        "ann",
        "bob",
        "card:own:7",
    ]


def test_the_file_holds_no_name(tmp_path):
    suppress(Settings(work=tmp_path).suppressed, ["ann-of-the-hill"])
    assert "ann" not in Settings(work=tmp_path).suppressed.read_text()


def test_a_damaged_file_leaves_the_list_as_it_was(tmp_path, caplog):
    path = Settings(work=tmp_path).suppressed
    suppress(path, ["ann"])
    listed = Suppressed(path)
    assert listed.holds("ann", 0.0)
    path.write_text("{")
    assert listed.holds("ann", 5.0)
    assert "cannot be read" in caplog.text


class Echo:
    """A recommender that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    def recommend(self, query: Query) -> Answer:
        self.asked.append(query)
        return Answer(items=(), model_version="1")


@pytest.mark.parametrize(("name", "is_known"), [("ann", False), ("bob", True)])
def test_the_storefront_does_not_know_them(tmp_path, name, is_known):
    suppress(Settings(work=tmp_path).suppressed, ["ann"])
    echo = Echo()
    champion = SimpleNamespace(current=SimpleNamespace(version="1", recommender=echo))
    telemetry = SimpleNamespace(count_answer=lambda *_: None)
    storefront = Storefront(champion, AnswerQueue(1), telemetry, Settings(work=tmp_path).suppressed)
    asyncio.run(storefront.recommend(RecommendationRequest(placement="home", customer_id=name), 0))
    assert (echo.asked[0].customer_id == name) is is_known
