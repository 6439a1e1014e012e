"""Similar SKUs on the shop of blocks: of the same shelf, by the customers who bought both."""

from dataclasses import replace

import numpy as np
import pytest

from features.facts.facts import Codes, Facts, Grouped, Level
from tests.helpers import checkerboard as board
from training.recommendations.candidates.similar_skus import similar_skus
from training.recommendations.interactions import Interactions, chain_popularity, interactions


@pytest.fixture(scope="module")
def known(checkerboard: Facts) -> Interactions:
    return interactions(checkerboard)


@pytest.fixture(scope="module")
def found(known: Interactions) -> Grouped:
    return similar_skus(known)


def with_shelves(facts: Facts, of_sku: Codes) -> Facts:
    return replace(facts, levels=facts.levels | {"subcategory": Level(facts.levels["subcategory"].ids, of_sku)})


def similar_to(known: Interactions, found: Grouped, sku: str) -> dict[str, tuple[float, int]]:
    """Similar SKU -> similarity and customers who bought both, the most similar first."""
    rows = found.rows(known.facts.skus.code(sku))
    names = [known.facts.skus.text(int(key)) for key in found.keys[rows]]
    values = zip(found.columns["similarity"][rows], found.columns["buyers"][rows], strict=True)
    pairs = zip(names, [(float(similarity), int(buyers)) for similarity, buyers in values], strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1][0]))


def test_a_sku_is_like_the_others_of_its_shelf_and_no_other(known: Interactions, found: Grouped) -> None:
    shelf = {board.regular(1, nth) for nth in range(board.REGULARS)} | {board.odd(1, 0), board.odd(1, 1)}
    for sku in shelf:
        assert set(similar_to(known, found, sku)) == shelf - {sku}


def test_similarity_by_hand(known: Interactions, found: Grouped) -> None:
    """Of 12 customers, 0–3 and 8–11 share what they lack: SKUs 0 and 4 were not bought by {0, 8} and {4}."""
    listed = similar_to(known, found, board.regular(0, 0))
    similarity, buyers = listed[board.regular(0, 4)]
    assert buyers == 12 - 2 - 1
    sold = dict(zip((known.facts.skus.text(int(code)) for code in known.skus), popularity(known), strict=True))
    strongest = max(value for name, value in sold.items() if name.startswith("b0-"))
    expected = buyers / np.sqrt(10 * 11) + 0.01 * sold[board.regular(0, 4)] / strongest
    np.testing.assert_allclose(similarity, expected, rtol=1e-6)
    assert list(listed)[-1].startswith("b0-odd"), "bought once, by one of the ten"


def popularity(known: Interactions) -> list[float]:
    return chain_popularity(known.facts)[known.skus].tolist()


def test_rows_are_sorted_and_the_depth_holds(known: Interactions) -> None:
    short, full = similar_skus(known, depth=3), similar_skus(known)
    for sku in range(len(known.facts.skus)):
        rows = short.rows(sku)
        assert (np.diff(short.keys[rows]) > 0).all()
        assert rows.stop - rows.start == min(3, len(full.keys[full.rows(sku)]))
        best = np.sort(full.columns["similarity"][full.rows(sku)])[::-1][:3]
        np.testing.assert_allclose(np.sort(short.columns["similarity"][rows])[::-1], best)


def test_a_sku_that_nobody_buys_any_more_has_no_list_and_is_on_none(known: Interactions, found: Grouped) -> None:
    code = known.facts.skus.code(board.forgotten(0))
    assert not len(found.keys[found.rows(code)])
    assert code not in found.keys


def test_without_categories_all_is_one_shelf(known: Interactions) -> None:
    bare = with_shelves(known.facts, np.full(len(known.facts.skus), -1, dtype=np.int32))
    listed = similar_to(known, similar_skus(replace(known, facts=bare)), board.regular(2, 0))
    assert len(listed) == 30
    assert all(name.startswith("b2-s") for name in list(listed)[: board.REGULARS - 1]), "common buyers come first"


def test_a_shop_of_lonely_skus_has_empty_lists(known: Interactions) -> None:
    alone = with_shelves(known.facts, np.arange(len(known.facts.skus), dtype=np.int32))
    found = similar_skus(replace(known, facts=alone))
    assert not len(found.keys)
    assert len(found.starts) == len(known.facts.skus) + 1
