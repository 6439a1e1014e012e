"""Studies on a planted set of the small shop: they read its truth, and say what the shop shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.findings import Findings
from experiments.studies import identity, pooling
from features.errors import StateError
from features.identity.keyed_hash import VARIABLE
from features.ingest import ingest
from features.settings import Settings
from tests.helpers.datasets import LOADED_AT, ingested, settings_for
from tests.helpers.planted import planted


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A work folder with the planted set in `planted`, loaded."""
    real = settings_for(tmp_path_factory.mktemp("real") / "work")
    ingested(real, customers=40)
    settings = settings_for(tmp_path_factory.mktemp("planted") / "work")
    one = planted(real, "set")
    settings.work.mkdir(parents=True, exist_ok=True)
    one.dataset.parent.rename(settings.work / "planted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "a key of a test, long enough")
        ingest(settings, "tables", settings.work / "planted" / "dataset.toml", loaded_at=LOADED_AT)
    return settings


def test_identities_are_compared_with_the_truth(shop: Settings) -> None:
    found = identity.study(shop, {"truth": "planted/truth", "false_merges": 5}, lambda _said: None)
    assert 0.9 < found.metrics["pairs.precision"] <= 1
    assert found.metrics["pairs.recall_of_all"] <= found.metrics["pairs.recall_of_allowed"] <= 1
    assert {goal.name for goal in found.goals} == {"precision", "recall of allowed pairs"}
    assert set(found.tables) == {"accuracy", "false merges"}


SOME = (pooling.STORE_ONLY, pooling.ONLINE_ONLY, pooling.RESOLVED)
"""Arms to try: each costs as much as the others."""


@pytest.fixture(scope="module")
def pooled(shop: Settings) -> Findings:
    params = {"truth": "planted/truth", "people": 0, "windows": 2, "window_days": 14.0, "rounds": 5}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooling, "FEWEST", 5)
        patch.setattr(pooling, "ARMS", SOME)
        return pooling.study(replace(shop, threads=1), params, lambda _said: None)


def test_pooling_is_told_by_channel_and_arm(pooled: Findings) -> None:
    table = pooled.tables["everybody"]
    assert table["arm"].tolist() == [*SOME, *SOME]
    assert table["targets"].str.partition("(")[0].tolist() == ["online "] * 3 + ["store "] * 3
    assert set(pooled.figures) == {"pooling"}
    assert pooled.headline.startswith("Online targets")


def test_an_arm_without_the_channel_answers_strangers(pooled: Findings) -> None:
    of = "{}.everybody.{}.recall_at_20".format
    assert pooled.metrics[of("online", "store_only")] < pooled.metrics[of("online", "both-resolved")]
    assert pooled.metrics[of("store", "online_only")] < pooled.metrics[of("store", "both-resolved")]


def test_without_a_planted_set_the_next_step_is_told(shop: Settings, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"experiments\.simulator"):
        identity.study(shop, {"truth": str(tmp_path), "false_merges": 5}, lambda _said: None)
