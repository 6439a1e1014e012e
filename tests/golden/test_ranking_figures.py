"""Our figures equal those that a second, independent program printed for the same tables.

Each folder of `ranking/` holds purchases, two tables of lists, and that program's output for tasks and customers.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from features.clock import Cutoff
from training.recommendations.metrics.bootstrap import paired, summary
from training.recommendations.metrics.ranking import METRICS, Evaluation, split

CASES = sorted(path.parent for path in (Path(__file__).parent / "ranking").glob("*/figures.json"))
EXACT = 1e-9


def table(case: Path, name: str) -> pd.DataFrame:
    parquet = case / f"{name}.parquet"
    return pd.read_parquet(parquet) if parquet.exists() else pd.read_csv(case / f"{name}.csv")


def test_there_are_cases():
    assert len(CASES) == 6


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_figures_agree(case):
    printed = json.loads((case / "figures.json").read_text())
    purchases = table(case, "purchases")
    purchases["bought_at"] = pd.to_datetime(purchases["bought_at"])
    before, window = split(purchases, Cutoff.parse(printed["cutoff"]), printed["window_days"])
    lists, baseline = table(case, "lists"), table(case, "baseline")
    for run in printed["runs"]:
        evaluation = Evaluation.of(before, window, run["customers"])
        figures, coverage = evaluation.score(lists, run["task"])
        other, _ = evaluation.score(baseline, run["task"])
        assert len(figures) == run["judged"]
        assert coverage == pytest.approx(run["coverage_at_10"], abs=EXACT)
        means, differences = summary(figures), paired(figures, other)
        for metric in METRICS:
            assert means.loc[metric].tolist() == pytest.approx(run[metric], abs=EXACT)
            assert differences.loc[metric].tolist() == pytest.approx(run["minus_baseline"][metric], abs=EXACT)
