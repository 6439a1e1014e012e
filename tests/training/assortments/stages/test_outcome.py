"""What a buyer is told of a plan that its model may overrate: by resampled histories, and by what a unit sells for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.helpers.shelf_shops import two_skus
from training.assortments.stages.outcome import Outcome, overrated
from training.assortments.tables.defects import traded_up


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


@pytest.mark.parametrize(("sales", "said"), [(1200, "dearer SKUs"), (1050, None), (800, "cheaper SKUs"), (0, None)])
def test_a_plan_that_needs_shoppers_to_trade_up_says_so(sales, said):
    rows = pd.DataFrame({
        "sales_now_cents": [600, 400],
        "sales_proposed_cents": [sales, 0],
        "units_now": [6.0, 4.0],
        "units_proposed": [10.0, 0.0],
    })  # fmt: skip
    found = traded_up(rows)
    assert [said in sentence for sentence in found] == ([] if said is None else [True])
    assert all("1.00 now" in sentence for sentence in found)
