"""What a plan earns under its own model and in resampled histories: where they part, a buyer is told."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assort.outcome import Outcome, overrated


@pytest.mark.parametrize(("factors", "said"), [((0.8, 0.9, 0.9), "10% lower"), ((0.99, 1.0, 1.1), None)])
def test_a_plan_that_resamples_like_less_is_told_to_be_overrated(factors, said):
    problem = two_skus()
    draws = tuple(replace(problem, visits=problem.visits * factor) for factor in factors)
    carried = np.array([[True, False]])
    sold = np.zeros(carried.shape)
    out = Outcome(
        problem, draws, (problem, problem), carried, carried, carried.astype(int), sold,
        np.stack([sold] * len(draws)), problem.unit_profit_cents,
    )  # fmt: skip
    found = overrated(out)
    assert [said in sentence for sentence in found] == ([] if said is None else [True])
