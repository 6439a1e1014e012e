"""The one door to MLflow for writing: runs, their pages, and model versions.

A run is opened before the work starts and closed however it ends; what it has to tell is a
`TrainingRecord`. Where MLflow does not answer, the record is kept in the work folder beside the bundle,
and is logged later: python -m training.tracking.mlflow_runs --work work
"""

import argparse
import importlib.metadata
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pandas as pd

from features.errors import StateError
from features.settings import Settings
from serving.operate.registry import QUIET, address, connected, shown
from training.recommendations import record as records
from training.recommendations.figures import HEADLINE, figures
from training.recommendations.record import TrainingRecord
from training.recommendations.run_page import (
    Point,
    best_baseline,
    dataset_entries,
    detail_points,
    headline_points,
    parameters,
    summary,
    tables,
    yardstick,
)
from training.tracking import origin

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from serving.operate.registry import Client

EXPERIMENT = "omnishelf-training"
STUDIES = "omnishelf-experiments"
ASSORTMENTS = "omnishelf-assortments"
NOTES = {
    EXPERIMENT: "One run a training: figures and tables are under Artifacts, numbers under Model metrics.",
    ASSORTMENTS: "One run a plan: the buyer's report and workbook are under Artifacts, numbers under Model metrics.",
    STUDIES: "One run a study: its answer is in the note, figures and tables are under Artifacts.",
}
"""MLflow's experiments, and what each says of itself."""
UI_HOST = "127.0.0.1"
UI_PORT = 5000
UI_MODE = "workflowType=machine_learning"
"""MLflow's pages open for language models; this asks for those of model training."""

RECORD_FOLDER = "record"
LONGEST_TAG = 5000
PARAMS_AT_ONCE = 100
POINTS_AT_ONCE = 1000
EXAMPLE_CUSTOMERS = 3

MODEL_NOTE = "One version a training. The one with the alias champion answers shoppers; previous is the way back."

MODEL_PACKAGES = ("filelock", "mlflow", "numpy", "onnxruntime")
"""What it takes to answer from a bundle outside this repository; the code itself goes with the model."""

UI_ENVIRONMENT = QUIET | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""Without job execution the server starts in a third of the time, with two processes instead of ten."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """Where a training can be looked at, and the model version that it registered."""

    run_id: str
    model_version: str
    experiment_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a study's run shows.

    files   a folder of pictures and tables
    tables  those of its JSON files, by stem, that MLflow shows as tables
    kind    what sort of run it is, and the experiment that it stands in
    """

    name: str
    params: Mapping[str, str]
    points: Sequence[Point]
    tags: Mapping[str, str]
    files: Path
    tables: Sequence[str]
    kind: str = "study"
    experiment: str = STUDIES


@contextmanager
def open_run(
    settings: Settings, run_name: str | None = None, kind: str = "training", experiment: str = EXPERIMENT
) -> Iterator[str]:
    """A run that is RUNNING while the body works, then FINISHED, FAILED or, by SIGINT or SIGTERM, KILLED.

    Gives the run's id. The error stands in the tag `error`. Runs that a dead process of this machine
    left behind are closed on the way. Raises RegistryDownError within seconds where MLflow does not
    answer: before the work, not after it.
    """
    with connected(settings, create=True) as client:
        number = _experiment(client, settings, experiment)
        _close_orphans(client, number)
        tags = {"kind": kind} | {name: value[:LONGEST_TAG] for name, value in origin.tags().items()}
        run_id = str(client.create_run(number, tags=tags, run_name=run_name).info.run_id)
    try:
        with origin.sigterm_raises():
            yield run_id
    except BaseException as error:
        is_stopped = isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
        with suppress(Exception):  # the first error is the one to see, not that of a server gone meanwhile
            _close(settings, run_id, "KILLED" if is_stopped else "FAILED", f"{type(error).__name__}: {error}")
        raise
    _close(settings, run_id, "FINISHED")


