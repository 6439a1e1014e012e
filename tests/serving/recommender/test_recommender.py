"""The recommender on a bundle that a real training made: full lists for everybody, and what each placement promises."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bundle.bundle import Bundle
from serving.recommender.answers import Answer, Query
from serving.recommender.placements.buy_again import DUE
from serving.recommender.placements.placements import BY_NAME
from serving.recommender.recommender import MAX_ELAPSED_DAYS, Recommender
from tests.helpers.trained import CUTOFF, TrainedShop

KNOWN, UNKNOWN = "c-003", "nobody"
ASKERS = [KNOWN, "c-060", "c-105", UNKNOWN, None]
"""Two regulars, one who buys rarely, one we do not know, and one who says nothing."""


@pytest.fixture(scope="module")
def recommender(trained_shop: TrainedShop) -> Recommender:
    return trained_shop.recommender


@pytest.fixture(scope="module")
def before(trained_shop: TrainedShop) -> pd.DataFrame:
    return trained_shop.before


@pytest.fixture(scope="module")
def active(before: pd.DataFrame) -> set[str]:
    """Sold in the quarter before the cutoff."""
    return set(before.loc[before["age_days"] <= 91, "sku"])


@pytest.fixture(scope="module")
def names(trained_shop: TrainedShop) -> dict[str, str]:
    skus = pd.read_parquet(trained_shop.warehouse.skus)
    return dict(zip(skus["sku"], skus["name"], strict=True))


def skus(answer: Answer) -> list[str]:
    return [item.sku for item in answer.items]


def bought_by(before: pd.DataFrame, customer: str | None) -> set[str]:
    return set(before.loc[before["customer_id"] == customer, "sku"])


@pytest.mark.parametrize("size", [1, 10, 48, 100])
@pytest.mark.parametrize("customer", ASKERS)
@pytest.mark.parametrize("placement", sorted(BY_NAME))
def test_everybody_gets_a_full_list(
    recommender: Recommender, active: set[str], names: dict[str, str], placement: str, customer: str | None, size: int
) -> None:
    query = Query(
        placement=placement, customer_id=customer, size=size, item_ids=("sku-007",) * (placement == "pdp-similar")
    )
    answer = recommender.recommend(query)
    assert len(answer.items) == min(size, len(active - {"sku-007"} if placement == "pdp-similar" else active))
    assert len(set(skus(answer))) == len(answer.items)
    assert set(skus(answer)) <= active
    assert [item.position for item in answer.items] == list(range(1, len(answer.items) + 1))
    assert [item.name for item in answer.items] == [names[sku] for sku in skus(answer)]
    assert all(np.isfinite(item.score) for item in answer.items)
    assert answer.model_version == recommender.bundle.version
    assert answer.pool_size == (4 if placement == "pdp-similar" and size == 1 else len(active))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    some = st.integers(0, 62).map(lambda nth: f"sku-{nth:03d}")
    return Query(
        placement=draw(st.sampled_from(sorted(BY_NAME))),
        customer_id=draw(st.sampled_from(ASKERS)),
        store_id=draw(st.sampled_from(["store-1", "store-3", "store-of-another-chain", None])),
        item_ids=tuple(draw(st.lists(some, max_size=3))),
        exclude_item_ids=draw(st.frozensets(some, max_size=55)),
        size=draw(st.integers(1, 100)),
        new_only=draw(st.booleans()),
        at_days=draw(st.none() | st.floats(CUTOFF.days - 40, CUTOFF.days + 90)),
        explain=draw(st.booleans()),
    )


@given(query=queries())
def test_whatever_is_asked_nothing_unwanted_is_shown(
    recommender: Recommender, active: set[str], before: pd.DataFrame, query: Query
) -> None:
    unwanted = set(query.item_ids) | query.exclude_item_ids
    unwanted |= bought_by(before, query.customer_id) if query.new_only else set()
    answer = recommender.recommend(query)
    shown = skus(answer)
    assert not set(shown) & unwanted
    assert len(shown) == len(set(shown)) == min(query.size, len(active - unwanted))
    assert query.explain or not any(item.reasons for item in answer.items)
    assert recommender.recommend(query) == answer


@pytest.mark.parametrize("customer", ASKERS)
def test_scores_of_home_fall(recommender: Recommender, customer: str | None) -> None:
    for new_only in (False, True):
        answer = recommender.recommend(Query(customer_id=customer, size=100, new_only=new_only))
        scores = [item.score for item in answer.items]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("query", "fallback"),
    [
        (Query(customer_id=KNOWN), "none"),
        (Query(customer_id=KNOWN, store_id="store-2"), "none"),
        (Query(customer_id=KNOWN, new_only=True), "none"),
        (Query(), "anonymous"),
        (Query(customer_id=""), "anonymous"),
        (Query(customer_id=UNKNOWN), "unknown_customer"),
        (Query(customer_id=f"{KNOWN}\0"), "unknown_customer"),
        (Query(customer_id="ÅÄÖ" * 100), "unknown_customer"),
        (Query(customer_id=KNOWN, store_id="elsewhere"), "unknown_store"),
        (Query(customer_id=UNKNOWN, store_id="elsewhere"), "unknown_customer+unknown_store"),
        (Query(placement="buy-again", customer_id=KNOWN, size=5), "none"),
        (Query(placement="buy-again", customer_id=KNOWN, size=50), "thin_history"),
        (Query(placement="buy-again", customer_id=KNOWN, size=5, new_only=True), "thin_history"),
        (Query(placement="buy-again"), "anonymous"),
        (Query(placement="buy-again", customer_id=UNKNOWN), "unknown_customer"),
        (Query(placement="pdp-similar", customer_id=KNOWN, item_ids=("sku-007",), size=3), "none"),
        (Query(placement="pdp-similar", customer_id=KNOWN, item_ids=("no-sku", "sku-007"), size=3), "none"),
        (Query(placement="pdp-similar", customer_id=KNOWN, item_ids=("sku-007",), size=20), "few_similar"),
        (Query(placement="pdp-similar", customer_id=KNOWN, item_ids=("no-sku",)), "unknown_item"),
        (Query(placement="pdp-similar", item_ids=("no-sku",), store_id="x"), "anonymous+unknown_store+unknown_item"),
    ],
)
def test_fallback_says_what_happened(recommender: Recommender, query: Query, fallback: str) -> None:
    assert recommender.recommend(query).fallback == fallback


def test_an_unknown_placement_is_an_error(recommender: Recommender) -> None:
    with pytest.raises(KeyError, match="window-shopping"):
        recommender.recommend(Query(placement="window-shopping"))


def test_without_a_store_the_home_store_is_meant(recommender: Recommender, before: pd.DataFrame) -> None:
    mine = before[(before["customer_id"] == KNOWN) & before["store_id"].notna()]
    home = mine.groupby("store_id")["basket_id"].nunique().idxmax()
    there = recommender.recommend(Query(customer_id=KNOWN, store_id=home))
    assert recommender.recommend(Query(customer_id=KNOWN)) == there
    assert recommender.recommend(Query(customer_id=KNOWN, store_id="elsewhere")).items == there.items


def chain_score(lines: pd.DataFrame) -> pd.Series:
    weights = ((7, 1.0), (28, 0.5), (91, 0.05))
    counted = [
        lines[lines["age_days"] <= days].groupby("sku")["basket_id"].nunique() * weight for days, weight in weights
    ]
    return pd.concat(counted, axis=1).fillna(0).sum(axis=1)


def test_a_stranger_sees_what_sells_in_the_chain(recommender: Recommender, before: pd.DataFrame) -> None:
    answer = recommender.recommend(Query(customer_id=UNKNOWN, size=100))
    value = chain_score(before)
    value = (value[value > 0] / value.max()).astype(np.float32)
    order = sorted(value.index, key=lambda sku: (-value[sku], sku))
    assert skus(answer) == order
    np.testing.assert_allclose([item.score for item in answer.items], value[order], atol=1e-5)
    assert {item.source for item in answer.items} == {"chain"}


def test_a_stranger_in_a_store_sees_what_sells_there_first(recommender: Recommender, before: pd.DataFrame) -> None:
    answer = recommender.recommend(Query(store_id="store-2", size=100))
    here = before[before["store_id"] == "store-2"]
    month, quarter = (here[here["age_days"] <= days].groupby("sku")["basket_id"].nunique() for days in (28, 91))
    local = month.reindex(quarter.index, fill_value=0) + 0.2 * quarter
    chain = chain_score(before)
    value = 0.3 * chain[chain > 0] / chain.max()
    value = value.add(local / local.max(), fill_value=0).astype(np.float32)
    np.testing.assert_allclose([item.score for item in answer.items], value[skus(answer)], atol=1e-5)
    assert {item.sku for item in answer.items if item.source == "store"} == set(local.index)


def test_a_source_is_one_that_scored_the_sku(recommender: Recommender) -> None:
    candidates, facts = recommender.bundle.candidates, recommender.bundle.facts
    for customer in (KNOWN, "c-105"):
        shopper = recommender.shopper(customer)
        codes, scores = candidates.of(shopper)
        by_code = dict(zip(codes.tolist(), scores, strict=True))
        for item in recommender.recommend(Query(customer_id=customer, size=100)).items:
            own = by_code[facts.skus.code(item.sku)]
            if own.any():
                assert own[candidates.sources.index(item.source)] > 0
            else:
                assert item.source in {"store", "chain"}


@pytest.mark.parametrize("elapsed", [0.0, 3.5, 20.0])
def test_buy_again_shows_what_is_due_first(recommender: Recommender, before: pd.DataFrame, elapsed: float) -> None:
    """Due: half of the usual interval (four weeks at most) has passed; in each part the order is that of home."""
    parts = set()
    for customer in ("c-003", "c-010", "c-044", "c-105"):
        at = CUTOFF.days + elapsed
        answer = recommender.recommend(Query(placement="buy-again", customer_id=customer, size=100, at_days=at))
        home = recommender.recommend(Query(customer_id=customer, size=100, at_days=at))
        mine = before[before["customer_id"] == customer].groupby("sku")["age_days"].agg(["min", "max", "nunique"])
        interval = ((mine["max"] - mine["min"]) / (mine["nunique"] - 1)).where(mine["nunique"] > 1, 28.0)
        due = set(mine.index[mine["min"] + elapsed >= DUE * interval.clip(upper=28.0)])
        rank = {sku: 2 if sku in due else 1 if sku in mine.index else 0 for sku in skus(home)}
        assert skus(answer) == sorted(skus(home), key=lambda sku: -rank[sku])
        parts |= set(rank.values())
    assert parts >= ({0, 2} if elapsed else {0, 1, 2}), "an order of one part would say nothing"


def test_time_passes_for_four_weeks_and_no_longer(recommender: Recommender) -> None:
    def at(days: float) -> Answer:
        return recommender.recommend(Query(customer_id=KNOWN, size=100, at_days=CUTOFF.days + days))

    now = recommender.recommend(Query(customer_id=KNOWN, size=100))
    assert at(0) == at(-0.5) == at(-400) == now
    assert at(MAX_ELAPSED_DAYS) == at(MAX_ELAPSED_DAYS + 1) == at(3_000)
    assert at(10).items != now.items, "a model of rhythms sees ten days pass"


def test_pdp_similar_shows_the_most_similar_of_its_shelf_then_home(
    recommender: Recommender, trained_shop: TrainedShop
) -> None:
    shelf = pd.read_parquet(trained_shop.warehouse.skus).set_index("sku")["subcategory"]
    for asked in (("sku-007",), ("sku-000", "sku-025"), ("sku-012", "no-sku")):
        answer = recommender.recommend(Query(placement="pdp-similar", customer_id=KNOWN, item_ids=asked, size=100))
        shelves = {shelf[sku] for sku in asked if sku in shelf}
        similar = [item for item in answer.items if item.source == "similar"]
        assert {item.sku for item in similar} == set(shelf.index[shelf.isin(shelves)]) - set(asked)
        assert list(answer.items[: len(similar)]) == similar
        scores = [item.score for item in similar]
        assert scores == sorted(scores, reverse=True)
        home = skus(recommender.recommend(Query(customer_id=KNOWN, size=100)))
        taken = {item.sku for item in similar} | set(asked)
        assert skus(answer)[len(similar) :] == [sku for sku in home if sku not in taken]


def test_other_readers_of_the_same_bundle_answer_alike(recommender: Recommender) -> None:
    asked = [Query(placement=name, customer_id=who, item_ids=("sku-001",)) for name in BY_NAME for who in ASKERS]
    expected = [recommender.recommend(query) for query in asked]
    again = Recommender(Bundle.open(recommender.bundle.path))
    assert [again.recommend(query) for query in asked] == expected
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(recommender.recommend, asked * 5)) == expected * 5
