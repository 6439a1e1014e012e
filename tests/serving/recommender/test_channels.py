"""Answers know where they are asked for: online, in a store, or nowhere in particular."""

import numpy as np
import pytest

from features.vector.shopper import IN_STORE, ON_WEB, UNKNOWN_CHANNEL
from features.vector.vector import names
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from tests.helpers.trained import TrainedShop


@pytest.fixture(scope="module")
def recommender(trained_shop: TrainedShop) -> Recommender:
    return Recommender(trained_shop.bundle)


def lists(recommender: Recommender, channel: str | None, store: str | None = None) -> list[list[str]]:
    """The first ten SKUs of every customer."""
    facts = recommender.bundle.facts
    asked = (
        Query(customer_id=facts.customers.text(code), channel=channel, store_id=store)
        for code in range(len(facts.customers))
    )
    return [[item.sku for item in recommender.recommend(query).items] for query in asked]


@pytest.mark.parametrize(("channel", "code"), [("web", ON_WEB), ("store", IN_STORE), (None, UNKNOWN_CHANNEL)])
def test_the_channel_of_a_request_reaches_the_vector(recommender: Recommender, channel: str | None, code: int) -> None:
    assert recommender.shopper(None, channel=channel).channel == code


def test_the_ranker_sees_channel_and_place(recommender: Recommender) -> None:
    seen = names(recommender.bundle.facts, recommender.bundle.candidates.sources)
    wanted = {"customer.web_propensity", "customer.cross_interval_days", "sku.sku_web_skew"}
    wanted |= {"store_category.category_lift", "on_web", "sku_here", "distance_km", "at_home_store"}
    assert wanted <= set(seen)


def test_answers_differ_by_channel_and_by_store(recommender: Recommender) -> None:
    web, store = lists(recommender, "web"), lists(recommender, "store")
    assert any(one != other for one, other in zip(web, store, strict=True))
    assert all(len(one) == len(other) == 10 for one, other in zip(web, store, strict=True))
    assert lists(recommender, "store", "store-1") != lists(recommender, "store", "store-2")


def test_who_does_not_say_where_is_answered_as_usual(recommender: Recommender) -> None:
    facts = recommender.bundle.facts
    usual = ["web" if share >= 0.5 else "store" for share in facts.customer["web_propensity"]]
    said = {channel: lists(recommender, channel) for channel in ("web", "store")}
    assert lists(recommender, None) == [said[channel][at] for at, channel in enumerate(usual)]


def test_strangers_see_what_sells_where_they_are(recommender: Recommender) -> None:
    facts = recommender.bundle.facts
    share = {}
    for channel in ("web", "store"):
        shown = recommender.recommend(Query(channel=channel)).items
        assert len(shown) == 10
        codes = [facts.skus.code(item.sku) for item in shown]
        share[channel] = float(np.mean(facts.sku["sku_web_baskets_28"][codes] / facts.sku["sku_baskets_28"][codes]))
    assert share["web"] > share["store"]
