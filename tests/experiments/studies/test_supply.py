"""The study of supply in a small size: it tells everything it was asked for."""

import tomllib
from pathlib import Path

from experiments.studies.supply import study
from features.settings import Settings

DEFINITION = Path(__file__).parents[3] / "experiments" / "definitions" / "supply.toml"


def test_a_small_study_meets_its_goals():
    params = tomllib.loads(DEFINITION.read_text())["params"]
    small = {"instances": 1, "skus": 8, "suppliers": 3, "seconds": 6.0, "plain_seconds": 2.0, "splits": 1}
    found = study(Settings(), params | small | {"split_skus": 3, "split_suppliers": 3, "tiny": 1}, lambda _: None)
    assert found.metrics["tiny_bounds_invalid"] == 0
    assert found.metrics["worse_than_alone"] == 0
    assert found.metrics["audit_faults"] == 0
    assert list(found.tables) == ["Full size", "HiGHS alone", "Splits", "Tiny cases"]
    assert len(found.goals) == 4
