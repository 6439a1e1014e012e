"""Intervals: what they must be on figures whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from training.recommendations.metrics.bootstrap import paired, summary


@pytest.fixture
def figures() -> pd.DataFrame:
    generator = np.random.default_rng(7)
    index = pd.Index([f"c{n}" for n in range(400)], name="customer_id")
    return pd.DataFrame({"hit": generator.random(400) < 0.3, "gain": generator.normal(2, 1, 400)}, index=index)


def test_constant_figures_have_no_spread():
    constant = pd.DataFrame({"hit": [0.25] * 9})
    assert summary(constant).loc["hit"].tolist() == [0.25, 0.25, 0.25]


def test_the_interval_is_that_of_the_normal_law_where_customers_are_many(figures):
    row = summary(figures, resamples=4000).loc["gain"]
    half = 1.96 * figures["gain"].std(ddof=0) / np.sqrt(len(figures))
    assert row["mean"] == pytest.approx(figures["gain"].mean())
    assert row["low"] == pytest.approx(row["mean"] - half, abs=0.1 * half)
    assert row["high"] == pytest.approx(row["mean"] + half, abs=0.1 * half)


def test_same_seed_same_interval_and_another_seed_another(figures):
    pd.testing.assert_frame_equal(summary(figures), summary(figures))
    assert summary(figures, seed=1).loc["gain", "low"] != summary(figures).loc["gain", "low"]


def test_resamples_are_those_of_drawing_one_after_the_other(figures, monkeypatch):
    generator, values = np.random.default_rng(0), figures["gain"].to_numpy()
    means = [values[generator.integers(0, len(values), len(values))].mean() for _ in range(1000)]
    whole = summary(figures)
    assert whole.loc["gain", ["low", "high"]].tolist() == pytest.approx(np.percentile(means, [2.5, 97.5]), abs=1e-12)
    for at_once in (3 * len(values), 1):
        monkeypatch.setattr("training.recommendations.metrics.bootstrap._AT_ONCE", at_once)
        pd.testing.assert_frame_equal(summary(figures), whole)


def test_a_paired_difference_is_surer_than_two_intervals(figures):
    better = figures.astype(float) + 0.05
    row = paired(better, figures).loc["gain"]
    assert row.tolist() == pytest.approx([0.05, 0.05, 0.05])


def test_pairs_must_be_the_same_customers(figures):
    with pytest.raises(ValueError, match="same customers: 400 against 399"):
        paired(figures, figures.iloc[1:])


def test_customers_seen_at_several_cutoffs_are_drawn_whole(figures):
    customers = pd.Series(figures.index)
    once = summary(figures, clusters=customers)
    pd.testing.assert_frame_equal(once, summary(figures))
    thrice = summary(pd.concat([figures] * 3), clusters=pd.concat([customers] * 3))
    pd.testing.assert_frame_equal(thrice, once)


def test_without_customers_nothing_is_known(figures):
    assert summary(figures.iloc[:0]).isna().all(axis=None)
