"""The best list where every SKU counts for itself: scores · x under the rules, a small knapsack."""

import numpy as np
from scipy import sparse

from training.assortments.optimiser.highs import Program, solve_program
from training.assortments.optimiser.problem import Flags, Floats
from training.assortments.optimiser.shelf import Shelf

_SECONDS = 5.0


def best_selection(shelf: Shelf, scores: Floats) -> tuple[Flags | None, float]:
    """The list with the largest sum of scores (n,), and a bound on that sum; None and −inf where rules contradict.

    Without limits, or with none but a number of SKUs, it is read off the order of the scores.
    """
    if (shelf.must & ~shelf.may).any():
        return None, -np.inf
    if not len(shelf.rows) or (len(shelf.rows) == 1 and (shelf.rows == 1).all()):
        return _by_order(shelf, scores)
    program = Program(
        cost=scores,
        low=shelf.must.astype(np.float64),
        high=shelf.may.astype(np.float64),
        whole=np.ones(len(scores), dtype=bool),
        matrix=sparse.csr_array(shelf.rows),
        row_low=np.full(len(shelf.rows), -np.inf),
        row_high=shelf.most,
    )
    found = solve_program(program, _SECONDS)
    return (None if found.values is None else found.values > 0.5), found.bound


def _by_order(shelf: Shelf, scores: Floats) -> tuple[Flags | None, float]:
    room = (int(shelf.most[0]) if len(shelf.rows) else len(scores)) - int(shelf.must.sum())
    if room < 0:
        return None, -np.inf
    listed = shelf.must.copy()
    free = np.flatnonzero(shelf.may & ~shelf.must & (scores > 0))
    listed[free[np.argsort(-scores[free], kind="stable")[:room]]] = True
    return listed, float(scores[listed].sum())
