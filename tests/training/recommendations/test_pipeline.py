"""The pipeline: nothing from the cutoff on is seen, the same data gives the same model, interruptions harm nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.clock import Cutoff
from features.errors import DataError, StateError
from features.ingest import ingest
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import MANIFEST, verify
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from tests.helpers.datasets import LOADED_AT
from tests.helpers.mlflow_store import looking
from tests.helpers.trained import AT, CUTOFF, PLAN, TrainedShop, shop_settings
from training.recommendations import pipeline
from training.recommendations.bulk import recommend_all
from training.recommendations.fit import FitPlan, fit
from training.recommendations.pipeline import TrainingPlan, bundle_at, default_cutoff, train
from training.tracking import origin
from training.tracking.stages import Stages

ROOT = Path(__file__).parents[3]
SOLD_AT = {"till_receipts": "sold_at", "web_orders": "ordered_at", "promotions": "from"}


def everybody(recommender: Recommender, *, new_only: bool = False) -> pd.DataFrame:
    """Lists of all customers of the shop, and of a stranger."""
    return recommend_all(recommender, ["stranger", *(f"c-{nth:03d}" for nth in range(110))], 60, new_only=new_only)


# ------------------------------------------------------------------------------------ what came out


def test_every_stage_is_measured_and_told(trained_shop: TrainedShop) -> None:
    names = ["features and candidates", "rankers", "bundle", "evaluation", "tracking"]
    assert trained_shop.stages["stage"].tolist() == names
    assert (trained_shop.stages[["seconds", "peak_mb"]] > 0).all().all()
    assert trained_shop.stages["cpu_seconds"].iloc[0] > 1, "the work of the processes counts"
    said = dict(trained_shop.said)
    assert list(dict.fromkeys(name for name, _ in trained_shop.said)) == names
    assert "training rows of" in said["features and candidates"]
    customers = trained_shop.before["customer_id"].nunique()
    assert f"{customers} customers, 60 active SKUs" in said["bundle"]
    assert f"{trained_shop.evaluated.customers} customers; NDCG@10" in said["evaluation"]


def test_the_bundle_is_whole_and_says_where_it_comes_from(trained_shop: TrainedShop) -> None:
    manifest = verify(trained_shop.bundle.path)
    assert manifest["cutoff"] == str(CUTOFF) == "2025-05-18T00:00:00"
    assert manifest["created_at"] == AT.isoformat()
    assert manifest["data_hash"] == trained_shop.warehouse.digest
    assert manifest["libraries"].keys() >= {"numpy", "lightgbm", "onnxruntime"}
    assert trained_shop.bundle.path.parent == trained_shop.settings.bundles


def test_the_run_is_finished_and_nothing_temporary_is_left(trained_shop: TrainedShop) -> None:
    with looking(trained_shop.settings) as client:
        run = client.get_run(trained_shop.run.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["model_version"] == trained_shop.run.model_version
    assert run.data.metrics["all.ndcg_at_10"] == pytest.approx(trained_shop.evaluated.metrics["all.ndcg_at_10"])
    assert not list(trained_shop.settings.work.glob("training.*"))
    assert [path.name for path in trained_shop.settings.bundles.iterdir()] == [trained_shop.bundle.path.name]


def test_the_run_tells_of_which_family_each_feature_is(trained_shop: TrainedShop, tmp_path: Path) -> None:
    with looking(trained_shop.settings) as client:
        kept = client.download_artifacts(trained_shop.run.run_id, "record/importance.parquet", str(tmp_path))
    importance = pd.read_parquet(kept)
    assert len(importance) > 100
    assert {"channel", "store", "rhythm", "candidate sources"} <= set(importance["family"])
    assert importance["family"].notna().all()


# ------------------------------------------------------------------------------------------ leakage


def removed(table: pd.DataFrame, _at: str) -> pd.DataFrame:
    return table.head(0)


def changed(table: pd.DataFrame, at: str) -> pd.DataFrame:
    """Other customers buy other things, some never seen before, elsewhere and later."""
    rng = np.random.default_rng(1)
    shuffled = table.apply(lambda column: rng.permutation(column.to_numpy()))
    more = {"units": 50.0, "store_id": "a-new-store"}
    strange = table.assign(sku="a-new-sku", **{name: value for name, value in more.items() if name in table})
    ids = {
        name: "n" + strange[name] for name in ("receipt_id", "order_id", "loyalty_id", "account_id") if name in strange
    }
    both = pd.concat([shuffled, strange.assign(**ids)], ignore_index=True)
    return both.assign(**{at: both[at] + pd.Timedelta(hours=5)})


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("future", [removed, changed], ids=["removed", "changed"])
def test_what_happens_from_the_cutoff_on_changes_no_recommendation(
    trained_shop: TrainedShop, tmp_path: Path, mlflow_template: Path, future
) -> None:
    shutil.copytree(trained_shop.settings.work / "tiny", tmp_path / "tiny")
    for name, at in SOLD_AT.items():
        table = pd.read_parquet(tmp_path / "tiny" / f"{name}.parquet")
        later = table[at] >= CUTOFF.at
        assert later.any()
        table = pd.concat([table[~later], future(table[later], at)], ignore_index=True)
        table.to_parquet(tmp_path / "tiny" / f"{name}.parquet", index=False)
    settings = shop_settings(tmp_path / "work", mlflow_template)
    ingest(settings, "tables", tmp_path / "tiny" / "dataset.toml", loaded_at=LOADED_AT)
    assert Warehouse.open(settings).digest != trained_shop.warehouse.digest
    recommender = Recommender(without_tracking(settings))
    for new_only in (False, True):
        other = everybody(recommender, new_only=new_only)
        pd.testing.assert_frame_equal(other, everybody(trained_shop.recommender, new_only=new_only))


def without_tracking(settings: Settings):
    """The bundle of a training that stops before it would be judged and logged."""
    (settings.work / "scratch").mkdir()
    windows = pipeline.label_windows(CUTOFF, Cutoff(Warehouse.open(settings).first), PLAN.windows, PLAN.window_days)
    past, scratch = Past.open(settings, CUTOFF), settings.work / "scratch"
    fitted = fit(past, windows, FitPlan(scratch, PLAN.rounds))
    return pipeline.write_bundle(pipeline.Run(PLAN, past, windows, scratch, AT, Stages()), fitted)


# ------------------------------------------------------------------- again, interrupted, and killed


@pytest.fixture
def copy(trained_shop: TrainedShop, tmp_path: Path, mlflow_template: Path) -> Settings:
    return trained_shop.copy(tmp_path / "work", mlflow_template)


def test_an_interrupted_training_leaves_nothing_and_the_next_one_works(
    trained_shop: TrainedShop, copy: Settings, in_this_process: None, tmp_path: Path
) -> None:
    bundles = sorted(path.name for path in copy.bundles.iterdir())
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # the background does not
    code = f"{hears}; from training.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "train",
        "--work",
        str(copy.work),
        "--cutoff",
        "2025-05-17",
        "--windows",
        "2",
    ]
    with (tmp_path / "said").open("wb") as said:
        training = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    try:
        until(lambda: list(copy.work.glob("training.*")))
        until(lambda: len(children(training.pid)) >= 2)
        os.killpg(training.pid, signal.SIGINT)  # as Ctrl-C does: the children get it too
        try:
            code_of_exit = training.wait(10)
        except subprocess.TimeoutExpired:  # Python drops one that comes while it runs a callback: press again
            os.killpg(training.pid, signal.SIGINT)
            code_of_exit = training.wait(60)
        assert code_of_exit == 130
    finally:
        training.kill()
        training.wait()
    text = (tmp_path / "said").read_text()
    assert "Traceback" not in text, text
    until(lambda: not children(training.pid))
    assert not list(copy.work.glob("training.*"))
    assert sorted(path.name for path in copy.bundles.iterdir()) == bundles
    with looking(copy) as client:
        (run,) = client.search_runs(["1"])
        assert run.info.status == "KILLED"

    again = train(copy, PLAN, AT.replace(hour=9), Stages())
    pd.testing.assert_frame_equal(everybody(Recommender(again.bundle)), everybody(trained_shop.recommender))
    for name in ("ranker.txt", "discovery.txt", "ranker.onnx"):
        assert (again.bundle.path / name).read_bytes() == (trained_shop.bundle.path / name).read_bytes()
    assert again.evaluated is not None
    assert again.evaluated.metrics == trained_shop.evaluated.metrics
    assert len(list(copy.bundles.iterdir())) == len(bundles) + 1
    assert bundle_at(copy, CUTOFF).version == again.bundle.version, "the newest of that cutoff"


def until(there, within_seconds: float = 120.0) -> None:
    end = time.monotonic() + within_seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


def children(group: int) -> list[int]:
    """The other processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z" and int(stat.parent.name) != group:
            found.append(int(stat.parent.name))
    return found


