"""The benchmark of planting: what it measures hangs together, and a line through two plantings is a line."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from experiments.benchmarks.planting import GOAL_PURCHASES, Cost, extrapolated, judged, main, scale_for
from features.settings import Settings
from tests.helpers.datasets import ingested, settings_for


def cost(scale: int, purchases: int, minutes: float) -> Cost:
    return Cost(scale, purchases, purchases * 3, minutes, minutes * 1.5, 1.0, 0.1)


def test_what_one_more_time_costs_is_extrapolated() -> None:
    costs = [cost(1, 1_000_000, 2.0), cost(3, 3_000_000, 3.0)]
    assert extrapolated(costs, 11_000_000) == pytest.approx((7, 10.5))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("real") / "work")
    ingested(settings, customers=10)
    return settings


def test_it_says_what_a_planting_took(real: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--work", str(real.work), "--out", str(tmp_path), "--purchases", "10"]) == 0
    said = capsys.readouterr().out
    assert "peak GiB" in said
    assert "say nothing" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("costs", "code", "verdict"),
    [
        ([cost(70, GOAL_PURCHASES, 9.9)], 0, "kept: at most 10 minutes"),
        ([cost(70, GOAL_PURCHASES, 10.1)], 1, "missed: at most 10 minutes"),
        ([replace(cost(70, GOAL_PURCHASES, 1.0), peak_gib=8.1)], 1, "missed"),
        ([cost(1, 1_000_000, 0.2), cost(3, 3_000_000, 0.32)], 0, "Extrapolated to 100,000,000 purchases: 6.1 minutes"),
        ([cost(1, 1_000_000, 0.2), cost(3, 3_000_000, 0.5)], 1, "missed"),
        ([cost(1, 1_000_000, 0.2)], 0, "these say nothing of them"),
    ],
)
def test_limits_are_judged_on_enough_purchases(
    costs: list[Cost], code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(Console(width=200), costs) == code
    assert verdict in capsys.readouterr().out


def test_enough_is_planted_for_what_was_asked() -> None:
    assert scale_for(10, 1_000) == 1
    assert scale_for(GOAL_PURCHASES, 1_469_307) == 70


def test_without_purchases_the_next_step_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--work", str(tmp_path / "empty"), "--out", str(tmp_path)]) == 4
    assert "no purchases" in capsys.readouterr().out
