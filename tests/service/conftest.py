"""One real server for the whole folder: BentoML, one worker, a bundle, on a free port of the loopback."""

import pytest

from tests.helpers.datasets import settings_for
from tests.helpers.served import served_shop
from tests.helpers.tiny_bundle import tiny_shop


@pytest.fixture(scope="session")
def facts(tmp_path_factory):
    """What tiny bundles are written from."""
    return tiny_shop(settings_for(tmp_path_factory.mktemp("facts")))


@pytest.fixture(scope="session")
def shop(tmp_path_factory, facts):
    with served_shop(tmp_path_factory.mktemp("shop"), facts) as served:
        yield served
