"""The figures say what their tables say, and draw whatever a small run gives them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.records import FEATURES, training_record
from training.recommendations import figures as drawn
from training.recommendations.figures import figures, label
from training.recommendations.record import RANKER


@pytest.fixture(scope="module")
def record():
    return training_record(Path("bundles/b-1"))


def words(figure):
    """Every text of a figure: titles, labels, ticks, notes, legends."""
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(lambda found: hasattr(found, "get_text")) if text.get_text()]


def bars(axes):
    return [(round(bar.get_y() + bar.get_height() / 2, 6), bar.get_width()) for bar in axes.patches]


def test_a_whole_record_has_every_figure(record):
    assert list(figures(record)) == [
        "ndcg_against_baselines", "ndcg_by_slice", "recall_by_source", "feature_importance", "learning_curve", "stages",
    ]  # fmt: skip


def test_an_empty_table_has_no_figure(record):
    small = replace(record, slices=record.slices.iloc[:0], curve=pd.DataFrame())
    assert {"ndcg_by_slice", "learning_curve"}.isdisjoint(figures(small))
    assert len(figures(small)) == 4


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("ndcg_against_baselines", "from 0 to 1"),
        ("ndcg_by_slice", "n is customers"),
        ("recall_by_source", "in %"),
        ("feature_importance", "in %"),
        ("learning_curve", "by number of trees"),
        ("stages", "in seconds"),
    ],
)
def test_each_says_its_units(record, name, units):
    assert any(units in text for text in words(figures(record)[name]))


class TestBaselines:
    def test_the_best_is_on_top_and_the_ranker_is_in_colour(self, record):
        everything, new = drawn.baselines(record.comparison).axes
        order = [tick.get_text() for tick in everything.get_yticklabels()]
        assert order == ["popularity", "als", "item-knn", "frequency", RANKER]
        colours = everything.collections[1].get_facecolors()
        assert len({tuple(colour) for colour in colours}) == 2
        assert tuple(colours[-1]) != tuple(colours[0])
        assert new.get_xlabel() == "NDCG@10: first purchases only"

    def test_dots_and_bars_are_the_means_and_intervals(self, record):
        axes = drawn.baselines(record.comparison).axes[0]
        rows = record.comparison.query("task == 'all' and metric == 'ndcg_at_10'").sort_values("mean")
        np.testing.assert_allclose(axes.collections[1].get_offsets()[:, 0], rows["mean"])
        ends = np.array([segment[:, 0] for segment in axes.collections[0].get_segments()])
        np.testing.assert_allclose(ends, rows[["low", "high"]])

    def test_the_paired_lead_is_told(self, record):
        assert any(
            text.startswith(f"{RANKER} − best baseline: +0.030 [") for text in words(drawn.baselines(record.comparison))
        )

    def test_without_a_ranker_no_lead_is_told(self, record):
        only = record.comparison[record.comparison["model"] != RANKER]
        assert not any("paired" in text for text in words(drawn.baselines(only)))


class TestSlices:
    def test_a_slice_that_a_task_lacks_leaves_its_row_empty(self, record):
        gone = (record.slices["task"] == "new") & (record.slices["value"] == "web")
        figure = drawn.slices(record.slices[~gone])
        said = words(figure)
        assert "channel: web" in said
        assert sum(text.endswith("n=320") for text in said) == 1

    def test_rows_stand_in_the_order_of_the_table(self, record):
        ticks = [tick.get_text() for tick in drawn.slices(record.slices).axes[0].get_yticklabels()]
        assert ticks[::-1][:3] == ["history: light", "history: medium", "history: heavy"]


class TestSources:
    def test_bars_are_percentages_the_best_on_top(self, record):
        found, filled = drawn.source_recall(record.source_recall).axes
        assert [tick.get_text() for tick in found.get_yticklabels()][-1] == "pool (300 each)"
        assert max(bars(found), key=lambda bar: bar[1])[1] == pytest.approx(71)
        assert [width for _, width in bars(filled)] == pytest.approx([8, 15, 22, 31, 24, 100])

    def test_no_depth_and_no_share_are_no_trouble(self, record):
        table = record.source_recall.assign(depth=np.nan, share=np.nan)
        ticks = [tick.get_text() for tick in drawn.source_recall(table).axes[0].get_yticklabels()]
        assert "pool" in ticks


class TestImportance:
    def test_shares_of_the_gain_add_up_and_the_strongest_is_on_top(self, record):
        axes = drawn.feature_importance(record.importance).axes[0]
        assert sum(width for _, width in bars(axes)) == pytest.approx(100)
        assert axes.get_yticklabels()[-1].get_text() == FEATURES[0]

    def test_a_long_tail_is_cut_and_said_so(self):
        table = pd.DataFrame({"feature": [f"f{n:03d}" for n in range(80)], "gain": np.arange(80.0), "splits": 1})
        table["family"] = "rhythm"
        figure = drawn.feature_importance(table)
        assert "Feature importance: the 25 strongest of 80, and all by family\n" in words(figure)
        assert len(figure.axes[0].patches) == 25

    def test_families_have_what_their_features_have_together(self, record):
        below = drawn.feature_importance(record.importance).axes[1]
        total = record.importance["gain"].sum()
        expected = sorted(record.importance.groupby("family")["gain"].sum() / total * 100)
        assert [width for _, width in bars(below)] == pytest.approx(expected)

    def test_a_ranker_that_never_split_has_no_shares(self):
        table = pd.DataFrame({"feature": ["a", "b"], "gain": [0.0, 0.0], "splits": [0, 0], "family": ["a", "a"]})
        assert [width for _, width in bars(drawn.feature_importance(table).axes[0])] == [0, 0]


class TestLearningCurve:
    def test_the_best_validation_is_marked(self, record):
        valid = record.curve[record.curve["dataset"] == "valid"]
        best = valid.loc[valid["value"].idxmax()]
        said = words(drawn.learning_curve(record.curve))
        assert f"best: {best['value']:.4f} at {best['iteration']} trees" in said
        assert {"train", "valid", "NDCG@10"} <= set(said)

    @pytest.mark.parametrize("dataset", ["train", "valid"])
    def test_one_data_set_and_one_tree_are_enough(self, dataset):
        curve = pd.DataFrame({"iteration": [1], "dataset": [dataset], "metric": ["ndcg@10"], "value": [0.3]})
        assert {dataset, "NDCG@10"} <= set(words(drawn.learning_curve(curve)))

    def test_each_metric_has_a_panel(self, record):
        two = pd.concat([record.curve, record.curve.assign(metric="map@12")])
        assert [axes.get_ylabel() for axes in drawn.learning_curve(two).axes] == ["NDCG@10", "MAP@12"]


class TestStages:
    def test_the_first_stage_is_on_top_and_the_sum_is_told(self, record):
        figure = drawn.stages(record.stages)
        assert "Stages: 2 min 48 s in all, 2,900 MB at the peak\n" in words(figure)
        assert figure.axes[0].get_yticklabels()[-1].get_text() == "ingest"

    def test_short_runs_are_told_in_seconds(self):
        table = pd.DataFrame({"stage": ["fit"], "seconds": [1.25], "cpu_seconds": [2.0], "peak_mb": [300.0]})
        assert "Stages: 1.2 s in all, 300 MB at the peak\n" in words(drawn.stages(table))


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        ("ndcg_at_10", "NDCG@10"), ("ndcg@10", "NDCG@10"), ("recall_at_100", "Recall@100"), ("map_at_12", "MAP@12"),
        ("hit_at_10", "Hit rate@10"), ("binary_logloss", "Binary logloss"),
    ],
)  # fmt: skip
def test_metrics_have_names_for_people(metric, shown):
    assert label(metric) == shown


def test_nothing_global_is_touched():
    """No pyplot: it keeps every figure and picks a window system."""
    code = "import sys, training.recommendations.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
