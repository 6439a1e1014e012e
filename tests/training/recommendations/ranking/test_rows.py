"""Training rows: who is in them, what they hold, and that they hold the vector that requests are answered with."""

import numpy as np
import pytest

from features.facts.facts import Codes, Facts
from features.vector.derived import DERIVED
from features.vector.shopper import ON_WEB, Shopper
from features.vector.vector import names, vector
from serving.bundle.candidates import Candidates
from tests.helpers import checkerboard as board
from training.recommendations.candidates.proposals import candidates_for
from training.recommendations.first_visits import FirstVisits
from training.recommendations.ranking.rows import Rows, first_customers, only_new, rows, stack


@pytest.fixture(scope="module")
def candidates(checkerboard: Facts) -> Candidates:
    return candidates_for(checkerboard)[1]


def labels(facts: Facts, bought: dict[str, list[str]]) -> tuple[Codes, Codes]:
    """Codes of who bought what, customers ascending; a SKU of the future has code −1."""
    pairs = sorted(
        (facts.customers.code(customer), facts.skus.code(sku)) for customer, skus in bought.items() for sku in skus
    )
    table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return table[:, 0], table[:, 1]


BOUGHT = {
    board.customer(0, 1): [board.withheld(0, 1), board.regular(0, 0)],
    board.customer(2, 5): [board.regular(2, 0), "sku-of-the-future"],
    board.customer(3, 3): ["sku-of-the-future"],
}


def test_rows_are_the_candidates_of_those_who_bought_one(checkerboard: Facts, candidates: Candidates) -> None:
    made = rows(checkerboard, candidates, labels(checkerboard, BOUGHT), seed=0, negative_share=1.0)
    assert made is not None
    customers = [checkerboard.customers.code(name) for name in (board.customer(0, 1), board.customer(2, 5))]
    shoppers = [Shopper(code, int(checkerboard.home_store[code])) for code in customers]
    pools = [candidates.of(shopper) for shopper in shoppers]
    assert made.groups.tolist() == [len(skus) for skus, _ in pools]
    expected = [vector(checkerboard, shopper, *pool) for shopper, pool in zip(shoppers, pools, strict=True)]
    np.testing.assert_array_equal(made.features, np.concatenate(expected))
    assert made.features.shape[1] == len(names(checkerboard, candidates.sources))
    bought = [checkerboard.skus.code(sku) for sku in BOUGHT[board.customer(0, 1)]]
    np.testing.assert_array_equal(made.labels[: made.groups[0]] > 0, np.isin(pools[0][0], bought))
    assert made.labels.sum() == 3, "the SKU of the future is nobody's candidate"


def test_what_is_new_is_what_the_customer_had_not_bought(checkerboard: Facts, candidates: Candidates) -> None:
    one = {board.customer(0, 1): [board.withheld(0, 1)]}
    made = rows(checkerboard, candidates, labels(checkerboard, one), seed=0, negative_share=1.0)
    assert made is not None
    own = checkerboard.pairs["customer_sku"].keys[
        checkerboard.pairs["customer_sku"].rows(checkerboard.customers.code(board.customer(0, 1)))
    ]
    pool = candidates.of(Shopper(checkerboard.customers.code(board.customer(0, 1)), 0))[0]
    np.testing.assert_array_equal(made.is_new, ~np.isin(pool, own))
    np.testing.assert_array_equal(made.is_new, made.features[:, DERIVED.index("is_new") - len(DERIVED)] == 1)
    new = only_new(made)
    assert new.groups.tolist() == [made.is_new.sum()]
    assert new.labels.sum() == 1
    assert new.is_new.all()


def test_half_of_the_requests_say_where_they_come_from(checkerboard: Facts, candidates: Candidates) -> None:
    everybody = {board.customer(block, nth): [board.withheld(block, nth)] for block in range(4) for nth in range(12)}
    online = FirstVisits(np.full(len(checkerboard.customers), ON_WEB, np.int32), np.array(checkerboard.home_store))
    made = rows(checkerboard, candidates, labels(checkerboard, everybody), seed=0, visits=online)
    assert made is not None
    on_web = made.features[:, DERIVED.index("on_web") - len(DERIVED)]
    asked = [values[0] for values in np.split(on_web, np.cumsum(made.groups)[:-1])]
    assert 12 <= sum(asked) <= 36
    without = rows(checkerboard, candidates, labels(checkerboard, everybody), seed=0)
    assert without is not None
    assert not without.features[:, DERIVED.index("on_web") - len(DERIVED)].any()
    assert (without.labels == made.labels).all()


def test_every_purchase_is_kept_and_a_share_of_the_rest(checkerboard: Facts, candidates: Candidates) -> None:
    everybody = {board.customer(block, nth): [board.withheld(block, nth)] for block in range(4) for nth in range(12)}
    asked = labels(checkerboard, everybody)
    whole = rows(checkerboard, candidates, asked, seed=0, negative_share=1.0)
    some = rows(checkerboard, candidates, asked, seed=0, negative_share=0.25)
    assert whole is not None
    assert some is not None
    assert some.labels.sum() == whole.labels.sum() == len(everybody)
    share = (len(some.labels) - some.labels.sum()) / (len(whole.labels) - whole.labels.sum())
    assert 0.2 < share < 0.3
    again = rows(checkerboard, candidates, asked, seed=0, negative_share=0.25)
    assert again is not None
    np.testing.assert_array_equal(again.features, some.features)
    other = rows(checkerboard, candidates, asked, seed=1, negative_share=0.25)
    assert other is not None
    assert other.groups.tolist() != some.groups.tolist()


def test_labels_that_nobody_could_propose_make_no_rows(checkerboard: Facts, candidates: Candidates) -> None:
    asked = labels(checkerboard, {board.customer(3, 3): ["sku-of-the-future"]})
    assert rows(checkerboard, candidates, asked, seed=0) is None


def by_hand(labels: list[float], groups: list[int], new: list[bool]) -> Rows:
    """Rows whose only feature is their number."""
    numbers = np.arange(len(labels), dtype=np.float32)[:, None]
    return Rows(numbers, np.array(labels, dtype=np.float32), np.array(groups, dtype=np.int32), np.array(new))


def test_only_new_by_hand() -> None:
    """Customer 0 found something new (row 1), customer 1 only something old, customer 2 nothing new was offered."""
    made = only_new(by_hand([1, 1, 0, 1, 0, 1], [3, 2, 1], [False, True, True, False, True, False]))
    assert made.features.ravel().tolist() == [1, 2]
    assert made.labels.tolist() == [1, 0]
    assert made.groups.tolist() == [2]


def test_only_new_of_nothing_new_is_empty() -> None:
    made = only_new(by_hand([1, 0], [2], [False, False]))
    assert not len(made.labels)
    assert not len(made.groups)


def test_stacking_and_cutting_by_hand() -> None:
    one, two = by_hand([1, 0], [2], [True, False]), by_hand([0, 1, 0], [1, 2], [False, True, True])
    both = stack([one, two])
    assert both.groups.tolist() == [2, 1, 2]
    assert both.features.ravel().tolist() == [0, 1, 0, 1, 2]
    first = first_customers(both, 2)
    assert first.groups.tolist() == [2, 1]
    assert first.labels.tolist() == [1, 0, 0]
    assert first_customers(both, 9).labels.tolist() == both.labels.tolist()
