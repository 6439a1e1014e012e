"""Fixtures of the models: a shop with obvious answers, and a small shop that a real training learned."""

from collections.abc import Iterator
from functools import partial

import pytest

from features.facts import Facts
from tests.helpers.checkerboard import checkerboard as made
from tests.helpers.mlflow_store import mlflow_template
from tests.helpers.trained import in_this_process, trained_shop
from training.assort import pipeline
from training.assort.shoppers import shoppers

__all__ = ["in_this_process", "mlflow_template", "trained_shop"]


@pytest.fixture(scope="session")
def checkerboard(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return made(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    """Assortment runs of the module fit their shoppers again 6 times, not 24: most of a small run's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "shoppers", partial(shoppers, resamples=6))
        yield
