"""The pool against a plain second way to make it, and the candidates of a bundle."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from features.errors import DataError
from features.facts.facts import Codes, Facts, Floats, Grouped
from features.vector.shopper import Shopper
from serving.bundle.candidates import Candidates
from tests.helpers import checkerboard as board
from training.recommendations.candidates import pool as pools
from training.recommendations.candidates.pool import pool
from training.recommendations.candidates.proposals import (
    CHAIN_DEPTH,
    SOURCES,
    STORE_DEPTH,
    candidates_for,
    fit_all,
    propose,
)
from training.recommendations.interactions import Interactions, chain_popularity, interactions


@dataclass(frozen=True)
class Fixed:
    """A source whose scores a test chooses."""

    table: Floats

    def scores(self, customers: Codes) -> Floats:
        return self.table[customers]


def known_with(facts: Facts, bought: Floats) -> Interactions:
    """Interactions of as many customers and SKUs as `bought` has rows and columns; SKU codes begin at 10."""
    skus = np.arange(10, 10 + bought.shape[1], dtype=np.int32)
    return Interactions(facts, skus, sparse.csr_matrix(bought), sparse.csr_matrix(bought))


def by_hand(bought: Floats, scores: dict[str, Floats], depths: dict[str, int], customer: int) -> set[int]:
    """Columns in the customer's pool: of every source its best, among what it may propose."""
    chosen: set[int] = set()
    for name, table in scores.items():
        may = [at for at in range(bought.shape[1]) if table[customer, at] > 0]
        if name != "repeat":
            may = [at for at in may if not bought[customer, at]]
        chosen |= set(sorted(may, key=lambda at: -table[customer, at])[: depths[name]])
    return chosen


