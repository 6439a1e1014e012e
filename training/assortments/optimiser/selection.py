"""The best list where every SKU counts for itself: the largest sum, and the best ratio of two sums."""

import numpy as np
from scipy import sparse

from training.assortments.optimiser.highs import Program, solve_program
from training.assortments.optimiser.problem import Flags, Floats
from training.assortments.optimiser.shelf import Shelf

_SECONDS = 5.0
_STEPS = 100


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


def best_ratio(shelf: Shelf, weight: Floats, value: Floats) -> tuple[Flags | None, float]:
    """The list with the largest Σ value·w / (1 + Σ w), for one class (n,), and a bound on it; None where rules clash.

    The bound: Σ w·(value − θ) ≤ F for every list gives R ≤ θ + (F − θ) / (1 + Σ w), and Σ w is at least that of the
    must-carry SKUs.

    Dinkelbach (1967), "On nonlinear fractional programming": R(S) = Σ value·w / (1 + Σ w) is at least θ where the
    largest Σ w·(value − θ) over the lists that keep the rules is at least θ; θ rises to the best R in a few steps.
    """
    listed, theta, bound = None, 0.0, np.inf
    least = 1.0 + float(weight[shelf.must].sum())
    for _ in range(_STEPS):
        found, most = best_selection(shelf, weight * (value - theta))
        if found is None:
            return None, -np.inf
        ratio = float((weight * value)[found].sum() / (1 + weight[found].sum()))
        bound = theta + max(most - theta, 0.0) / least
        if listed is not None and ratio <= theta:
            return listed, max(bound, theta)
        listed, theta = found, ratio
    return listed, bound


def cheap_bound_cents(shelf: Shelf) -> float:
    """Σ_k max_S R_k(S): what is earned at most if every class had a list of its own.

    Costs of listing are left out where they are above 0, and granted in full where they are below.
    """
    best = [best_ratio(shelf, weight, value)[1] for weight, value in zip(shelf.weight, shelf.value_cents, strict=True)]
    may = shelf.may
    return float(sum(best) - np.minimum(shelf.cost_cents[may], 0.0).sum())
