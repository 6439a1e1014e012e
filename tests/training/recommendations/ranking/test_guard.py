"""The guard trusts the ranker unless a held-out window clearly prefers the simple score."""

import numpy as np

from serving.bundle.scoring import Guard
from training.recommendations.ranking.guard import choose, ndcg_at_10
from training.recommendations.ranking.rows import Rows

CUSTOMERS, CANDIDATES = 40, 12


def held_out() -> Rows:
    """Column 0 is the simple score: the two SKUs with the highest were bought."""
    simple = np.tile(np.arange(CANDIDATES, dtype=np.float32), CUSTOMERS)
    return Rows(
        features=np.stack([simple, np.zeros_like(simple)], axis=1),
        labels=(simple >= CANDIDATES - 2).astype(np.float32),
        groups=np.full(CUSTOMERS, CANDIDATES, dtype=np.int32),
        is_new=np.zeros(len(simple), dtype=bool),
    )


def test_a_ranker_that_is_right_is_left_alone() -> None:
    rows = held_out()
    assert choose(rows.labels.copy(), rows, column=0) == Guard(column=0, weight=0.0)


def test_a_ranker_that_is_wrong_is_overruled() -> None:
    rows = held_out()
    guard = choose(-rows.features[:, 0], rows, column=0)
    assert guard.weight > 0.5
    assert ndcg_at_10(guard, -rows.features[:, 0], rows) == 1.0


def test_a_tie_goes_to_the_ranker() -> None:
    rows = held_out()
    assert choose(rows.features[:, 0] * 3 + 1, rows, column=0).weight == 0.0


def test_ndcg_by_hand() -> None:
    """One customer, bought the SKU in place 2 of 3: (1 / log2 3) / 1."""
    rows = Rows(
        np.zeros((3, 1), dtype=np.float32),
        np.array([0, 1, 0], dtype=np.float32),
        np.array([3], dtype=np.int32),
        np.zeros(3, dtype=bool),
    )
    assert ndcg_at_10(Guard(0, 0.0), np.array([3, 2, 1], dtype=np.float32), rows) == 1 / np.log2(3)


def test_mixing_is_of_standardised_scores() -> None:
    """Scores 0, 2 stand at −1, 1; the simple score 4, 0 has roots 2, 0, which stand at 1, −1."""
    features = np.array([[4.0], [0.0]], dtype=np.float32)
    scores = np.array([0.0, 2.0], dtype=np.float32)
    assert Guard(0, 0.25).mix(scores, features).tolist() == [-0.5, 0.5]
    assert Guard(0, 0.0).mix(scores, features) is scores
    assert Guard(0, 1.0).mix(scores[:0], features[:0]).shape == (0,)


def test_candidates_that_all_score_the_same_stay_finite() -> None:
    same = np.ones(3, dtype=np.float32)
    assert Guard(0, 0.5).mix(same, np.ones((3, 1), dtype=np.float32)).tolist() == [0, 0, 0]
