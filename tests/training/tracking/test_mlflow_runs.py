"""What a training leaves in MLflow, read back through MLflow's own client."""

import json
import signal
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.errors import StateError, UserError
from features.settings import Settings
from serving.operate.registry import RegistryDownError
from tests.helpers.bundles import standin_bundle
from tests.helpers.mlflow_store import looking, tracked
from tests.helpers.records import bare, training_record
from training.recommendations import log
from training.recommendations.log import TRAININGS, read_record, track, track_kept
from training.tracking.mlflow_runs import open_run, ui_command

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def record(settings):
    """Without what only people look at; `written` has that."""
    return bare(training_record(standin_bundle(settings.bundles / "b-1")))


def only_run(client):
    (run,) = client.search_runs([client.get_experiment_by_name(TRAININGS.name).experiment_id])
    return run


@pytest.fixture(scope="module")
def written(tmp_path_factory, mlflow_template):
    """Settings, record and outcome of one training, for tests that only look at it."""
    work = tmp_path_factory.mktemp("page") / "work"
    work.mkdir()
    (work / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    settings = Settings(work=work)
    record = training_record(standin_bundle(settings.bundles / "b-1"))
    return settings, record, track(record, settings, run_name="spring")


@pytest.fixture
def page(written):
    """The run, a client to look around with, its record, and what `track` said of it."""
    settings, record, done = written
    with looking(settings) as client:
        yield client.get_run(done.run_id), client, record, done


@pytest.mark.xdist_group("page of a run")
class TestThePageOfARun:
    def test_it_is_finished_and_named(self, page):
        run, *_ = page
        assert (run.info.status, run.info.run_name) == ("FINISHED", "spring")

    def test_it_has_the_parameters_with_the_cutoff(self, page):
        run, _, record, _ = page
        assert run.data.params == {name: str(value) for name, value in record.params.items()}
        assert run.data.params["cutoff"] == record.cutoff

    def test_it_has_every_number_of_the_record_under_its_own_name(self, page):
        run, _, record, _ = page
        assert {name: run.data.metrics[name] for name in record.metrics} == pytest.approx(record.metrics, abs=1e-6)

    def test_it_has_slices_sources_and_stages(self, page):
        run, *_ = page
        assert run.data.metrics["slice/all.history.heavy.ndcg_at_10"] == pytest.approx(0.36)
        assert run.data.metrics["source/new.als.recall"] == pytest.approx(0.15)
        assert run.data.metrics["stage/fit.seconds"] == pytest.approx(25.8)
        assert run.data.metrics["stage/fit.peak_mb"] == pytest.approx(2400)

    def test_the_learning_curve_has_a_step_a_tree(self, page):
        run, client, record, _ = page
        points = client.get_metric_history(run.info.run_id, "curve/valid.ndcg_at_10")
        expected = record.curve[record.curve["dataset"] == "valid"]
        assert [point.step for point in points] == expected["iteration"].tolist()
        assert [point.value for point in points] == pytest.approx(expected["value"].tolist(), abs=1e-6)

    def test_it_names_the_data_with_digest_schema_and_rows(self, page):
        run, _, record, _ = page
        purchases = next(each.dataset for each in run.inputs.dataset_inputs if each.dataset.name == "purchases")
        assert purchases.digest == record.datasets[0].digest[:12]
        assert json.loads(purchases.profile) == {"num_rows": 1_469_307, "digest": record.datasets[0].digest}
        columns = {each["name"]: each["type"] for each in json.loads(purchases.schema)["mlflow_colspec"]}
        assert columns == {
            "customer_id": "string", "sku": "string", "bought_at": "datetime", "units": "double", "paid": "double",
        }  # fmt: skip

    def test_it_has_the_figures_as_pictures(self, page, tmp_path):
        run, client, *_ = page
        pictures = {each.path for each in client.list_artifacts(run.info.run_id) if each.path.endswith(".png")}
        assert pictures == {
            "ndcg_against_baselines.png", "ndcg_by_slice.png", "recall_by_source.png", "feature_importance.png",
            "learning_curve.png", "stages.png",
        }  # fmt: skip
        for name in pictures:
            saved = Path(client.download_artifacts(run.info.run_id, name, str(tmp_path)))
            assert saved.read_bytes().startswith(b"\x89PNG")

    def test_sample_recommendations_are_a_table(self, page):
        run, client, record, done = page
        table = client.load_table(done.experiment_id, "samples.json", [run.info.run_id])
        pd.testing.assert_frame_equal(table[record.samples.columns], record.samples, check_dtype=False)

    def test_it_says_where_it_comes_from(self, page):
        run, *_ = page
        commit = run.data.tags.get("mlflow.source.git.commit", "HEAD")
        kind = subprocess.run(
            ["git", "cat-file", "-t", commit], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert (commit != "HEAD", kind.stdout) in {(True, "commit\n"), (False, "")}
        assert run.data.tags["kind"] == "training"
        assert run.data.tags["best_baseline"] == "frequency"
        assert "over frequency, the best baseline" in run.data.tags["mlflow.note.content"]

    def test_the_registered_version_has_signature_example_and_the_bundle(self, page, tmp_path):
        from mlflow import artifacts, models

        run, client, record, done = page
        version = client.get_model_version("omnishelf-recommender", done.model_version)
        assert version.run_id == run.info.run_id
        assert version.tags["validation"] == "pending"
        info = models.get_model_info(f"models:/omnishelf-recommender/{done.model_version}")
        assert [column.name for column in info.signature.inputs] == ["customer_id", "store_id", "placement"]
        assert [param.name for param in info.signature.params] == ["size", "new_only"]
        folder = Path(artifacts.download_artifacts(info.model_uri, dst_path=str(tmp_path)))
        assert json.loads((folder / "input_example.json").read_text())["columns"] == ["customer_id", "placement"]
        logged = folder / info.flavors["python_function"]["data"]
        assert {path.name for path in logged.iterdir()} == {path.name for path in record.bundle.iterdir()}

    def test_what_the_model_needs_is_pinned_and_names_no_registry(self, page, tmp_path):
        from mlflow import artifacts

        *_, done = page
        text = Path(
            artifacts.download_artifacts(
                f"models:/omnishelf-recommender/{done.model_version}/requirements.txt", dst_path=str(tmp_path)
            )
        ).read_text()
        assert {line.partition("==")[0] for line in text.split()} == set(log.MODEL_PACKAGES)
        assert all("==" in line for line in text.split())

    def test_its_record_reads_back_whole(self, page):
        _, client, record, done = page
        back = read_record(client, "omnishelf-recommender", done.model_version)
        assert back.checks == record.checks
        pd.testing.assert_frame_equal(back.per_customer, record.per_customer)

    def test_the_search_path_of_python_is_as_before(self, page):
        assert not [path for path in sys.path if path.endswith("/code")]


def test_a_second_training_is_another_version_of_the_same_model(settings):
    assert [tracked(settings, name).model_version for name in ("b-1", "b-2")] == ["1", "2"]


def test_numbers_without_a_value_are_left_out(settings, record):
    done = track(replace(record, metrics=record.metrics | {"all.map_at_12": float("nan"), "odd@name": 0.5}), settings)
    with looking(settings) as client:
        metrics = client.get_run(done.run_id).data.metrics
    assert "all.map_at_12" not in metrics
    assert metrics["odd_at_name"] == pytest.approx(0.5)


def test_without_git_nothing_fails(settings, record, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = track(record, settings)
    with looking(settings) as client:
        assert "mlflow.source.git.commit" not in client.get_run(done.run_id).data.tags


def test_a_run_without_tables_still_gets_its_page(settings, record):
    done = track(replace(record, samples=record.samples.iloc[:0]), settings)
    with looking(settings) as client:
        assert client.get_run(done.run_id).info.status == "FINISHED"


class TestTheEndOfARun:
    def test_the_work_is_done_inside_the_run_that_tracks_it(self, settings, record):
        with open_run(settings, TRAININGS, "spring") as run_id:
            with looking(settings) as client:
                assert client.get_run(run_id).info.status == "RUNNING"
            assert track(record, settings, run_id=run_id).run_id == run_id
        with looking(settings) as client:
            assert only_run(client).info.status == "FINISHED"

    def test_an_error_marks_it_failed_and_comes_through(self, settings):
        with pytest.raises(ZeroDivisionError), open_run(settings, TRAININGS):
            _ = 1 / 0
        with looking(settings) as client:
            run = only_run(client)
        assert (run.info.status, run.data.tags["error"]) == ("FAILED", "ZeroDivisionError: division by zero")

    @pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
    def test_an_interruption_marks_it_killed(self, settings, stop):
        with pytest.raises(stop), open_run(settings, TRAININGS):
            raise stop
        with looking(settings) as client:
            assert only_run(client).info.status == "KILLED"

    def test_a_signal_marks_it_killed(self, settings, tmp_path):
        process = training_that_waits(settings, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 128 + signal.SIGTERM
        with looking(settings) as client:
            assert only_run(client).info.status == "KILLED"

    def test_a_run_that_was_killed_without_notice_is_closed_by_the_next(self, settings, tmp_path):
        process = training_that_waits(settings, tmp_path)
        process.kill()
        process.wait()
        with looking(settings) as client:
            orphan = only_run(client)
            assert orphan.info.status == "RUNNING"
        with open_run(settings, TRAININGS), looking(settings) as client:
            closed = client.get_run(orphan.info.run_id)
        assert (closed.info.status, closed.data.tags["error"]) == ("KILLED", "The process ended without notice.")

    def test_a_run_that_is_alive_is_left_alone(self, settings):
        with open_run(settings, TRAININGS) as first, open_run(settings, TRAININGS), looking(settings) as client:
            assert client.get_run(first).info.status == "RUNNING"


def training_that_waits(settings, tmp_path):
    """A process inside an open run."""
    ready = tmp_path / "ready"
    code = f"""
        import pathlib, time
        from features.settings import Settings
        from training.recommendations.log import TRAININGS
        from training.tracking.mlflow_runs import open_run
        with open_run(Settings(work=pathlib.Path({str(settings.work)!r})), TRAININGS):
            pathlib.Path({str(ready)!r}).touch()
            time.sleep(100)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not ready.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    return process


class TestADeadServer:
    @pytest.fixture
    def closed_port(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return listener.getsockname()[1]

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        """A user may be in more of a hurry than the defaults."""
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")

    @pytest.mark.parametrize("scheme", ["http", "postgresql", "mysql+pymysql"])
    def test_it_is_named_before_any_work_is_done(self, settings, closed_port, scheme):
        uri = f"{scheme}://someone:secret@127.0.0.1:{closed_port}/mlflow"
        with pytest.raises(RegistryDownError) as caught, open_run(replace(settings, tracking_uri=uri), TRAININGS):
            pytest.fail("the work began")
        assert f"127.0.0.1:{closed_port}" in str(caught.value)
        assert "OMNISHELF_TRACKING_URI" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert isinstance(caught.value, UserError)

    def test_a_server_that_says_nothing_is_as_good_as_dead(self, settings):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            uri = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with (
                pytest.raises(RegistryDownError, match="timed out"),
                open_run(replace(settings, tracking_uri=uri), TRAININGS),
            ):
                pytest.fail("the work began")

    def test_what_was_to_be_logged_is_kept_and_logged_later(self, settings, record, closed_port):
        away = replace(settings, tracking_uri=f"http://127.0.0.1:{closed_port}")
        with pytest.raises(StateError, match=r"python -m training\.recommendations\.log") as caught:
            track(record, away)
        assert str(record.bundle) in str(caught.value)
        assert record.bundle.is_dir()

        (done,) = track_kept(settings)
        with looking(settings) as client:
            assert client.get_run(done.run_id).data.metrics["all.ndcg_at_10"] == pytest.approx(0.3)
        assert track_kept(settings) == []

    def test_the_command_that_logs_it_later_says_what_it_did(self, settings, record, closed_port, capsys):
        with pytest.raises(StateError):
            track(record, replace(settings, tracking_uri=f"http://127.0.0.1:{closed_port}"))
        log.main(["--work", str(settings.work)])
        log.main(["--work", str(settings.work)])
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith("version 1 of omnishelf-recommender: http://127.0.0.1:5000/#/experiments/")
        assert said[1] == "Nothing was waiting to be logged."


def test_a_failing_log_leaves_no_version_and_keeps_the_record(settings, record):
    """The last thing that is logged fails: no version without a whole page."""
    (settings.work / "mlartifacts").write_text("a file where a folder should be")
    with pytest.raises(StateError, match="Nothing is lost"):
        track(record, settings)
    with looking(settings) as client:
        assert client.search_model_versions("name='omnishelf-recommender'") == []
        assert only_run(client).info.status == "FAILED"
    assert (settings.work / "untracked" / "b-1" / "record.json").exists()


def test_a_work_folder_that_was_moved_is_said_so(settings):
    tracked(settings)
    moved = settings.work.rename(settings.work.with_name("elsewhere"))
    with pytest.raises(StateError, match="was moved"), open_run(Settings(work=moved), TRAININGS):
        pytest.fail("the work began")


def test_an_experiment_that_was_deleted_comes_back(settings):
    first = tracked(settings)
    with looking(settings) as client:
        client.delete_experiment(first.experiment_id)
    assert tracked(settings, "b-2").experiment_id == first.experiment_id


class TestTheCommandOfThePages:
    def test_it_shows_the_database_of_the_work_folder(self, settings):
        command = ui_command(settings, "127.0.0.1", 5055)
        assert f"sqlite:///{settings.work / 'mlflow.db'}" in command
        assert command[-6:-2] == ["--host", "127.0.0.1", "--port", "5055"]

    def test_a_server_shows_its_own(self, settings):
        with pytest.raises(StateError, match=r"http://tracking\.example"):
            ui_command(replace(settings, tracking_uri="http://tracking.example"))

    def test_there_has_to_be_something_to_show(self, tmp_path):
        with pytest.raises(StateError, match="omnishelf train"):
            ui_command(Settings(work=tmp_path))


def test_a_new_work_folder_gets_its_database_whole(tmp_path):
    """No half-made schema under the final name, and nothing beside the work folder."""
    settings = Settings(work=tmp_path / "work with spaces")
    before = set(Path.cwd().iterdir())
    tracked(settings)
    assert set(Path.cwd().iterdir()) == before
    assert {path.name for path in settings.work.iterdir()} == {
        "bundles", "mlartifacts", "mlflow.db", "mlflow.db.lock",
    }  # fmt: skip
