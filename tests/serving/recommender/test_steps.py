"""Each step of the recommender against its slow twin, over tiny bundles: same SKUs, same order, same words."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.facts.facts import Codes
from serving.bundle.bundle import Bundle
from serving.live.state import NOTHING_LIVE, Live
from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.eligible import eligible
from serving.recommender.explain import explain
from serving.recommender.placements.buy_again import buy_again
from serving.recommender.placements.home import home
from serving.recommender.placements.pdp_similar import pdp_similar
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Ranked
from serving.recommender.recommender import Recommender
from serving.recommender.rules import follow_rules
from tests.helpers import naive_steps as naive
from tests.helpers.datasets import settings_for
from tests.helpers.naive_steps import Line
from tests.helpers.tiny_bundle import CUTOFF, tiny_shop, write_bundle


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    """Two bundles of one shop that rank differently."""
    shop = tiny_shop(settings_for(tmp_path_factory.mktemp("shop")))
    return [Bundle.open(write_bundle(shop, tmp_path_factory.mktemp(name) / name, name)) for name in ("1", "2")]


def moments() -> st.SearchStrategy[tuple[int, Query, Live]]:
    """Which bundle, what is asked, and what is live."""
    some = st.integers(0, 32).map(lambda nth: f"sku-{nth:03d}")
    people = st.integers(0, 41).map(lambda nth: f"c-{nth:03d}")
    queries = st.builds(
        Query,
        customer_id=st.none() | people | people,
        store_id=st.sampled_from([None, "store-1", "store-2", "elsewhere"]),
        channel=st.sampled_from([None, "web", "store"]),
        item_ids=st.lists(some, max_size=3).map(tuple),
        exclude_item_ids=st.frozensets(some, max_size=20),
        size=st.integers(1, 40),
        new_only=st.booleans(),
        explain=st.booleans(),
        at_days=st.none() | st.floats(CUTOFF.days, CUTOFF.days + 30),
    )
    live = st.builds(Live, sold_out=st.frozensets(some, max_size=8))
    return st.tuples(st.integers(0, 1), queries, st.just(NOTHING_LIVE) | live)


def asked_of(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> Asked:
    which, query, live = moment
    shopper = Recommender(bundles[which]).shopper(query.customer_id, query.store_id, query.at_days, query.channel)
    return Asked(bundles[which], shopper, query, live)


def lines_of(ranked: Ranked) -> Iterator[Line]:
    for sku, score, source in zip(ranked.skus, ranked.scores, ranked.sources, strict=True):
        yield Line(int(sku), float(score), str(source))


def agree(found: Ranked, twin: list[Line]) -> None:
    """The same SKUs with the same scores and sources; the order may differ where scores do by a rounding."""
    mine = list(lines_of(found))
    assert len({line.sku for line in mine}) == len(mine)
    assert {line.sku: line.source for line in mine} == {line.sku: line.source for line in twin}
    slow = {line.sku: line.score for line in twin}
    for line, other in zip(mine, twin, strict=True):
        assert line.score == pytest.approx(slow[line.sku], abs=2e-5)
        assert line.sku == other.sku or line.score == pytest.approx(other.score, abs=2e-5)


@given(moment=moments())
def test_pool(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> None:
    asked = asked_of(bundles, moment)
    found = pool(asked.bundle, asked.shopper)
    assert dict(zip(found.skus.tolist(), found.scores.tolist(), strict=True)) == naive.naive_pool(asked)
    assert found.skus.tolist() == list(naive.naive_pool(asked))


@given(moment=moments())
def test_rank(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> None:
    asked = asked_of(bundles, moment)
    found = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper), new_only=asked.query.new_only)
    agree(found, naive.naive_rank(asked))


@given(moment=moments())
def test_eligible(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> None:
    asked = asked_of(bundles, moment)
    every: Codes = np.arange(len(asked.bundle.facts.skus), dtype=np.int32)
    assert eligible(asked, every).tolist() == [naive.naive_eligible(asked, int(sku)) for sku in every]


@given(moment=moments())
def test_rules_leave_a_list_as_it_is_while_there_are_none(
    bundles: list[Bundle], moment: tuple[int, Query, Live]
) -> None:
    ranked = home(asked_of(bundles, moment)).ranked
    assert list(lines_of(follow_rules(ranked, Live().rules))) == list(lines_of(ranked))


@given(moment=moments())
def test_explain(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> None:
    asked = asked_of(bundles, moment)
    ranked = home(asked).ranked.take(slice(asked.query.size))
    assert list(explain(asked, ranked)) == naive.naive_explain(asked, list(lines_of(ranked)))


@given(moment=moments())
def test_placements(bundles: list[Bundle], moment: tuple[int, Query, Live]) -> None:
    asked = asked_of(bundles, moment)
    shown = list(lines_of(home(asked).ranked))
    agree(home(asked).ranked, naive.naive_rank(asked))
    assert list(lines_of(buy_again(asked).ranked)) == naive.naive_buy_again(asked, shown)
    assert list(lines_of(pdp_similar(asked).ranked)) == naive.naive_pdp_similar(asked, shown)


@given(moment=moments())
def test_what_is_answered_is_the_steps_one_after_the_other(
    bundles: list[Bundle], moment: tuple[int, Query, Live]
) -> None:
    asked = asked_of(bundles, moment)
    allowed = [line for line in lines_of(home(asked).ranked) if naive.naive_eligible(asked, line.sku)]
    answer = Recommender(asked.bundle).recommend(asked.query, asked.live)
    assert list(answer.items) == naive.naive_explain(asked, allowed[: asked.query.size])