def test_the_scratch_of_killed_runs_goes_and_that_of_others_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    mark = (origin.process_mark(ended.pid) or "0 0").replace(" ", ".")
    ended.wait()
    mine = (origin.process_mark(os.getpid()) or "").replace(" ", ".")
    names = {
        "killed": f"training.{origin.host()}.{mark}.a1",
        "running": f"training.{origin.host()}.{mine}.b2",
        "elsewhere": f"training.other-machine.{mark}.c3",
        "a user's": "training.data",
    }
    for name in names.values():
        (tmp_path / name / "candidates").mkdir(parents=True)
    with pipeline._scratch(Settings(work=tmp_path)) as scratch:  # noqa: SLF001 - a whole training would say no more
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            [names["running"], names["elsewhere"], names["a user's"], scratch.name]
        )
        (scratch / "some").write_text("thing")
    assert not scratch.exists()


# ------------------------------------------------------------------------------------------ refusals


def test_the_default_cutoff_leaves_a_window_to_judge_on(trained_shop: TrainedShop) -> None:
    cutoff = default_cutoff(trained_shop.warehouse, 7)
    last = trained_shop.purchases["bought_at"].max()
    assert cutoff.plus_days(7).at == last + pd.Timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (TrainingPlan(cutoff=Cutoff.parse("2025-02-05")), "A ranker needs two label windows of 7 days"),
        (TrainingPlan(cutoff=Cutoff.parse("2024-02-05")), "A ranker needs two label windows"),
        (
            TrainingPlan(cutoff=Cutoff.parse("2026-05-18")),
            "Nothing was bought in the 91 days before the cutoff 2026-05-18",
        ),
        (TrainingPlan(cutoff=Cutoff.parse("2025-06-30"), windows=3), "Only 0 of the 3 label windows before 2025-06-30"),
    ],
)
@pytest.mark.usefixtures("in_this_process")
def test_a_cutoff_that_teaches_nothing_is_told(copy: Settings, plan: TrainingPlan, said: str) -> None:
    bundles = len(list(copy.bundles.iterdir()))
    with pytest.raises(DataError, match=f"{said}.*(Next|Choose)"):
        train(copy, plan, AT, Stages())
    assert not list(copy.work.glob("training.*"))
    assert len(list(copy.bundles.iterdir())) == bundles


