"""The pool: every source's best SKUs for each customer, merged, with every source's score for each of them."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes, Columns, Floats, Grouped
from training.recommendations.interactions import Interactions, dense

CHUNK = 256


class Scorer(Protocol):
    """What every candidate source fits to: a score of each active SKU for each customer."""

    def scores(self, customers: Codes) -> Floats:
        """(len(customers), n) float32; 0 where the source has nothing to say."""
        ...


def pool(known: Interactions, scorers: Mapping[str, Scorer], customers: Codes, depths: Mapping[str, int]) -> Grouped:
    """Candidates of the customers: group g is customers[g], keys are SKU codes, one column a source.

    A source proposes its `depths[name]` best SKUs with a score above zero. Sources other than
    `repeat` propose among the SKUs that the customer has not bought yet: what was bought comes from
    `repeat`.
    """
    parts = [_chunk(known, scorers, customers[at : at + CHUNK], depths) for at in range(0, len(customers), CHUNK)]
    counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part[0] for part in parts)])
    keys = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, dtype=np.int32)
    values = np.concatenate([part[2] for part in parts]) if parts else np.zeros((0, len(scorers)), dtype=np.float32)
    return Grouped(np.cumsum(counts), keys, Columns(tuple(scorers), values))


def _chunk(
    known: Interactions, scorers: Mapping[str, Scorer], customers: Codes, depths: Mapping[str, int]
) -> tuple[NDArray[np.int64], Codes, Floats]:
    bought = dense(known.baskets[customers]) > 0
    chosen = np.zeros(bought.shape, dtype=bool)
    scores = {name: scorer.scores(customers) for name, scorer in scorers.items()}
    for name, score in scores.items():
        eligible = score if name == "repeat" else np.where(bought, 0, score)
        _choose(chosen, eligible, depths[name])
    row, column = np.nonzero(chosen)
    values = np.stack([score[row, column] for score in scores.values()], axis=1)
    return np.bincount(row, minlength=len(customers)), known.skus[column], values


def _choose(chosen: NDArray[np.bool_], score: Floats, depth: int) -> None:
    best = _best(score, min(depth, score.shape[1]))
    positive = np.take_along_axis(score, best, axis=1) > 0
    np.put_along_axis(chosen, best, np.take_along_axis(chosen, best, axis=1) | positive, axis=1)


BLOCK = 64


def _best(score: Floats, depth: int) -> NDArray[np.int64]:
    """(rows, depth) columns of the highest scores of each row, in no order.

    They lie in the `depth` blocks of columns with the highest maxima: only those are partitioned.
    """
    rows, columns = score.shape
    blocks = columns // BLOCK
    if blocks < 4 * depth:  # too few blocks to leave out
        return np.argpartition(score, columns - depth, axis=1)[:, columns - depth :]
    maxima = score[:, : blocks * BLOCK].reshape(rows, blocks, BLOCK).max(axis=2)
    chosen = np.argpartition(maxima, blocks - depth, axis=1)[:, blocks - depth :]
    rest = np.arange(blocks * BLOCK, columns)
    where = (chosen[:, :, None] * BLOCK + np.arange(BLOCK)).reshape(rows, -1)
    where = np.concatenate([where, np.broadcast_to(rest, (rows, len(rest)))], axis=1)
    found = np.take_along_axis(score, where, axis=1)
    best = np.argpartition(found, found.shape[1] - depth, axis=1)[:, found.shape[1] - depth :]
    return np.take_along_axis(where, best, axis=1)
