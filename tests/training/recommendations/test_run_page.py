"""What a run's page shows, before MLflow has seen it."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.records import training_record
from training.recommendations.record import DatasetRecord
from training.recommendations.run_page import (
    best_baseline,
    dataset_entries,
    detail_points,
    headline_points,
    parameters,
    ranker_row,
    summary,
    tables,
    yardstick,
)
from training.tracking.page import clean, in_section


@pytest.fixture(scope="module")
def record():
    return training_record(Path("bundles/b-1"))


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("ndcg@10", "ndcg_at_10"), ("store size", "store size"), ("a/b", "a_b"), ("蔬菜", "蔬菜"), ("", "none"),
        ("..", "none"), ("50% off!", "50_ off_"), ("x" * 300, "x" * 250), (7, "7"),
    ],
)  # fmt: skip
def test_names_are_brought_into_characters_that_mlflow_takes(name, cleaned):
    assert clean(name) == cleaned


def test_a_section_holds_one_name_without_further_slashes():
    assert in_section("slice", "all", "channel", "web/app", "ndcg@10") == "slice/all.channel.web_app.ndcg_at_10"


def test_the_numbers_of_the_ranker_stand_before_those_of_baselines(record):
    names = [point.name for point in headline_points(record)]
    assert set(names) == set(record.metrics)
    assert {name.count(".") for name in names[:10]} == {1}
    assert {name.count(".") for name in names[10:]} == {2}


def test_numbers_are_rounded_and_those_without_a_value_left_out(record):
    odd = replace(record, metrics={"a": 0.1 + 0.2, "b": float("nan"), "c": float("inf")})
    assert [(point.name, point.value) for point in headline_points(odd)] == [("a", 0.3)]


def test_the_curve_has_steps_and_nothing_else_has(record):
    steps = {}
    for point in detail_points(record):
        steps.setdefault(point.name.partition("/")[0], set()).add(point.step)
    assert steps.pop("curve") == set(range(1, 121))
    assert steps == {"slice": {0}, "source": {0}, "stage": {0}}


def test_parameters_are_text_with_the_cutoff_and_no_longer_than_mlflow_takes(record):
    given = parameters(replace(record, params={"seed": 3, "sources": "x" * 7000, "fit@full": True}))
    assert given["cutoff"] == record.cutoff
    assert (given["seed"], given["fit_at_full"], len(given["sources"])) == ("3", "True", 6000)


class TestYardstick:
    def test_it_is_the_cutoff_and_the_purchases(self, record):
        promotions = DatasetRecord("promotions", Path("p.parquet"), "f" * 64, 3)
        assert yardstick(replace(record, datasets=(record.datasets[0], promotions))) == yardstick(record)
        assert yardstick(replace(record, cutoff="2026-03-08T00:00:00")) != yardstick(record)
        other = replace(record.datasets[0], digest="a" * 64)
        assert yardstick(replace(record, datasets=(other, record.datasets[1]))) != yardstick(record)

    def test_where_nothing_is_called_purchases_it_is_all_of_them_in_any_order(self, record):
        one, two = (DatasetRecord(name, Path(name), name * 64, 1) for name in "ab")
        assert yardstick(replace(record, datasets=(one, two))) == yardstick(replace(record, datasets=(two, one)))
        assert yardstick(replace(record, datasets=(one, two))) != yardstick(replace(record, datasets=(one,)))


class TestTables:
    def test_of_samples_what_a_reader_looks_for_comes_first_and_nothing_is_lost(self, record):
        shown = tables(record)["samples"]
        assert list(shown)[:5] == ["customer_id", "position", "name", "bought", "reasons"]
        assert set(shown) == set(record.samples)

    def test_tables_without_rows_are_left_out(self, record):
        assert "samples" not in tables(replace(record, samples=pd.DataFrame()))


def test_a_data_set_is_told_as_mlflow_stores_it():
    columns = {"sku": "VARCHAR", "units": "DOUBLE", "paid": "DECIMAL(18,4)", "at": "TIMESTAMP", "line": "INTEGER"}
    told = dataset_entries(DatasetRecord("purchases", Path("w/p.parquet"), "0123456789abcdef" * 4, 12, columns))
    assert (told["name"], told["digest"], json.loads(told["source"])) == (
        "purchases", "0123456789ab", {"uri": "w/p.parquet"},
    )  # fmt: skip
    assert [column["type"] for column in json.loads(told["schema"])["mlflow_colspec"]] == [
        "string", "double", "double", "datetime", "integer",
    ]  # fmt: skip
    assert json.loads(told["profile"])["num_rows"] == 12


class TestTheSummary:
    def test_it_tells_the_standing_first(self, record):
        first, second, *rest = summary(record).splitlines()
        assert first.startswith("- NDCG@10, everything bought, repeats included: **0.3000** [")
        assert "**+0.0300** [" in first
        assert first.endswith("over frequency, the best baseline")
        assert second.startswith("- NDCG@10, first purchases only: **0.1050**")
        assert rest == [
            "- cutoff 2026-03-01T00:00:00, bundle `b-1`",
            "- onnx_equal passed (largest difference 3e-06)",
            "- bundle_reads_back passed (200 answers)",
        ]

    def test_a_failed_check_stands_out(self, record):
        assert "onnx_equal FAILED (ranks differ)" in summary(
            replace(record, checks={"onnx_equal": (False, "ranks differ")})
        )

    def test_a_run_without_a_comparison_has_no_standing(self, record):
        assert summary(replace(record, comparison=pd.DataFrame())).startswith("- cutoff")


class TestTheComparison:
    def test_the_best_baseline_is_by_task_and_metric(self, record):
        assert best_baseline(record.comparison) == "frequency"
        other = record.comparison.copy()
        other.loc[(other["model"] == "als") & (other["task"] == "new"), "mean"] = 0.9
        assert (best_baseline(other, "new"), best_baseline(other, "all")) == ("als", "frequency")

    def test_without_baselines_there_is_none(self, record):
        assert best_baseline(record.comparison.query("model == 'ranker'")) is None
        assert best_baseline(pd.DataFrame()) is None

    def test_the_row_of_the_ranker(self, record):
        assert ranker_row(record.comparison)["difference"] == pytest.approx(0.03)
        assert ranker_row(record.comparison, metric="no_such_metric") is None
