"""A running service and a person who is erased: they are a stranger to it soon after, without a restart."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pandas as pd
import pytest
from typer.testing import CliRunner

from features.clock import Cutoff
from features.identity import resolve
from features.identity.keyed_hash import VARIABLE
from features.ingest import ingest
from features.settings import Settings
from serving.bundle.bundle import Bundle
from serving.operate import cache
from serving.operate.launch import free_port, started
from tests.helpers.datasets import LOADED_AT
from tests.helpers.mlflow_store import mlflow_template
from tests.helpers.people_shop import people_dataset
from tests.helpers.trained import shop_settings, train_cheaply
from training.cli.main import app
from training.recommendations import evaluate
from training.recommendations.pipeline import TrainingPlan, train
from training.tracking.stages import Stages

__all__ = ["mlflow_template"]

PATH = "/v1/recommendations"
PLAN = TrainingPlan(cutoff=Cutoff.parse("2025-03-24"), windows=2, rounds=10)
AT = datetime(2025, 6, 1)
GOES, STAYS = "c-003", "c-004"
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trained:
    settings: Settings
    dataset: Path
    bundle: Bundle


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Iterator[Trained]:
    """A shop of persons that a training learned; its model answers."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, "a key of a test, long enough")
        patched.setattr(resolve, "probable_links", lambda *_: None)
        train_cheaply(patched)
        folder = tmp_path_factory.mktemp("people")
        settings = shop_settings(folder / "work", mlflow_template)
        dataset = people_dataset(folder / "brought", customers=40, skus=24, days=90)
        ingest(settings, "tables", dataset, loaded_at=LOADED_AT)
        bundle = train(settings, PLAN, AT, Stages()).bundle
        served = settings.work / "serving" / "cache" / "1"
        shutil.copytree(bundle.path, served)
        cache.point(settings.work / "serving" / "champion.json", {"version": "1", "source": "x", "bundle": "cache/1"})
        yield Trained(settings, dataset, bundle)


def taught(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Whom the baselines of `omnishelf evaluate` learn from; it is run in this process."""
    learned: list[set[str]] = []

    def watched(facts):
        customers = facts.customers
        learned.append({customers.text(code).rpartition(":")[2] for code in range(len(customers))})
        return made(facts)

    made = evaluate.interactions
    monkeypatch.setattr(evaluate, "interactions", watched)
    done = CliRunner().invoke(app, ["evaluate", "--work", str(trained.settings.work)])
    assert done.exit_code == 0, done.output
    monkeypatch.setattr(evaluate, "interactions", made)
    return learned[0]


def test_baselines_learn_from_whom_the_training_learned_from_and_from_nobody_who_took_it_back(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`c-001` permits nothing, `c-002` to learn from them but no recommendations; `c-005` takes theirs back."""
    first = taught(trained, monkeypatch)
    assert {"c-002", "c-005"} <= first
    assert "c-001" not in first
    consents = pd.read_parquet(trained.dataset.parent / "consents.parquet")
    back = (consents["id"] == "c-005") & (consents["purpose"] == "training")
    consents["withdrawn_at"] = pd.Series([AT] * len(consents), dtype="datetime64[us]").where(back)
    consents.to_parquet(trained.dataset.parent / "consents.parquet")
    ingest(trained.settings, "tables", trained.dataset, loaded_at=LOADED_AT, replace=True)
    facts = trained.bundle.facts
    assert any("c-005" in facts.customers.text(code) for code in range(len(facts.customers)))
    assert taught(trained, monkeypatch) == first - {"c-005"}


def asked(client: httpx.Client, name: str) -> dict:
    answer = client.post(PATH, json={"placement": "home", "customer_id": name, "page_size": 5})
    assert answer.status_code == 200
    return answer.json()


def test_a_running_service_answers_an_erased_person_as_a_stranger(trained: Trained) -> None:
    settings, names = trained.settings, (GOES, f"account:own:{GOES}", f"card:own:{GOES}")
    service = started(settings, port=free_port(), sync=False, log=settings.work / "service.log")
    with service as address, httpx.Client(base_url=address.url, timeout=30, trust_env=False) as client:
        until = time.monotonic() + DEADLINE_SECONDS
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        before = {name: asked(client, name) for name in (*names, STAYS)}
        assert {answer["fallback"] for answer in before.values()} == {"none"}
        done = CliRunner().invoke(app, ["erase", GOES, "--work", str(settings.work)])
        assert done.exit_code == 0, done.output
        until = time.monotonic() + DEADLINE_SECONDS
        while {asked(client, name)["fallback"] for name in names} != {"unknown_customer"}:
            assert time.monotonic() < until, "they are still known"
            time.sleep(0.1)
        stranger = asked(client, "nobody-we-know")["items"]
        assert [asked(client, name)["items"] for name in names] == [stranger] * len(names)
        assert asked(client, STAYS)["fallback"] == "none"
