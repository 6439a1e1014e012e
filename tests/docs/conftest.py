"""A folder like that of a reader who followed the pages: a shop that is loaded, trained, promoted and served."""

import shutil
import sys
from pathlib import Path

import pytest

from serving.operate.launch import free_port, started
from tests.helpers.commands import ROOT, Place
from tests.helpers.mlflow_store import mlflow_template
from tests.helpers.records import bare, training_record
from tests.helpers.trained import AT, CUTOFF, trained_shop
from training.recommendations.log import track
from training.recommendations.promotion import promote

__all__ = ["mlflow_template", "trained_shop"]

OF_THE_REPOSITORY = ("Makefile", "pyproject.toml", "requirements.txt")


@pytest.fixture(scope="session")
def place(tmp_path_factory, trained_shop, mlflow_template):
    """The model is a real one; its record is invented, for so small a shop gives no lead that passes the gate."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    for name in OF_THE_REPOSITORY:
        (folder / name).symlink_to(ROOT / name)
    (folder / "customers.csv").write_text("customer_id\nc-000\nc-001\n", encoding="utf-8")
    settings = trained_shop.copy(folder / "work", mlflow_template)
    shutil.move(settings.work / "tiny", folder / "tiny")
    track(bare(training_record(settings.bundles / trained_shop.bundle.path.name, cutoff=str(CUTOFF))), settings)
    promote(settings, at=AT).require()
    with started(settings, port=free_port(), log=folder / "service.log") as address:
        yield Place(folder, address.url)
