"""The gate on invented records: each reason to pass or to refuse."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.records import training_record
from training.recommendations.gate import Interval, beats_baselines, holds_against_champion, logged
from training.recommendations.record import RANKER

BUNDLE = Path("bundles/b-1")


def record(**dials):
    return training_record(BUNDLE, **dials)


def without_customers(given):
    """As a run that logged no figures of each customer."""
    return replace(given, per_customer=pd.DataFrame())


def comparison(**rows):
    """Model -> (mean, difference, low end, high end), for NDCG@10 of everything bought."""
    return pd.DataFrame(
        [(model, "all", "ndcg_at_10", mean, mean, mean, *lead) for model, (mean, *lead) in rows.items()],
        columns=["model", "task", "metric", "mean", "low", "high", "difference", "difference_low", "difference_high"],
    )


class TestAgainstTheBaselines:
    def test_a_clear_lead_passes_and_is_told(self):
        check = beats_baselines(record(lift=0.03))
        assert check.passed
        assert check.found.startswith("+0.0300 [+0.0")
        assert check.found.endswith("over frequency, paired")

    @pytest.mark.parametrize("lift", [0.0, -0.02])
    def test_no_lead_is_refused(self, lift):
        assert not beats_baselines(record(lift=lift)).passed

    def test_a_lead_within_noise_is_refused(self):
        check = beats_baselines(record(lift=0.001, noise=0.05))
        assert not check.passed
        assert check.found.startswith("+0.0010 [-0.0")

    @pytest.mark.parametrize(("low", "passes"), [(0.0, False), (1e-6, True)])
    def test_the_low_end_has_to_lie_above_zero(self, low, passes):
        table = comparison(ranker=(0.3, 0.02, low, 0.04), frequency=(0.28, 0, 0, 0), als=(0.2, -0.08, -0.1, -0.06))
        check = beats_baselines(replace(record(), comparison=table))
        assert check.passed is passes
        assert "over frequency" in check.found

    @pytest.mark.parametrize(
        "table",
        [
            comparison(ranker=(0.3, float("nan"), float("nan"), float("nan"))),
            comparison(frequency=(0.3, 0.0, 0.0, 0.0)),
            pd.DataFrame(),
        ],
        ids=["no baseline", "no ranker", "no table"],
    )
    def test_without_a_comparison_it_is_refused(self, table):
        check = beats_baselines(replace(record(), comparison=table))
        assert (check.passed, check.found) == (False, "no comparison with baselines was logged")

    def test_a_lead_that_could_not_be_computed_is_refused(self):
        table = comparison(ranker=(0.3, float("nan"), float("nan"), float("nan")), frequency=(0.28, 0, 0, 0))
        assert not beats_baselines(replace(record(), comparison=table)).passed


class TestAgainstTheChampionOnTheSameLabels:
    def test_the_first_version_has_none_to_hold_against(self):
        check = holds_against_champion(record(), None, None)
        assert (check.passed, check.found) == (True, "there is no champion yet")

    def test_better_passes_paired(self):
        check = holds_against_champion(record(level=0.32, seed=1), record(), "4")
        assert check.passed
        assert "against version 4; paired on the same 60 customers" in check.found

    def test_the_same_model_again_passes(self):
        check = holds_against_champion(record(), record(), "4")
        assert check.passed
        assert check.found.startswith("+0.0000 [+0.0000, +0.0000]")

    def test_worse_within_noise_passes(self):
        check = holds_against_champion(record(level=0.299, seed=1), record(), "4")
        assert check.passed
        assert check.found.startswith("-0.0010 [-0.0")

    def test_worse_beyond_noise_is_refused(self):
        assert not holds_against_champion(record(level=0.28, seed=1), record(), "4").passed

    def test_a_small_loss_that_only_pairing_can_see_is_refused(self):
        """Customers differ by .12 and the models within a customer by .005: unpaired, the loss of .004 is noise."""
        worse = holds_against_champion(record(level=0.296, noise=0.005, seed=1), record(noise=0.005), "4")
        assert not worse.passed
        assert record().comparison.query("model == 'ranker' and task == 'all'")["low"].iloc[0] < 0.296

    def test_the_order_of_customers_is_no_matter(self):
        shuffled = replace(record(), per_customer=record().per_customer.sample(frac=1, random_state=3))
        assert holds_against_champion(shuffled, record(), "4").found.startswith("+0.0000 [+0.0000, +0.0000]")


class TestAgainstTheChampionOnOtherLabels:
    @pytest.mark.parametrize(
        "dials", [{"cutoff": "2026-03-08T00:00:00"}, {"digest": "a" * 64}, {"customers": 59}], ids=str
    )
    def test_another_cutoff_data_or_customers_are_not_paired(self, dials):
        check = holds_against_champion(record(**dials), record(), "4")
        assert check.passed
        assert "not paired" in check.found

    def test_a_harder_week_is_no_fault_of_the_model(self):
        """NDCG is a third lower, the lead over the baseline the same."""
        week = {"cutoff": "2026-03-08T00:00:00", "seed": 1}
        check = holds_against_champion(record(level=0.2, lift=0.03, **week), record(level=0.3, lift=0.03), "4")
        assert check.passed

    def test_a_lead_that_shrank_beyond_noise_is_refused(self):
        week = {"cutoff": "2026-03-08T00:00:00", "seed": 1}
        check = holds_against_champion(record(level=0.32, lift=0.01, **week), record(level=0.3, lift=0.04), "4")
        assert not check.passed
        assert check.found.startswith("-0.0300 [")
        assert "lead over frequency +0.0100" in check.found

    def test_the_interval_of_the_difference_of_two_leads_by_hand(self):
        """Leads .05 [.02, .09] and .04 [.01, .08]: .01 − √(.03² + .04²) = −.04, .01 + √(.04² + .03²) = .06."""
        new = replace(without_customers(record()), cutoff="2026-03-08T00:00:00")
        new = replace(new, comparison=comparison(ranker=(0.3, 0.05, 0.02, 0.09), frequency=(0.25, 0, 0, 0)))
        old = replace(without_customers(record()))
        old = replace(old, comparison=comparison(ranker=(0.3, 0.04, 0.01, 0.08), frequency=(0.26, 0, 0, 0)))
        check = holds_against_champion(new, old, "4")
        assert check.passed
        assert check.found.startswith("+0.0100 [-0.0400, +0.0600] against version 4; not paired")

    def test_the_baseline_that_was_best_for_the_champion_is_the_common_one(self):
        new = record(cutoff="2026-03-08T00:00:00", baselines=("als", "item-knn"))
        old = record(baselines=("popularity", "als"))
        assert "lead over als" in holds_against_champion(new, old, "4").found

    def test_a_champion_whose_figures_of_customers_are_of_another_kind_is_compared_by_leads(self):
        old = replace(record(), per_customer=record().per_customer.drop(columns="model"))
        check = holds_against_champion(record(), old, "4")
        assert check.passed
        assert "not paired" in check.found

    @pytest.mark.parametrize(
        ("new", "old"),
        [
            (record(cutoff="2026-03-08T00:00:00", baselines=("als",)), record(baselines=("popularity",))),
            (without_customers(record()), replace(without_customers(record()), comparison=pd.DataFrame())),
            (record(), None),
        ],
        ids=["no common baseline", "logged nothing", "has no record"],
    )
    def test_nothing_in_common_is_refused_and_says_the_way_out(self, new, old):
        check = holds_against_champion(new, old, "4")
        assert not check.passed
        assert "nothing that version 4 and this one have in common" in check.found
        assert "take the alias champion away from version 4" in check.asked


class TestWhatTheTrainingChecked:
    @pytest.mark.parametrize("passed", [True, False])
    def test_it_is_taken_as_it_was_logged(self, passed):
        check = logged(record(checks={"onnx_equal": (passed, "3e-06")}), "onnx_equal", "the same ranking")
        assert (check.passed, check.found, check.asked) == (passed, "3e-06", "the same ranking")

    def test_what_was_not_checked_is_refused(self):
        check = logged(record(checks={"other": (True, "")}), "onnx_equal", "the same ranking")
        assert (check.passed, check.found) == (False, "the training did not check it")


def test_an_interval_is_told_with_signs():
    assert str(Interval(0.0123456, -0.001, 0.02)) == "+0.0123 [-0.0010, +0.0200]"


def test_the_invented_records_hang_together():
    """The comparison is the mean of the figures of each customer, and the best baseline is at no distance to itself."""
    given = record(lift=0.03)
    told = given.comparison.query("metric == 'ndcg_at_10'").set_index(["model", "task"])["mean"]
    means = given.per_customer.groupby(["model", "task"])["ndcg_at_10"].mean()
    np.testing.assert_allclose(means.reindex(told.index), told)
    ours = given.comparison.query("model == @RANKER and task == 'all' and metric == 'ndcg_at_10'").iloc[0]
    assert ours["difference"] == pytest.approx(0.03)
    assert RANKER in set(given.comparison["model"])
