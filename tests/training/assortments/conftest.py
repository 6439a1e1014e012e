"""Fixtures of assortment runs."""

from collections.abc import Iterator
from functools import partial

import pytest

from training.assortments import pipeline
from training.assortments.stages.shoppers import shoppers


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    """Assortment runs of the module fit their shoppers again 6 times, not 24: most of a small run's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "shoppers", partial(shoppers, resamples=6))
        yield
