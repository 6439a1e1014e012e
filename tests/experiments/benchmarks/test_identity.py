"""The benchmark of identity on a few people: what it measures is measured, and its verdicts can fail."""

from dataclasses import replace

import pytest
from rich.console import Console

from experiments.benchmarks.identity import measure, show, verdicts
from experiments.models.identity_accuracy import Accuracy
from experiments.simulator.people import Dials, plant_people
from features.settings import Settings


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identity")
    planted = plant_people(300, 5, Dials.none())
    return measure(planted, "100k", Settings(work=folder), folder, folder / "false.csv")


def test_without_difficulty_everybody_is_found(run):
    assert run.pairs.precision > 0.99
    assert run.pairs.recall > 0.99
    assert run.baselines["email"].recall > 0.99
    assert set(run.evidence) == {"email", "profile"}
    assert run.resolution.subjects == run.records


def test_it_is_shown_in_a_table(run):
    console = Console(record=True, width=100, highlight=False)
    show(console, run)
    text = console.export_text()
    assert f"{run.records:,} records" in text
    assert "baseline: same email or phone" in text


def test_limits_are_kept_or_missed(run):
    slow = replace(run, name="1M", records=10 * run.records, resolve_seconds=20 * run.seconds)
    wrong = replace(run, name="1M", records=10 * run.records, pairs=Accuracy(found=100, right=99, true=100))
    assert verdicts({"100k": run, "1M": replace(run, records=10 * run.records)}) == {
        "precision": True,
        "recall": True,
        "seconds": True,
        "growth": True,
    }
    assert not verdicts({"100k": run, "1M": slow})["growth"]
    assert not verdicts({"100k": run, "1M": wrong})["precision"]
    assert verdicts({"100k": run}).keys() == {"precision", "recall", "seconds"}
