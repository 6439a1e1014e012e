"""MLflow for tests: a SQLite store that is made once for all of them and copied for each, on this machine only."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from features.settings import Settings
from serving.operate.registry import connected
from tests.helpers.bundles import standin_bundle
from tests.helpers.records import bare, training_record
from training.recommendations.log import track
from training.tracking.mlflow_runs import TrackedRun

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A database with MLflow's schema, which takes seconds to make; whichever worker comes first makes it."""
    base = tmp_path_factory.getbasetemp()
    shared = Settings(work=(base if worker_id == "master" else base.parent) / "mlflow-template")
    with connected(shared, create=True):
        pass
    return shared.work / "mlflow.db"


@pytest.fixture
def settings(tmp_path: Path, mlflow_template: Path) -> Settings:
    """Settings with a work folder of the test's own, whose tracking database is empty."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copyfile(mlflow_template, work / "mlflow.db")
    return Settings(work=work)


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Path:
    """A database with three versions, of which none is champion; their artifacts lie beside it.

    NDCG@10 .30, .32 and .28 on the same customers and labels; the bundles are called b-1, b-2 and b-3.
    """
    settings = Settings(work=tmp_path_factory.mktemp("trained"))
    shutil.copyfile(mlflow_template, settings.work / "mlflow.db")
    for number, level in enumerate((0.30, 0.32, 0.28), start=1):
        tracked(settings, f"b-{number}", level=level, seed=number)
    return settings.work / "mlflow.db"


@pytest.fixture
def three_versions(settings: Settings, trained_template: Path) -> Settings:
    """`settings` with a registry that has the three versions; their artifacts are shared: look, don't touch."""
    shutil.copyfile(trained_template, settings.work / "mlflow.db")
    return settings


@contextmanager
def looking(settings: Settings) -> Iterator["MlflowClient"]:
    """A client to read with what was written."""
    with connected(settings) as client:
        yield client


def tracked(settings: Settings, name: str = "b-1", **dials: object) -> TrackedRun:
    """Log an invented training, without what only people look at; `dials` are those of `training_record`."""
    record = training_record(standin_bundle(settings.bundles / name, name), **dials)  # type: ignore[arg-type]
    return track(bare(record), settings, run_name=name)


@contextmanager
def running(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of this repository; killed at the end if it is still there."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=file, stderr=subprocess.STDOUT, cwd=Path(__file__).parents[2]
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