def test_training_without_purchases_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"There are no purchases in .* Next: `omnishelf ingest"):
        train(Settings(work=tmp_path), PLAN, AT, Stages())
    assert not list(tmp_path.iterdir()), "and no MLflow was begun"


# ---------------------------------------------------------------------------------- finding a bundle


def test_the_bundle_of_a_cutoff_is_found(trained_shop: TrainedShop) -> None:
    for cutoff in (CUTOFF, None):
        assert bundle_at(trained_shop.settings, cutoff).version == trained_shop.bundle.version
    with pytest.raises(
        StateError, match=r"No model was trained as of 2025-01-01T00:00:00 .*cutoffs there: 2025-05-18T00:00:00\)"
    ):
        bundle_at(trained_shop.settings, Cutoff.parse("2025-01-01"))


def test_no_bundle_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        StateError, match=r"No model was trained yet in .*cutoffs there: none\)\. Next: `omnishelf train`"
    ):
        bundle_at(Settings(work=tmp_path), None)


def test_half_written_bundles_are_passed_over(trained_shop: TrainedShop, tmp_path: Path) -> None:
    settings = replace(trained_shop.settings, work=tmp_path)
    name = trained_shop.bundle.path.name
    shutil.copytree(trained_shop.bundle.path, settings.bundles / name)
    for other in (f"{name}.77.partial", f"{name}.77.removed"):
        (settings.bundles / other).mkdir()
        shutil.copyfile(trained_shop.bundle.path / MANIFEST, settings.bundles / other / MANIFEST)
    (settings.bundles / "empty").mkdir()
    assert bundle_at(settings, None).path.name == name


def test_the_newest_bundle_of_a_cutoff_answers_and_a_damaged_one_says_so(
    trained_shop: TrainedShop, tmp_path: Path
) -> None:
    settings = replace(trained_shop.settings, work=tmp_path)
    for name in ("b", "a"):
        shutil.copytree(trained_shop.bundle.path, settings.bundles / name)
    manifest = settings.bundles / "a" / MANIFEST
    manifest.write_text(manifest.read_text().replace(AT.isoformat(), "2025-06-02T00:00:00"))
    assert bundle_at(settings, CUTOFF).path.name == "a"
    assert Recommender(bundle_at(settings, None)).recommend(Query()).items
    (settings.bundles / "a" / "ranker.onnx").unlink()
    with pytest.raises(StateError, match=r"bundles/a is damaged: ranker.onnx is missing. Fetch or train it again"):
        bundle_at(settings, CUTOFF)
