"""A small shop that a real training learned, judged and logged: made once for all test processes, read by each."""

import pickle
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.clock import DAY_SECONDS, Cutoff
from features.files import locked
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import Bundle
from serving.recommender.recommender import Recommender
from tests.helpers.datasets import ingested
from training.recommendations import learning, log
from training.recommendations.evaluate import Evaluated
from training.recommendations.pipeline import TrainingPlan, train
from training.tracking.mlflow_runs import TrackedRun
from training.tracking.stages import Stages

CUTOFF = Cutoff.parse("2025-05-18")
AT = datetime(2025, 6, 1)
PLAN = TrainingPlan(cutoff=CUTOFF, windows=2, rounds=40)
DAYS = 150
"""Purchases until 2025-05-30: more than a week is left to judge on."""


@dataclass(frozen=True, slots=True)
class TrainedShop:
    """The work folder of a finished training (not to be written to), and what came out of it."""

    settings: Settings
    evaluated: Evaluated
    run: TrackedRun
    stages: pd.DataFrame
    said: tuple[tuple[str, str], ...]
    bundle: Bundle

    @property
    def recommender(self) -> Recommender:
        return Recommender(self.bundle)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse.open(self.settings)

    @property
    def purchases(self) -> pd.DataFrame:
        """Every purchased line, before and after the cutoff."""
        return pd.read_parquet(self.warehouse.purchases)

    @property
    def before(self) -> pd.DataFrame:
        """The purchased lines that the training could see, with `age_days`."""
        lines = self.purchases
        lines = lines[lines["bought_at"] < CUTOFF.at]
        return lines.assign(age_days=(CUTOFF.at - lines["bought_at"]).dt.total_seconds() / DAY_SECONDS)

    def copy(self, folder: Path, mlflow_template: Path) -> Settings:
        """A work folder of the same content that may be written to; MLflow in it knows of no run."""
        shutil.copytree(self.settings.work, folder, ignore=shutil.ignore_patterns("mlflow.db*", "mlartifacts"))
        return shop_settings(folder, mlflow_template)


@pytest.fixture(scope="session")
def trained_shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str, mlflow_template: Path) -> TrainedShop:
    """Whichever worker comes first trains, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "trained-shop"
    done = folder / "done.pickle"
    with locked(folder.with_suffix(".lock")):
        if not done.is_file():
            _make(folder, mlflow_template, done)
    evaluated, run, stages, said, bundle = pickle.loads(done.read_bytes())  # noqa: S301 - our own, of a minute ago
    return TrainedShop(_settings(folder), evaluated, run, stages, said, Bundle.open(bundle))


def shop_settings(folder: Path, mlflow_template: Path) -> Settings:
    """Settings of a work folder with an empty MLflow store."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(mlflow_template, folder / "mlflow.db")
    return _settings(folder)


class Here:
    """An executor that does what it is given at once, in this process."""

    @staticmethod
    def submit(work: Callable[..., Any], /, *given: object) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*given))
        return done


@contextmanager
def _here(_count: int) -> Iterator[Here]:
    yield Here()


def train_cheaply(patch: pytest.MonkeyPatch) -> None:
    """Trainings start no processes, most of whose time goes into imports, and draw no pictures for MLflow's pages."""
    patch.setattr(learning, "_processes", _here)
    patch.setattr(log, "figures", lambda _record: {})


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of the test are cheap; see `train_cheaply`."""
    train_cheaply(monkeypatch)


def _settings(folder: Path) -> Settings:
    return Settings(work=folder, memory_limit="512MB", threads=1)


def _make(folder: Path, mlflow_template: Path, done: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    said: list[tuple[str, str]] = []
    settings = shop_settings(folder, mlflow_template)
    ingested(settings, customers=110, skus=60, days=DAYS)
    trained = train(settings, PLAN, AT, Stages(lambda name, text: said.append((name, text))))
    result = (trained.evaluated, trained.run, trained.stages, tuple(said), trained.bundle.path)
    done.write_bytes(pickle.dumps(result))
