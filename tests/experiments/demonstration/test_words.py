"""What the demonstration says of a model and of the gate."""

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
from rich.console import Console

from experiments.demonstration.words import gate_lines, in_words
from tests.helpers.records import training_record
from training.recommendations.gate import Check

RECORD = training_record(Path("bundles/b-1"), lift=0.03, level=0.3)


def printed(content):
    console = Console(file=io.StringIO(), width=120)
    console.print(content)
    return console.file.getvalue()


def test_a_sentence_says_hits_rival_and_interval():
    record = replace(RECORD, metrics={"all.hit_at_10": 0.754, "frequency.all.hit_at_10": 0.7})
    said = in_words(record, 7)
    assert "75 % bought at least one of the ten" in said
    assert "(frequency, the best of the simple ones: 70 %)" in said
    assert "+0.0300, 95 % interval +0.0" in said


def test_nothing_is_said_where_nothing_was_compared():
    assert in_words(replace(RECORD, comparison=RECORD.comparison.iloc[:0]), 7) == ""
    assert in_words(replace(RECORD, comparison=pd.DataFrame(columns=RECORD.comparison.columns)), 7) == ""


def test_every_check_is_told_with_what_was_found():
    lines = list(
        gate_lines(
            (
                Check("onnx_equal", passed=True, found="largest difference 2e-06", asked=""),
                Check("better_than_baselines", passed=False, found="-0.01 [a, b] over personal_frequency", asked=""),
                Check("something_else", passed=True, found="fine", asked=""),
            )
        )
    )
    assert [printed(line).strip() for line in lines] == [
        "✓ ONNX Runtime scores as LightGBM does: largest difference 2e-06",
        "✗ better than the best simple recommender: -0.01 [a, b] over personal frequency",
        "✓ something_else: fine",
    ]
