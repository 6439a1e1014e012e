"""One class and no costs of listing: the best ratio of two sums, exactly; and the cheap bound that follows from it.

Dinkelbach (1967), "On nonlinear fractional programming": R(S) = Σ value·w / (1 + Σ w) is at least θ where the largest
Σ w·(value − θ) over the lists that keep the rules is at least θ; θ rises to the best R in a few steps.
"""

import numpy as np

from training.assortments.optimiser.problem import Flags, Floats
from training.assortments.optimiser.selection import best_selection
from training.assortments.optimiser.shelf import Shelf

_STEPS = 100


def best_ratio(shelf: Shelf, weight: Floats, value: Floats) -> tuple[Flags | None, float]:
    """The list with the largest Σ value·w / (1 + Σ w), for one class (n,), and a bound on it; None where rules clash.

    The bound: Σ w·(value − θ) ≤ F for every list gives R ≤ θ + (F − θ) / (1 + Σ w), and Σ w is at least that of the
    must-carry SKUs.
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