def track(
    record: TrainingRecord, settings: Settings, run_name: str | None = None, run_id: str | None = None
) -> TrackedRun:
    """Log everything that a training has to tell, and register its bundle as a new model version.

    `run_id`: a run that `open_run` gave; without one a run is opened and closed here. The version is
    registered last, so that every version there is has a whole page. Where MLflow fails, the record is
    kept in the work folder and the StateError says how to log it later.
    """
    try:
        with nullcontext(run_id) if run_id else open_run(settings, run_name) as run, connected(settings) as client:
            return _log(client, record, settings, run)
    except Exception as error:
        kept = records.save(record, settings.untracked / record.bundle.name)
        if not isinstance(error, StateError | OSError):
            raise
        raise StateError(
            f"{error}\nNothing is lost: the bundle is {record.bundle}, and what the run had to log is kept in {kept}. "
            f"Once MLflow answers, log it with: python -m training.tracking.mlflow_runs --work {settings.work}"
        ) from error


def track_page(page: Page, settings: Settings) -> str:
    """Log what a study or a plan found as a run of its own; its address. Raises StateError where MLflow fails."""
    with open_run(settings, page.name, page.kind, page.experiment) as run_id, connected(settings) as client:
        _log_texts(client, run_id, page.params, page.tags)
        _log_points(client, run_id, page.points, {})
        client.log_artifacts(run_id, str(page.files))
        _show_as_tables(client, run_id, page.tables)
        return _url(settings, str(client.get_run(run_id).info.experiment_id), run_id)


def track_kept(settings: Settings) -> list[TrackedRun]:
    """Log the records that `track` had to keep, oldest name first; each is forgotten once it is logged."""
    done = []
    for folder in sorted(settings.untracked.glob("*/")):
        if folder.suffix != ".tmp":
            done.append(track(records.load(folder), settings, run_name=folder.name))
            shutil.rmtree(folder)
    return done


def read_record(client: "Client", model: str, version: str) -> TrainingRecord | None:
    """What the run behind a model version logged; None where nothing that can be read is there."""
    from mlflow import MlflowException

    run_id = client.get_model_version(model, version).run_id
    try:
        with tempfile.TemporaryDirectory() as folder:
            return records.load(Path(client.download_artifacts(run_id, RECORD_FOLDER, folder))) if run_id else None
    except (MlflowException, OSError, ValueError, KeyError):
        return None


def ui_command(settings: Settings, host: str = UI_HOST, port: int = UI_PORT) -> list[str]:
    """The command that shows runs and models on `http://host:port`; start it with UI_ENVIRONMENT added.

    Raises StateError where there is nothing to show, or where a server at `tracking_uri` shows it already.
    """
    uri = address(settings)
    if uri.startswith("http"):
        raise StateError(f"MLflow's pages are already served by the tracking server: open {shown(uri)}")
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        raise StateError(f"Nothing has been tracked in {settings.work} yet. Train a model first: omnishelf train")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--workers", "1"]
    return [*command, "--host", host, "--port", str(port), "--default-artifact-root", str(settings.artifacts.resolve())]


def main(arguments: Sequence[str] | None = None) -> None:
    """Log what had to wait for MLflow."""
    parser = argparse.ArgumentParser(description="Log the training records that were kept while MLflow was down.")
    parser.add_argument("--work", type=Path, default=None, help="work folder (default: OMNISHELF_WORK or ./work)")
    settings = Settings.load(parser.parse_args(arguments).work)
    try:
        done = track_kept(settings)
    except StateError as error:
        sys.exit(str(error))
    for run in done:
        sys.stdout.write(f"version {run.model_version} of {settings.model_name}: {run.url}\n")
    if not done:
        sys.stdout.write("Nothing was waiting to be logged.\n")


def _log(client: "Client", record: TrainingRecord, settings: Settings, run_id: str) -> TrackedRun:
    experiment = str(client.get_run(run_id).info.experiment_id)
    _log_inputs(client, record, run_id)
    model_id = _log_model(client, record, run_id, experiment)
    _log_points(client, run_id, headline_points(record), _judged(record, model_id))
    _log_points(client, run_id, detail_points(record), {})
    _log_files(client, record, run_id)
    version = _register(client, record, settings.model_name, run_id, model_id)
    client.set_tag(run_id, "model_version", version)
    return TrackedRun(run_id, version, experiment, _url(settings, experiment, run_id))


