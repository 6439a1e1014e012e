"""Training rows of an invented shop where a rule says what is bought."""

from typing import Any

import numpy as np

from training.recommendations.ranking.rows import Rows

NAMES = ("signal", "noise", "simple.score")
"""`signal` decides what is bought; `simple.score` is a weak echo of it; `noise` says nothing."""

SMALL: dict[str, Any] = {"min_data_in_leaf": 20, "num_leaves": 7}
"""Leaves small enough for a few hundred customers."""


def rule_rows(seed: int, customers: int = 60, candidates: int = 20, clarity: float = 1.0) -> Rows:
    """The two candidates with the highest signal are bought, with some chance where `clarity` is below 1."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(customers, candidates)).astype(np.float32)
    score = clarity * signal + (1 - clarity) * rng.normal(size=signal.shape)
    bought = score >= np.sort(score, axis=1)[:, -2][:, None]
    simple = np.maximum(signal + 2 * rng.normal(size=signal.shape), 0)
    features = np.stack([signal, rng.normal(size=signal.shape), simple], axis=2).astype(np.float32)
    return Rows(
        features=features.reshape(-1, len(NAMES)),
        labels=bought.astype(np.float32).ravel(),
        groups=np.full(customers, candidates, dtype=np.int32),
        is_new=rng.random(customers * candidates) < 0.5,
    )
