"""The optimiser's study, made small."""

from experiments.definition import Definition
from experiments.studies.optimiser import study
from features.settings import Settings

SMALL = {"tiny": 3, "instances": 1, "largest": 12, "seconds": 2, "clusters": 2, "skus": 14, "chain_seconds": 3}


def test_every_goal_is_judged_and_met_when_small():
    params = dict(Definition.load("optimiser").params) | SMALL | {"stores": 6}
    found = study(Settings(), params, lambda _: None)
    assert [goal.name for goal in found.goals if not goal.is_met] == []
    assert len(found.goals) == 6
    assert found.metrics["tiny_bounds_valid"] == 1
    assert set(found.tables) == {"instances", "large", "tiny"}
    assert set(found.figures) == {"gap_distribution", "gap_over_time"}
