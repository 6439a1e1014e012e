"""The guard: a ranker that a held-out window does not trust is mixed with a simple score.

On a stranger's data, or after a shift such as a holiday, a ranker can lose to a customer's own
frequency. The mix is chosen on the latest label window, which the ranker under test did not learn from.
"""

import numpy as np

from features.facts.facts import Floats
from serving.bundle.scoring import Guard
from training.recommendations.ranking.rows import Rows

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)

LEAST_GAIN = 0.002
"""NDCG@10 that a mix must win to be used: less is the noise of choosing among five."""

_DISCOUNT = 1 / np.log2(np.arange(2, 12))


def choose(scores: Floats, held_out: Rows, column: int) -> Guard:
    """The mix with the best NDCG@10 on the rows of a window; the ranker alone unless a mix is clearly better."""
    found = {weight: ndcg_at_10(Guard(column, weight), scores, held_out) for weight in WEIGHTS}
    best = max(found, key=lambda weight: (found[weight], -weight))
    return Guard(column, best if found[best] >= found[0.0] + LEAST_GAIN else 0.0)


def ndcg_at_10(guard: Guard, scores: Floats, rows: Rows) -> float:
    """Mean over customers, of their candidates only: labels outside the candidates are not counted."""
    ends = np.cumsum(rows.groups)
    total = 0.0
    for start, end in zip(ends - rows.groups, ends, strict=True):
        mixed = guard.mix(scores[start:end], rows.features[start:end])
        labels = rows.labels[start:end][np.argsort(-mixed, kind="stable")[:10]]
        ideal = _DISCOUNT[: int(min(rows.labels[start:end].sum(), 10))].sum()
        total += float((labels * _DISCOUNT[: len(labels)]).sum() / max(ideal, 1e-9))
    return total / max(len(rows.groups), 1)
