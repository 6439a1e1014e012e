"""A small shop that a real training learned, judged and logged: made once for all test processes, read by each."""

import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features.clock import DAY_SECONDS, Cutoff
from features.settings import Settings
from features.warehouse import Warehouse
from serving.bundle import Bundle
from serving.cache import locked
from serving.recommender import Recommender
from tests.helpers.datasets import ingested
from training.evaluate import Evaluated
from training.pipeline import Plan, train
from training.stages import Stages
from training.tracking import TrackedRun

CUTOFF = Cutoff.parse("2025-05-18")
AT = datetime(2025, 6, 1)
PLAN = Plan(cutoff=CUTOFF, windows=2, rounds=40)
DAYS = 144
"""Purchases until 2025-05-24: a week is left to judge on."""


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

    def copy(self, folder: Path) -> Settings:
        """A work folder with the same content, for what writes to it; MLflow still knows the first one's artifacts."""
        shutil.copytree(self.settings.work, folder)
        return Settings(work=folder, memory_limit="512MB", threads=2)


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


@contextmanager
def shop_settings(folder: Path, mlflow_template: Path) -> Iterator[Settings]:
    """Settings of a work folder with an empty MLflow store."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(mlflow_template, folder / "mlflow.db")
    yield _settings(folder)


def _settings(folder: Path) -> Settings:
    return Settings(work=folder, memory_limit="512MB", threads=2)


def _make(folder: Path, mlflow_template: Path, done: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with shop_settings(folder, mlflow_template) as settings:
        ingested(settings, customers=110, skus=60, days=DAYS)
        said: list[tuple[str, str]] = []
        trained = train(settings, PLAN, AT, Stages(lambda name, text: said.append((name, text))))
    result = (trained.evaluated, trained.run, trained.stages, tuple(said), trained.bundle.path)
    done.write_bytes(pickle.dumps(result))