def _log_inputs(client: "Client", record: TrainingRecord, run_id: str) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    tags = {
        "cutoff": record.cutoff,
        "yardstick": yardstick(record),
        "bundle": str(record.bundle),
        "best_baseline": best_baseline(record.comparison) or "none",
        "mlflow.note.content": summary(record),
    } | {
        f"check.{name}": f"{'passed' if passed else 'FAILED'}: {found}"
        for name, (passed, found) in record.checks.items()
    }
    _log_texts(client, run_id, parameters(record), tags)
    inputs = [
        DatasetInput(Dataset(**dataset_entries(each)), [InputTag("mlflow.data.context", each.context)])
        for each in record.datasets
    ]
    client.log_inputs(run_id, inputs)


def _log_texts(client: "Client", run_id: str, params: Mapping[str, str], tags: Mapping[str, str]) -> None:
    from mlflow.entities import Param, RunTag

    given = [Param(name, value) for name, value in params.items()]
    for start in range(0, len(given), PARAMS_AT_ONCE):
        client.log_batch(run_id, params=given[start : start + PARAMS_AT_ONCE])
    client.log_batch(run_id, tags=[RunTag(name, value[:LONGEST_TAG]) for name, value in tags.items()])


def _log_points(client: "Client", run_id: str, points: Sequence[Point], of: dict[str, str]) -> None:
    """Log numbers as of the start of the run; `of` links them to a model and a data set."""
    from mlflow.entities import Metric

    at = client.get_run(run_id).info.start_time
    metrics = [Metric(point.name, point.value, at, point.step, run_id=run_id, **of) for point in points]
    for start in range(0, len(metrics), POINTS_AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + POINTS_AT_ONCE])


def _judged(record: TrainingRecord, model_id: str) -> dict[str, str]:
    """What a headline number belongs to: the model, and the first data set."""
    if not record.datasets:
        return {"model_id": model_id}
    data = dataset_entries(record.datasets[0])
    return {"model_id": model_id, "dataset_name": data["name"], "dataset_digest": data["digest"]}


def _log_files(client: "Client", record: TrainingRecord, run_id: str) -> None:
    """Figures and tables for people, and the whole record for programs, in one upload.

    The former lie at the top: MLflow's page that compares runs shows only those side by side.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records.save(record, folder / RECORD_FOLDER)
        for stem, figure in figures(record).items():
            figure.savefig(folder / f"{stem}.png")
        shown_as_tables = tables(record)
        for stem, table in shown_as_tables.items():
            write_table(table, folder / f"{stem}.json")
        client.log_artifacts(run_id, name)
    _show_as_tables(client, run_id, shown_as_tables)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Rows in the form that MLflow shows as a table."""
    table.to_json(path, orient="split", index=False, date_format="iso")


def _show_as_tables(client: "Client", run_id: str, stems: Iterable[str]) -> None:
    """The tag is how MLflow knows which files to show as tables."""
    told = [{"path": f"{stem}.json", "type": "table"} for stem in stems]
    client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps(told))


def _log_model(client: "Client", record: TrainingRecord, run_id: str, experiment: str) -> str:
    """The bundle, with the code that answers from it, signature and example; its id."""
    from mlflow import pyfunc
    from mlflow.models import Model

    tags = {"cutoff": record.cutoff, "bundle": record.bundle.name, "mlflow.note.content": summary(record)}
    model = client.create_logged_model(
        experiment,
        name="recommender",
        source_run_id=run_id,
        params=parameters(record),
        tags=tags,
        model_type="recommender",
    )
    search_path = list(sys.path)
    try:
        Model.log(
            None,
            pyfunc,
            run_id=run_id,
            model_id=model.model_id,
            loader_module="serving.recommender.pyfunc",
            data_path=str(record.bundle),
            code_paths=[str(Path(__file__).parents[2] / package) for package in ("features", "serving")],
            signature=_signature(),
            input_example=_example(record.samples),
            pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in MODEL_PACKAGES],
        )
    finally:
        sys.path[:] = search_path  # MLflow loads the model once to try the example, and leaves its folder behind
    return str(model.model_id)


