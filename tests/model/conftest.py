"""Fixtures of the models: a shop with obvious answers, and a small shop that a real training learned."""

import pytest

from features.facts import Facts
from tests.helpers.checkerboard import checkerboard as made
from tests.helpers.mlflow_store import mlflow_template
from tests.helpers.trained import in_this_process, trained_shop

__all__ = ["in_this_process", "mlflow_template", "trained_shop"]


@pytest.fixture(scope="session")
def checkerboard(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return made(tmp_path_factory.mktemp("board"))
