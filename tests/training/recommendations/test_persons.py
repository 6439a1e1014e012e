"""Persons from a load to answers: one profile for both channels, consent, an erasure that a new training confirms."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features.clock import Cutoff
from features.identity import resolve
from features.identity.keyed_hash import VARIABLE, KeyedHash
from features.ingest import ingest
from features.settings import Settings
from serving.bundle.bundle import Bundle, verify
from serving.operate import cache
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from serving.storefront.champion import read_pointer
from tests.helpers.datasets import LOADED_AT
from tests.helpers.people_shop import people_dataset
from tests.helpers.traces import traces
from tests.helpers.trained import shop_settings, train_cheaply
from training.privacy.erase import erase
from training.privacy.export import export
from training.recommendations.bulk import recommend_all
from training.recommendations.pipeline import TrainingPlan, train
from training.tracking.stages import Stages

LONG_KEY = "a key of a test, long enough"
PLAN = TrainingPlan(cutoff=Cutoff.parse("2025-03-24"), windows=2, rounds=10)
AT = datetime(2025, 6, 1)
STAYS = "c-004"
KEY = KeyedHash(LONG_KEY)


@dataclass(frozen=True)
class Shop:
    settings: Settings
    dataset: Path
    bundle: Bundle
    gone: str
    """Whose lists were logged; they are to go."""

    @property
    def hers(self) -> set[str]:
        """What says who they are, in any file."""
        hashes = {KEY.of("email", f"{self.gone}@example.com"), KEY.of("payment_token", f"t-{self.gone}")}
        return {self.gone, f"account:own:{self.gone}"} | hashes

    @property
    def recommender(self) -> Recommender:
        return Recommender(self.bundle)


@pytest.fixture(scope="module")
def shop(tmp_path_factory, mlflow_template):
    """Loaded and trained, with a record of the training that could not be logged, and a champion."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, LONG_KEY)
        patched.setattr(resolve, "probable_links", lambda *_: None)
        folder = tmp_path_factory.mktemp("people")
        settings = shop_settings(folder / "work", mlflow_template)
        dataset = people_dataset(folder / "brought", customers=40, skus=24, days=90)
        ingest(settings, "tables", dataset, loaded_at=LOADED_AT)
        train_cheaply(patched)
        bundle = train(settings, PLAN, AT, Stages()).bundle
        champion(settings, bundle)
        samples = pd.read_parquet(next(settings.work.rglob("samples.parquet")))
        gone = min({customer.rpartition(":")[2] for customer in samples["customer_id"]} - {STAYS})
        yield Shop(settings, dataset, bundle, gone)


def champion(settings: Settings, bundle: Bundle) -> None:
    folder = settings.work / "serving" / "cache"
    folder.mkdir(parents=True)
    shutil.copytree(bundle.path, folder / "1")
    cache.point(folder.parent / "champion.json", {"version": "1", "source": "x", "bundle": "cache/1"})


def fallback(recommender: Recommender, name: str) -> str:
    return recommender.recommend(Query(customer_id=name)).fallback


def test_every_name_of_a_person_gets_her_list(shop: Shop) -> None:
    names = [f"account:own:{STAYS}", f"card:own:{STAYS}", f"account:{STAYS}", f"card:{STAYS}", STAYS]
    answers = [shop.recommender.recommend(Query(customer_id=name)) for name in names]
    assert answers[0].fallback == "none"
    assert all(answer == answers[0] for answer in answers)
    asked = recommend_all(shop.recommender, names[3:], 5)
    assert asked["customer_id"].unique().tolist() == names[3:]
    assert asked["sku"][:5].tolist() == asked["sku"][5:].tolist()


def test_who_does_not_permit_it_is_answered_like_a_stranger(shop: Shop) -> None:
    stranger = shop.recommender.recommend(Query()).items
    for name in ("c-001", "c-002", "account:own:c-001"):
        answer = shop.recommender.recommend(Query(customer_id=name))
        assert (answer.fallback, answer.items) == ("no_consent", stranger)
    assert fallback(shop.recommender, "zoe") == "unknown_customer"
    ids = {shop.bundle.facts.customers.text(code) for code in range(len(shop.bundle.facts.customers))}
    assert not ids & {"account:own:c-001", "account:own:c-002"}


@pytest.mark.timeout(400)
def test_nothing_of_an_erased_person_is_left_in_any_file_nor_in_the_next_training(shop: Shop, tmp_path: Path) -> None:
    work, pointer = shop.settings.work, shop.settings.work / "serving" / "champion.json"
    before = read_pointer(pointer)
    found = traces(work, shop.hers)
    assert {text for _, text in found} == shop.hers
    held = {path.split("/")[0] for path, _ in found}
    assert held >= {"warehouse", "identity", "snapshots", "bundles", "mlartifacts", "serving"}
    assert export(shop.settings, shop.gone, tmp_path / "out", AT)["till_receipts"] > 0
    receipt = erase(shop.settings, shop.gone, AT)
    assert traces(work, shop.hers) == set()
    assert receipt.removed["bundles"] == 3  # the training's, MLflow's copy of it, and the champion's
    after = read_pointer(pointer)
    assert after != before
    for bundle in (after.bundle, shop.bundle.path):
        verify(bundle)
        recommender = Recommender(Bundle.open(bundle))
        assert fallback(recommender, shop.gone) == fallback(recommender, f"card:own:{shop.gone}") == "unknown_customer"
        assert fallback(recommender, STAYS) == "none"
    ingest(shop.settings, "tables", shop.dataset, loaded_at=LOADED_AT)
    trained = train(shop.settings, PLAN, datetime(2025, 6, 2), Stages())
    assert traces(work, shop.hers) == set()
    assert len(trained.bundle.facts.customers) == len(shop.bundle.facts.customers) - 1