def _signature() -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import Array

    columns: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, "customer_id")]
    columns += [ColSpec(DataType.string, name, required=False) for name in ("store_id", "placement")]
    params = [ParamSpec("size", DataType.long, 10), ParamSpec("new_only", DataType.boolean, default=False)]
    return ModelSignature(Schema(columns), Schema([ColSpec(Array(DataType.string))]), ParamSchema(params))


def _example(samples: pd.DataFrame) -> pd.DataFrame:
    """A few customers of the sample; a made-up one, who is answered as unknown, where it is empty."""
    customers = samples["customer_id"].drop_duplicates().head(EXAMPLE_CUSTOMERS).tolist() if len(samples) else ["c-1"]
    return pd.DataFrame({"customer_id": customers, "placement": "home"})


def _register(client: "Client", record: TrainingRecord, name: str, run_id: str, model_id: str) -> str:
    from mlflow import MlflowException

    try:
        client.create_registered_model(name, description=MODEL_NOTE)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"}:
            raise
    tags = {"validation": "pending", "cutoff": record.cutoff, "bundle": record.bundle.name}
    tags |= {point.name: f"{point.value:.4f}" for point in headline_points(record) if point.name == f"all.{HEADLINE}"}
    version = client.create_model_version(
        name, f"models:/{model_id}", run_id=run_id, tags=tags, description=summary(record), model_id=model_id
    )
    registered = json.dumps([{"name": name, "version": version.version}])
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": registered})  # its page says where it is registered
    return str(version.version)


def _experiment(client: "Client", settings: Settings, name: str) -> str:
    """Id of the experiment of that name; its artifacts lie in the work folder unless a server keeps them."""
    found = client.get_experiment_by_name(name)
    if found is None:
        location = None if _has_server(settings) else settings.artifacts.resolve().as_uri()
        tags = {"mlflow.experimentKind": "custom_model_development", "mlflow.note.content": NOTES[name]}
        return str(client.create_experiment(name, artifact_location=location, tags=tags))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    remembered = urlsplit(found.artifact_location)
    old, is_ours = Path(unquote(remembered.path)), remembered.scheme == "file" and not _has_server(settings)
    if is_ours and old != settings.artifacts.resolve() and not old.exists():
        raise StateError(
            f"The work folder was moved: MLflow remembers its artifacts in {old}, which is gone. Move the folder back, "
            f"or rename {settings.tracking_file} to begin a new history."
        )
    return str(found.experiment_id)


def _close_orphans(client: "Client", experiment: str) -> None:
    """Runs of this machine that are RUNNING though their process is gone: it was killed without notice."""
    running = client.search_runs([experiment], f"attributes.status = 'RUNNING' and tags.host = '{origin.host()}'")
    for run in running:
        if origin.is_gone(run.data.tags.get("process", "")):
            client.set_tag(run.info.run_id, "error", "The process ended without notice.")
            client.set_terminated(run.info.run_id, "KILLED")


def _close(settings: Settings, run_id: str, status: str, error: str = "") -> None:
    with connected(settings) as client:
        if error:
            client.set_tag(run_id, "error", error[:LONGEST_TAG])
        client.set_terminated(run_id, status)


def _has_server(settings: Settings) -> bool:
    return address(settings).startswith(("http://", "https://"))


def _url(settings: Settings, experiment: str, run_id: str) -> str:
    base = shown(address(settings)) if _has_server(settings) else f"http://{UI_HOST}:{UI_PORT}"
    return f"{base.rstrip('/')}/#/experiments/{experiment}/runs/{run_id}?{UI_MODE}"


if __name__ == "__main__":
    main()
