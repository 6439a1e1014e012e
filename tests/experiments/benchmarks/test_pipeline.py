"""The benchmark of the pipeline: sums, limits, and that it measures a real run."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from experiments.benchmarks.pipeline import REST, Cost, fresh, table, verdicts, with_rest
from features.settings import Settings

STAGES = pd.DataFrame(
    [("load", 60.0, 90.0, 900.0), ("rankers", 30.0, 55.0, 2500.0)],
    columns=["stage", "seconds", "cpu_seconds", "peak_mb"],
)
WHOLE = pd.DataFrame([("whole", 100.0, 150.0, 2600.0)], columns=STAGES.columns)
COST = Cost(with_rest(STAGES, WHOLE), 1_469_307, "1")


def test_what_lies_between_the_stages_is_counted_too():
    rest = COST.stages.set_index("stage").loc[REST]
    assert (rest["seconds"], rest["cpu_seconds"]) == (10.0, 5.0)
    assert (COST.seconds, COST.peak_mib) == (100.0, 2600.0)


def test_rounding_never_makes_the_rest_negative():
    whole = WHOLE.assign(seconds=89.9, cpu_seconds=144.9)
    assert with_rest(STAGES, whole).iloc[-1][["seconds", "cpu_seconds"]].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("seconds", 250.0, ("over the limit of 240 s", "within the limit of 4,096 MiB")),
        ("peak_mb", 5000.0, ("within the limit of 240 s", "over the limit of 4,096 MiB")),
        ("seconds", 60.0, ("within the limit of 240 s", "within the limit of 4,096 MiB")),
    ],
)
def test_limits(column, value, said):
    stages = COST.stages.copy()
    stages.iloc[0, stages.columns.get_loc(column)] = value
    cost = replace(COST, stages=stages)
    assert all(part in line for part, line in zip(said, verdicts(cost), strict=True))
    assert cost.is_within == all("within" in part for part in said)


def test_the_table_has_a_row_a_stage_and_the_whole():
    screen = Console(file=io.StringIO(), width=100)
    screen.print(table(COST))
    lines = [" ".join(line.replace("│", " ").split()) for line in screen.file.getvalue().splitlines()]
    assert "load 60.0 90.0 900" in lines
    assert "between the stages 10.0 5.0" in lines
    assert "whole, from files to a model version 100 150 2,600" in lines


def fails_inside(settings):
    with fresh(settings) as inside:
        (inside.work / "file").write_text("x")
        raise OSError(str(inside.work.parent))


def test_the_fresh_folder_goes_away_even_after_an_error(tmp_path):
    work = tmp_path / "new"
    with pytest.raises(OSError, match=str(work)):
        fails_inside(Settings(work=work))
    assert list(work.iterdir()) == []
