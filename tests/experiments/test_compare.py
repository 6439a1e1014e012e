"""Two trainings compared: paired by customer and cutoff, on the customers that both judged."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from experiments.compare import compare
from features.errors import DataError
from tests.helpers.records import training_record
from training.recommendations.metrics.ranking import METRICS
from training.recommendations.record import RANKER


def record(levels: dict[str, float], cutoff: str = "2025-01-01"):
    """A training whose ranker had this level of every metric for each customer, on task all."""
    rows = [
        {"customer_id": name, "model": RANKER, "task": "all", **dict.fromkeys(METRICS, at)}
        for name, at in levels.items()
    ]
    return replace(training_record(Path("b-1")), cutoff=cutoff, per_customer=pd.DataFrame(rows))


def test_differences_are_of_the_customers_that_both_judged():
    found = compare([(record({"ann": 0.2, "bob": 0.4, "eve": 0.9}), record({"bob": 0.5, "ann": 0.4, "kim": 0.1}))])
    (row,) = found[found["metric"] == "ndcg_at_10"].to_dict("records")
    assert (row["task"], row["customers"], row["first"], row["second"]) == ("all", 2, 0.30000000000000004, 0.45)
    assert row["difference"] == pytest.approx(0.15)
    assert row["low"] <= 0.1 + 1e-9
    assert row["high"] >= 0.2 - 1e-9


def test_customers_are_drawn_with_all_their_cutoffs():
    """One customer in two cutoffs is no interval at all: there is nobody else to draw."""
    pairs = [(record({"ann": 0.1}, cutoff), record({"ann": at}, cutoff)) for cutoff, at in (("a", 0.3), ("b", 0.5))]
    row = compare(pairs).iloc[0]
    assert (row["customers"], row["difference"], row["low"], row["high"]) == pytest.approx((1, 0.3, 0.3, 0.3))


def test_nobody_in_common_is_told():
    with pytest.raises(DataError, match="No customer was judged by both"):
        compare([(record({"ann": 0.1}), record({"bob": 0.1}))])
