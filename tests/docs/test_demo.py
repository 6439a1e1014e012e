"""The demonstration on a small shop whose model is there already, by real servers; README shows its like."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from experiments.demonstration import steps
from experiments.demonstration.steps import Demo, trained_version
from features.errors import UserError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.operate.launch import PORT
from tests.helpers.commands import ROOT
from tests.helpers.datasets import settings_for
from tests.helpers.records import bare, training_record
from tests.helpers.tiny_bundle import CUTOFF, damage, tiny_shop, write_bundle
from training.cli.console import console
from training.recommendations import fit, pipeline
from training.recommendations.log import track
from training.recommendations.pipeline import TrainingPlan
from training.recommendations.promotion import RefusedError

AT = datetime(2025, 5, 1, tzinfo=UTC)
PLAN = TrainingPlan(cutoff=CUTOFF)
KEEP = """
import sys
from datetime import datetime
from pathlib import Path
from features.clock import Cutoff
from tests.helpers.datasets import settings_for
from experiments.demonstration.steps import Demo, run
from training.cli.console import console
from training.recommendations.pipeline import TrainingPlan
work, dataset, at, cutoff = sys.argv[1:]
plan = TrainingPlan(cutoff=Cutoff.parse(cutoff))
run(Demo(settings_for(Path(work)), console(), plan, datetime.fromisoformat(at), True), "tables", Path(dataset))
"""
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True)
class Shop:
    """A work folder with purchases and a model version that was trained from them."""

    settings: Settings
    dataset: Path

    def demo(self):
        """What the demonstration prints, on a screen of 100 columns."""
        screen = io.StringIO()
        with contextlib.redirect_stderr(screen), pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLUMNS", "100")
            steps.run(Demo(self.settings, console(), PLAN, AT, keep=False), "tables", self.dataset)
        return screen.getvalue()

    def demo_that_keeps(self):
        """The same with `keep`, by a process of its own, which has ended when this returns."""
        script = self.settings.work / "keep.py"
        script.write_text(KEEP)
        command = [sys.executable, str(script), str(self.settings.work), str(self.dataset), AT.isoformat(), str(CUTOFF)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def register(self, version, **dials):
        """A real bundle under an invented record; the registry counts its versions from 1."""
        facts = tiny_shop(self.settings)
        folder = write_bundle(facts, self.settings.bundles / f"b-{version}", version)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["data_hash"] = Warehouse.open(self.settings).digest
        (folder / "manifest.json").write_text(json.dumps(manifest))
        track(bare(training_record(folder, cutoff=str(CUTOFF), **dials)), self.settings)
        return folder


def new_shop(work, mlflow_template):
    work.mkdir()
    shutil.copyfile(mlflow_template, work / "mlflow.db")
    return Shop(settings_for(work), work / "tiny" / "dataset.toml")


@pytest.fixture(scope="module")
def shop(tmp_path_factory, mlflow_template):
    shop = new_shop(tmp_path_factory.mktemp("demo") / "work", mlflow_template)
    shop.register("1")
    return shop


@pytest.fixture(scope="module")
def first(shop):
    """What the first demonstration prints, while something else listens on the service's port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody listens there already: as good
            other.bind(("127.0.0.1", PORT))
            other.listen()
        return shop.demo()


def test_everything_is_told_in_order(first):
    assert headings(first) == ["1 Load", "2 Learn", "3 Promote", "4 Serve", "5 Ask", "6 Look around"]
    assert stages(first) == ["load", "look for a trained model", "gate", "start"]
    assert "version 1 has these purchases and this cutoff" in first
    assert "✓ better than the best simple recommender: +0.0" in first
    assert "version 1 is the champion (" in first


def test_a_port_in_use_is_told_and_another_one_answers(first):
    used, chosen = re.search(r"Something else listens on port (\d+): port (\d+) is used instead", first).groups()
    assert (used, chosen != used) == (str(PORT), True)
    assert f"BentoML answers on http://127.0.0.1:{chosen}" in first


def test_three_visitors_see_three_lists_each(first):
    assert len(re.findall(r"^ +(home|buy-again|pdp-similar) .*\d+\.\d +$", first, re.MULTILINE)) == 9
    assert re.search(r"^The heaviest buyer: customer c-\d{3}, \d+ baskets so far", first, re.MULTILINE)
    assert re.search(r"^The lightest buyer: customer c-\d{3}, \d+ baskets? so far", first, re.MULTILINE)
    assert "A stranger: no customer id (fallback: anonymous)" in first
    assert re.search(r"^9 requests, \d+\.\d ms each at the median", first, re.MULTILINE)


