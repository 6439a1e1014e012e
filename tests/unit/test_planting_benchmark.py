"""The benchmark of planting: what it measures hangs together, and a line through two plantings is a line."""

from pathlib import Path

import pytest

from experiments.benchmarks.planting import Cost, extrapolated, main
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
    assert "kept: at most" in said
    assert not list(tmp_path.iterdir())


def test_without_purchases_the_next_step_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--work", str(tmp_path / "empty"), "--out", str(tmp_path)]) == 4
    assert "no purchases" in capsys.readouterr().out
