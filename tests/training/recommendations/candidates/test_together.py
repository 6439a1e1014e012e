"""SKUs that share baskets: counts and lifts worked out by hand, then against a plain count."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.facts.facts import Grouped
from training.recommendations.candidates.together import LARGEST_BASKET, LEAST_BASKETS, together

Baskets = list[set[int]]


def of(baskets: Baskets, skus: int, depth: int = 40) -> Grouped:
    """`together` of baskets given as sets of SKU codes."""
    lines = [(basket, sku) for basket, held in enumerate(baskets) for sku in sorted(held)]
    codes = np.array(lines, dtype=np.int32).reshape(-1, 2)
    return together(codes[:, 0], codes[:, 1], skus, depth)


def partners(grouped: Grouped, sku: int) -> dict[int, tuple[float, float]]:
    """Partner -> baskets and lift."""
    rows = grouped.rows(sku)
    values = zip(grouped.columns["baskets"][rows], grouped.columns["lift"][rows], strict=True)
    return dict(zip(grouped.keys[rows].tolist(), [(float(count), float(lift)) for count, lift in values], strict=True))


def test_baskets_and_lift_by_hand() -> None:
    """Ten baskets: bread and butter in six together, bread in eight, butter in six, tea in two."""
    bread, butter, tea = 0, 1, 2
    found = of([*[{bread, butter}] * 6, {bread}, {bread, tea}, {tea}, {3}], skus=4)
    assert partners(found, bread) == {butter: (6.0, np.float32(6 * 10 / (8 * 6)))}
    assert partners(found, butter) == {bread: (6.0, np.float32(6 * 10 / (8 * 6)))}
    assert partners(found, tea) == {}, "once with bread is an accident"


def test_a_line_twice_in_a_basket_counts_once() -> None:
    baskets, skus = np.repeat(np.arange(6, dtype=np.int32), 3), np.tile(np.array([0, 0, 1], dtype=np.int32), 6)
    assert partners(together(baskets, skus, 2), 0)[1][0] == 6


def test_a_wholesale_basket_is_left_out() -> None:
    everything = set(range(LARGEST_BASKET + 1))
    found = of([*[{0, 1}] * LEAST_BASKETS, everything], skus=LARGEST_BASKET + 1)
    assert partners(found, 0)[1][0] == LEAST_BASKETS


def test_damping_puts_the_well_attested_pair_first() -> None:
    """Two of equal lift, one in five baskets and one in fifty: at depth one the latter remains."""
    found = of([*[{0, 1}] * 5, *[{2, 3}] * 50, *[{0, 4}] * 6, *[{4}] * 5], skus=5, depth=1)
    assert list(partners(found, 0)) == [1], "1 is always with 0, 4 only half of the time"
    assert list(partners(found, 2)) == [3]


def test_nothing_bought_has_no_partners() -> None:
    found = of([], skus=3)
    assert found.starts.tolist() == [0, 0, 0, 0]
    assert found.columns.names == ("baskets", "lift")


@given(st.lists(st.sets(st.integers(0, 5), max_size=4), min_size=1, max_size=60))
def test_counts_are_those_of_a_plain_count(baskets: Baskets) -> None:
    found = of(baskets, skus=6)
    held = [basket for basket in baskets if basket]
    total = max((nth for nth, basket in enumerate(baskets) if basket), default=-1) + 1
    for one, other in combinations(range(6), 2):
        both = sum({one, other} <= basket for basket in held)
        for sku, partner in ((one, other), (other, one)):
            known = partners(found, sku)
            assert (partner in known) == (both >= LEAST_BASKETS)
            if partner in known:
                each = [sum(code in basket for basket in held) for code in (one, other)]
                assert known[partner][0] == both
                np.testing.assert_allclose(known[partner][1], both * total / (each[0] * each[1]), rtol=1e-6)
    assert all((np.diff(found.keys[found.rows(sku)]) > 0).all() for sku in range(6))