def test_the_service_is_stopped_and_how_to_have_it_again_is_told(first, shop):
    with pytest.raises(httpx.ConnectError):
        httpx.get(re.search(r"BentoML answers on (\S+)", first)[1], trust_env=False)
    for command in ("make serve", "make mlflow", "make demo KEEP=1"):
        assert f"{command} WORK={shop.settings.work}" in first


@pytest.mark.timeout(400)  # MLflow's server and the service import for a long while on a busy machine
def test_again_it_uses_what_is_there_and_leaves_what_it_is_asked_to_leave(first, shop):
    said = shop.demo_that_keeps()
    pids = [int(pid) for pid in re.search(r"To stop them: kill ([\d ]+)", said)[1].split()]
    family = [each for pid in pids for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
    try:
        assert "– there already" in said
        assert "version 1 is the champion, as before" in said
        service, pages = re.search(r"a form to try +(\S+)/\n", said)[1], re.search(r"the run +(\S+)", said)[1]
        with httpx.Client(trust_env=False, timeout=30) as client:
            assert client.get(f"{service}/readyz").json() == {"status": "ready", "model_version": "1"}
            assert client.get(pages).status_code == 200
            run_id = re.search(r"/runs/(\w+)", pages)[1]
            api = f"{ADDRESS.match(pages)[0]}/api/2.0/mlflow/runs/get"
            assert client.get(api, params={"run_id": run_id}).json()["run"]["info"]["status"] == "FINISHED"
    finally:
        for pid in pids:
            psutil.Process(pid).send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=30)
        for each in left:
            each.kill()
    assert not left


def test_a_damaged_bundle_or_other_purchases_are_not_used_again(shop, tmp_path):
    settings, digest = shop.settings, Warehouse.open(shop.settings).digest
    assert trained_version(settings, digest, CUTOFF) == "1"
    assert trained_version(settings, "other", CUTOFF) is None
    assert trained_version(settings, digest, CUTOFF.plus_days(1)) is None
    kept = shutil.copytree(settings.bundles, tmp_path / "kept")
    damage(settings.bundles / "b-1", "other bytes")
    try:
        assert trained_version(settings, digest, CUTOFF) is None
    finally:
        shutil.rmtree(settings.bundles)
        shutil.copytree(kept, settings.bundles)


def test_purchases_of_ones_own_are_not_mixed_with_those_of_the_demonstration(shop):
    with pytest.raises(UserError, match=r"holds purchases from tables.*make demo WORK=demo"):
        steps.run(Demo(shop.settings, console(), TrainingPlan(), AT, keep=False), "complete-journey")


def test_a_model_that_the_gate_refuses_is_told_and_nothing_is_served(tmp_path, mlflow_template):
    shop = new_shop(tmp_path / "work", mlflow_template)
    shop.register("1", lift=-0.02)
    with pytest.raises(RefusedError, match=r"better_than_baselines: found -0\.0"):
        shop.demo()
    assert not (shop.settings.work / "serving" / "champion.json").exists()


# ------------------------------------------------------------------------------------ what README shows

SAMPLE = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
TABLE_HEADER = re.compile(r"^ *(?:placement|model) .*$", re.MULTILINE)


def headings(text):
    return re.findall(r"^\d [A-Z][a-z ]+$", text, re.MULTILINE)


def stages(text):
    return [name for name in re.findall(r"^✓ ([^:\n]+): ", text, re.MULTILINE) if name in KNOWN]


KNOWN = {
    name
    for module in (steps, pipeline, fit)
    for name in re.findall(
        r'(?:stages\.stage\(|name = )"([^"]+)"', Path(str(module.__file__)).read_text(encoding="utf-8")
    )
}


def test_readme_shows_the_headings_and_tables_that_are_printed(first):
    assert SAMPLE, "README has no sample output"
    assert headings(SAMPLE[1]) == headings(first)
    assert {" ".join(line.split()) for line in TABLE_HEADER.findall(SAMPLE[1])} == {
        " ".join(line.split()) for line in TABLE_HEADER.findall(first)
    }


def test_readme_shows_every_stage_of_a_first_run():
    everything = KNOWN - {"MLflow"}  # its pages start with KEEP=1 only
    assert set(stages(SAMPLE[1])) == everything
