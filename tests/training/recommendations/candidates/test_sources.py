"""What every candidate source must do, on a shop whose next purchases are obvious.

A new source is covered by its line in SOURCES.
"""

import numpy as np
import pytest

from features.facts.facts import Codes, Facts, Floats
from tests.helpers import checkerboard as board
from training.recommendations.candidates.pool import Scorer
from training.recommendations.candidates.proposals import SOURCES, Source
from training.recommendations.interactions import Interactions, interactions

NAMES = [source.name for source in SOURCES]
OTHERS = [name for name in NAMES if name != "repeat"]
SAME_FOR_ALL = {"chain", "segment"}
"""Sources that do not tell one block of this shop from another: it is too small for segments."""

CONTEXT = {"store", "chain", "segment"}
"""Sources that have something to say to a customer without a history: they look at others."""

EVERYBODY = [(block, nth) for block in range(board.BLOCKS) for nth in range(board.CUSTOMERS)]


@pytest.fixture(scope="module")
def known(checkerboard: Facts) -> Interactions:
    return interactions(checkerboard)


@pytest.fixture(scope="module")
def fitted(known: Interactions) -> dict[str, Scorer]:
    return {source.name: source.fit(known) for source in SOURCES}


@pytest.fixture(scope="module", params=NAMES)
def source(request: pytest.FixtureRequest) -> Source:
    return next(source for source in SOURCES if source.name == request.param)


def everybody(known: Interactions) -> Codes:
    return np.arange(len(known.facts.customers), dtype=np.int32)


def place(known: Interactions, sku: str) -> int:
    """The column of a SKU."""
    return int(np.flatnonzero(known.skus == known.facts.skus.code(sku))[0])


def block_of(known: Interactions, block: int) -> list[int]:
    """The columns of the SKUs of a block."""
    names = [known.facts.skus.text(int(code)) for code in known.skus]
    return [at for at, name in enumerate(names) if name.startswith(f"b{block}-")]


def of(known: Interactions, scorer: Scorer, customer: str) -> tuple[Floats, np.ndarray]:
    """A customer's scores, and which SKUs they have bought."""
    code = np.array([known.facts.customers.code(customer)], dtype=np.int32)
    return scorer.scores(code)[0], known.baskets[code].toarray()[0] > 0


def test_a_score_for_every_customer_and_active_sku(
    known: Interactions, fitted: dict[str, Scorer], source: Source
) -> None:
    scores = fitted[source.name].scores(everybody(known))
    assert scores.shape == (len(known.facts.customers), len(known.skus))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_only_active_skus_are_known(known: Interactions) -> None:
    active = {known.facts.skus.text(int(code)) for code in known.skus}
    blocks = range(board.BLOCKS)
    regulars = {board.regular(block, nth) for block in blocks for nth in range(board.REGULARS)}
    assert active == regulars | {board.odd(block, nth) for block in blocks for nth in range(2)}
    assert known.facts.skus.code(board.forgotten(0)) >= 0


@pytest.mark.parametrize("name", OTHERS)
def test_the_withheld_sku_ranks_first_among_the_unbought_of_its_block(
    known: Interactions, fitted: dict[str, Scorer], name: str
) -> None:
    for block, nth in EVERYBODY:
        scores, bought = of(known, fitted[name], board.customer(block, nth))
        unbought = [at for at in block_of(known, block) if not bought[at]]
        assert len(unbought) >= 2
        best = max(unbought, key=lambda at: scores[at])
        assert best == place(known, board.withheld(block, nth)), (block, nth)
        assert scores[best] > 0


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in SAME_FOR_ALL])
def test_the_withheld_sku_ranks_first_among_all_unbought(
    known: Interactions, fitted: dict[str, Scorer], name: str
) -> None:
    for block, nth in EVERYBODY:
        scores, bought = of(known, fitted[name], board.customer(block, nth))
        assert np.argmax(np.where(bought, -np.inf, scores)) == place(known, board.withheld(block, nth)), (block, nth)


def test_repeat_scores_a_customers_own_history_and_nothing_else(known: Interactions, fitted: dict[str, Scorer]) -> None:
    scores = fitted["repeat"].scores(everybody(known))
    assert ((scores > 0) == (known.baskets.toarray() > 0)).all()
    own, bought = of(known, fitted["repeat"], board.customer(0, board.CUSTOMERS - 1))
    assert own[place(known, board.odd(0, 0))] == min(own[bought]), "bought once, the others thrice"


def test_a_batch_is_its_customers_one_by_one(known: Interactions, fitted: dict[str, Scorer], source: Source) -> None:
    scorer, customers = fitted[source.name], everybody(known)
    batch = scorer.scores(customers)
    single = np.concatenate([scorer.scores(customers[at : at + 1]) for at in range(len(customers))])
    shuffled = np.random.default_rng(0).permutation(customers).astype(np.int32)
    np.testing.assert_allclose(single, batch, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scorer.scores(shuffled), batch[shuffled], rtol=1e-4, atol=1e-6)


def test_asking_nobody_gives_no_rows(known: Interactions, fitted: dict[str, Scorer], source: Source) -> None:
    assert fitted[source.name].scores(np.zeros(0, dtype=np.int32)).shape == (0, len(known.skus))


def test_the_same_data_gives_the_same_scores(known: Interactions, fitted: dict[str, Scorer], source: Source) -> None:
    again = source.fit(known).scores(everybody(known))
    np.testing.assert_array_equal(again, fitted[source.name].scores(everybody(known)))


def test_scoring_changes_nothing(known: Interactions, fitted: dict[str, Scorer], source: Source) -> None:
    first = fitted[source.name].scores(everybody(known))
    kept = first.copy()
    first[:] = -1
    np.testing.assert_array_equal(fitted[source.name].scores(everybody(known)), kept)


def test_without_a_history_there_is_nothing_personal(
    known: Interactions, fitted: dict[str, Scorer], source: Source
) -> None:
    scores, bought = of(known, fitted[source.name], board.LAPSED)
    assert not bought.any()
    assert np.isfinite(scores).all()
    if source.name not in CONTEXT:
        np.testing.assert_allclose(scores, 0, atol=1e-6)


def test_a_customer_without_a_store_is_told_nothing_about_one(known: Interactions, fitted: dict[str, Scorer]) -> None:
    scores, _ = of(known, fitted["store"], board.LAPSED)
    assert not scores.any()


def test_the_chain_says_the_same_to_everybody(known: Interactions, fitted: dict[str, Scorer]) -> None:
    scores = fitted["chain"].scores(everybody(known))
    assert (scores == scores[0]).all()
    assert scores[0].min() > 0


def test_source_names_are_distinct_and_depths_positive() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(source.depth > 0 for source in SOURCES)
    assert "repeat" in NAMES, "the one source of what was bought before"