@st.composite
def shops(draw: st.DrawFn) -> tuple[Floats, dict[str, Floats], dict[str, int]]:
    """What was bought, scores without ties (some zero or below), and depths, of up to 6 customers and 9 SKUs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 9)))
    bought = (rng.random(shape) < 0.4).astype(np.float32)
    scores = {"repeat": bought * (1 + rng.permutation(bought.size).reshape(shape).astype(np.float32))}
    for name in ("one", "two"):
        scores[name] = rng.permutation(bought.size).reshape(shape).astype(np.float32) - draw(
            st.integers(0, bought.size)
        )
    return bought, scores, {name: draw(st.integers(1, 12)) for name in scores}


@given(shop=shops())
def test_the_pool_is_what_plain_sorting_gives(
    checkerboard: Facts, shop: tuple[Floats, dict[str, Floats], dict[str, int]]
) -> None:
    bought, scores, depths = shop
    customers = np.arange(len(bought), dtype=np.int32)
    merged = pool(
        known_with(checkerboard, bought), {name: Fixed(table) for name, table in scores.items()}, customers, depths
    )
    assert merged.columns.names == tuple(scores)
    assert merged.columns.values.shape == (len(merged.keys), len(scores))
    for customer in customers:
        rows = merged.rows(int(customer))
        places = merged.keys[rows] - 10
        assert places.tolist() == sorted(by_hand(bought, scores, depths, int(customer)))
        for name, table in scores.items():
            np.testing.assert_array_equal(merged.columns[name][rows], table[customer, places])


def test_chunks_change_nothing(checkerboard: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    bought = (rng.random((50, 30)) < 0.2).astype(np.float32)
    sources = {"repeat": Fixed(bought), "other": Fixed(rng.normal(size=bought.shape).astype(np.float32))}
    customers = rng.permutation(50).astype(np.int32)
    made = []
    for chunk in (1, 7, 10_000):
        monkeypatch.setattr(pools, "CHUNK", chunk)
        made.append(pool(known_with(checkerboard, bought), sources, customers, {"repeat": 5, "other": 8}))
    for other in made[1:]:
        np.testing.assert_array_equal(other.starts, made[0].starts)
        np.testing.assert_array_equal(other.keys, made[0].keys)
        np.testing.assert_array_equal(other.columns.values, made[0].columns.values)


def test_a_pool_of_nobody_is_empty(checkerboard: Facts) -> None:
    bought = np.ones((2, 3), dtype=np.float32)
    merged = pool(
        known_with(checkerboard, bought), {"repeat": Fixed(bought)}, np.zeros(0, dtype=np.int32), {"repeat": 2}
    )
    assert merged.starts.tolist() == [0]
    assert not len(merged.keys)
    assert merged.columns.values.shape == (0, 1)


@pytest.fixture(scope="module")
def made(checkerboard: Facts) -> tuple[Interactions, Candidates]:
    return candidates_for(checkerboard)


def groups(personal: Grouped, facts: Facts) -> dict[str, set[str]]:
    return {
        facts.customers.text(code): {facts.skus.text(int(key)) for key in personal.keys[personal.rows(code)]}
        for code in range(len(facts.customers))
    }


def test_proposals_are_active_skus_once_each_and_ascending(made: tuple[Interactions, Candidates]) -> None:
    known, candidates = made
    personal = candidates.personal
    assert len(personal.starts) == len(known.facts.customers) + 1
    assert np.isin(personal.keys, known.skus).all()
    assert np.isin(candidates.chain, known.skus).all()
    for grouped in (personal, candidates.stores):
        for group in range(len(grouped.starts) - 1):
            assert (np.diff(grouped.keys[grouped.rows(group)]) > 0).all()
    assert np.isfinite(personal.columns.values).all()
    assert candidates.sources == tuple(source.name for source in SOURCES if source.is_scored)


def test_everybody_is_offered_their_own_and_the_obvious_next(made: tuple[Interactions, Candidates]) -> None:
    known, candidates = made
    pools_of = groups(candidates.personal, known.facts)
    for block in range(board.BLOCKS):
        for nth in range(board.CUSTOMERS):
            mine = {board.regular(block, sku) for sku in range(board.REGULARS)}
            assert mine <= pools_of[board.customer(block, nth)], "what was bought, and the withheld one"


def test_only_repeat_proposes_what_was_bought(made: tuple[Interactions, Candidates]) -> None:
    known, _ = made
    customers = np.arange(len(known.facts.customers), dtype=np.int32)
    others = tuple(source for source in SOURCES if source.name != "repeat")
    without = propose(known, fit_all(known, others), customers, others).personal
    bought = known.baskets.toarray() > 0
    column = {int(code): at for at, code in enumerate(known.skus)}
    offered = [(code, int(key)) for code in customers for key in without.keys[without.rows(int(code))]]
    assert offered
    assert not any(bought[code, column[key]] for code, key in offered)


def test_proposing_to_some_leaves_the_others_empty(made: tuple[Interactions, Candidates]) -> None:
    known, everybody = made
    asked = np.array([3, 20], dtype=np.int32)
    some = propose(known, fit_all(known), asked).personal
    filled = [code for code in range(len(known.facts.customers)) if len(some.keys[some.rows(code)])]
    assert filled == asked.tolist()
    for code in asked:
        mine = everybody.personal.keys[everybody.personal.rows(int(code))]
        np.testing.assert_array_equal(some.keys[some.rows(int(code))], mine)


def test_chain_and_stores_are_their_best_sellers(made: tuple[Interactions, Candidates]) -> None:
    known, candidates = made
    sold = chain_popularity(known.facts)
    best = np.flatnonzero(sold > 0)
    assert set(candidates.chain) == set(best[np.lexsort((best, -sold[best]))][:CHAIN_DEPTH])
    np.testing.assert_array_equal(candidates.chain_scores, sold[candidates.chain])
    assert (np.diff(candidates.chain_scores) <= 0).all()
    for store in range(len(known.facts.stores)):
        rows = candidates.stores.rows(store)
        names = {known.facts.skus.text(int(key)) for key in candidates.stores.keys[rows]}
        assert len(names) <= STORE_DEPTH
        assert names == {
            known.facts.skus.text(int(code)) for code in known.skus if f"b{store}-" in known.facts.skus.text(int(code))
        }
        assert (candidates.stores.columns["score"][rows] > 0).all()


def test_a_list_of_a_stores_best_sellers_stops_at_its_depth(
    made: tuple[Interactions, Candidates], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, full = made
    monkeypatch.setattr("training.recommendations.candidates.proposals.STORE_DEPTH", 3)
    short = propose(known, {"repeat": fit_all(known)["repeat"]}, np.array([0], dtype=np.int32), SOURCES[:1]).stores
    for store in range(len(known.facts.stores)):
        all_rows, rows = full.stores.rows(store), short.rows(store)
        cut = np.sort(full.stores.columns["score"][all_rows])[-3]
        assert rows.stop - rows.start == 3
        assert (short.columns["score"][rows] >= cut).all()


def test_a_request_sees_its_pool_its_store_and_the_chain_each_sku_once(made: tuple[Interactions, Candidates]) -> None:
    known, candidates = made
    for customer in (-1, 0, 17):
        for store in (-1, 0, 2):
            skus, scores = candidates.of(Shopper(customer, store))
            wanted = set(candidates.chain) | set(candidates.stores.keys[candidates.stores.rows(store)])
            wanted |= set(candidates.personal.keys[candidates.personal.rows(customer)])
            assert sorted(skus) == sorted(wanted)
            assert scores.shape == (len(skus), len(candidates.sources))
            assert customer >= 0 or not scores.any()
    assert known.facts.stores.code("store-2") == 2


def test_candidates_are_saved_and_read_back(made: tuple[Interactions, Candidates], tmp_path) -> None:
    _, candidates = made
    candidates.save(tmp_path / "candidates")
    back = Candidates.load(tmp_path / "candidates")
    assert back.sources == candidates.sources
    for mine, theirs in ((back.personal, candidates.personal), (back.stores, candidates.stores)):
        np.testing.assert_array_equal(mine.starts, theirs.starts)
        np.testing.assert_array_equal(mine.keys, theirs.keys)
        np.testing.assert_array_equal(mine.columns.values, theirs.columns.values)
    np.testing.assert_array_equal(back.chain, candidates.chain)
    np.testing.assert_array_equal(back.chain_scores, candidates.chain_scores)


def test_a_shop_where_nothing_sells_any_more_is_told(checkerboard: Facts) -> None:
    old = np.full(len(checkerboard.skus), 200, dtype=np.float32)[:, None]
    at = checkerboard.sku.names.index("days_since_sold")
    values = np.concatenate([checkerboard.sku.values[:, :at], old, checkerboard.sku.values[:, at + 1 :]], axis=1)
    lapsed = replace(checkerboard, sku=replace(checkerboard.sku, values=values))
    assert not len(interactions(lapsed).skus)
    with pytest.raises(DataError, match=r"Nothing was bought in the 91 days before the cutoff 2025-06-01.*--cutoff"):
        candidates_for(lapsed)
