"""A folder like that of a reader who followed the pages: a shop that is loaded, trained, promoted and served."""

import shutil
import sys
from pathlib import Path

import pytest

from features.settings import Settings
from serving.launch import free_port, started
from tests.helpers.commands import ROOT, Place
from tests.helpers.datasets import tiny_dataset
from tests.helpers.mlflow_store import mlflow_template

__all__ = ["mlflow_template"]

OF_THE_REPOSITORY = ("Makefile", "pyproject.toml", "requirements.txt")


@pytest.fixture(scope="session")
def place(tmp_path_factory, mlflow_template):
    folder = tmp_path_factory.mktemp("reader")
    (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    for name in OF_THE_REPOSITORY:
        (folder / name).symlink_to(ROOT / name)
    tiny_dataset(folder / "tiny", customers=300, skus=60, days=180)  # so many that the ranker's lead passes the gate
    (folder / "customers.csv").write_text("customer_id\nc-000\nc-001\n", encoding="utf-8")
    (folder / "work").mkdir()
    shutil.copyfile(mlflow_template, folder / "work" / "mlflow.db")
    reader = Place(folder, "")
    reader.run("omnishelf ingest tables --dataset tiny/dataset.toml")
    reader.run("omnishelf train")
    reader.run("omnishelf promote")
    with started(Settings(work=folder / "work"), port=free_port(), log=folder / "service.log") as address:
        yield Place(folder, address.url)
