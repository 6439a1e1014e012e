"""The one door to MLflow for writing: runs, their pages, and model versions.

A run is opened before the work starts and closed however it ends; what it has to tell is a `Page`.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from features.errors import StateError
from features.settings import Settings
from serving.operate.registry import QUIET, address, connected, shown
from training.tracking import origin
from training.tracking.page import Experiment, Model, Page, Point

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from serving.operate.registry import Client

UI_HOST = "127.0.0.1"
UI_PORT = 5000
UI_MODE = "workflowType=machine_learning"
"""MLflow's pages open for language models; this asks for those of model training."""

LONGEST_TAG = 5000
PARAMS_AT_ONCE = 100
POINTS_AT_ONCE = 1000

UI_ENVIRONMENT = QUIET | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""Without job execution the server starts in a third of the time, with two processes instead of ten."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """Where a run can be looked at, and the model version that it registered; empty where it brought no model."""

    run_id: str
    model_version: str
    experiment_id: str
    url: str


@contextmanager
def open_run(settings: Settings, experiment: Experiment, run_name: str | None = None) -> Iterator[str]:
    """A run that is RUNNING while the body works, then FINISHED, FAILED or, by SIGINT or SIGTERM, KILLED.

    Gives the run's id. The error stands in the tag `error`. Runs that a dead process of this machine
    left behind are closed on the way. Raises RegistryDownError within seconds where MLflow does not
    answer: before the work, not after it.
    """
    with connected(settings, create=True) as client:
        number = _experiment(client, settings, experiment)
        _close_orphans(client, number)
        tags = {"kind": experiment.kind} | {name: value[:LONGEST_TAG] for name, value in origin.tags().items()}
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


def track_page(page: Page, settings: Settings, run_id: str | None = None) -> TrackedRun:
    """Log a page. `run_id`: a run that `open_run` gave; without one a run is opened and closed here.

    A model's version is registered last, so that every version there is has a whole page. Raises StateError where
    MLflow fails.
    """
    opened = nullcontext(run_id) if run_id else open_run(settings, page.experiment, page.name)
    with opened as run, connected(settings) as client:
        number = str(client.get_run(run).info.experiment_id)
        _log_texts(client, run, page.params, page.tags)
        _log_inputs(client, run, page)
        model_id = _log_model(client, page.model, page.params, run, number) if page.model else ""
        _log_points(client, run, page.headline, _judged(page, model_id))
        _log_points(client, run, page.points, {})
        client.log_artifacts(run, str(page.files))
        _show_as_tables(client, run, page.tables)
        version = _register(client, page.model, run, model_id) if page.model else ""
        if version:
            client.set_tag(run, "model_version", version)
        return TrackedRun(run, version, number, _url(settings, number, run))


@contextmanager
def downloaded(client: "Client", model: str, version: str, name: str) -> Iterator[Path | None]:
    """A folder that the run behind a model version logged, as long as the body runs; None where it is not there."""
    from mlflow import MlflowException

    run_id = client.get_model_version(model, version).run_id
    with tempfile.TemporaryDirectory() as folder:
        found = None
        with suppress(MlflowException, OSError):
            found = Path(client.download_artifacts(run_id, name, folder)) if run_id else None
        yield found


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


def _log_inputs(client: "Client", run_id: str, page: Page) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    found = [
        DatasetInput(Dataset(**each.entries), [InputTag("mlflow.data.context", each.context)]) for each in page.inputs
    ]
    if found:
        client.log_inputs(run_id, found)


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


def _judged(page: Page, model_id: str) -> dict[str, str]:
    """What a headline number belongs to: the model, and the first data set."""
    of = {"model_id": model_id} if model_id else {}
    if page.inputs:
        data = page.inputs[0].entries
        of |= {"dataset_name": data["name"], "dataset_digest": data["digest"]}
    return of


def _show_as_tables(client: "Client", run_id: str, stems: Iterable[str]) -> None:
    """The tag is how MLflow knows which files to show as tables."""
    told = [{"path": f"{stem}.json", "type": "table"} for stem in stems]
    client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps(told))


def _log_model(client: "Client", model: Model, params: Mapping[str, str], run_id: str, experiment: str) -> str:
    """The model with its code, signature and example; its id."""
    from mlflow import pyfunc
    from mlflow.models import Model as Logged

    made = client.create_logged_model(
        experiment,
        name=model.name,
        source_run_id=run_id,
        params=dict(params),
        tags={**model.tags, "mlflow.note.content": model.note},
        model_type=model.name,
    )
    search_path = list(sys.path)
    try:
        Logged.log(
            None,
            pyfunc,
            run_id=run_id,
            model_id=made.model_id,
            loader_module=model.loader,
            data_path=str(model.folder),
            code_paths=[str(folder) for folder in model.code],
            signature=_signature(model),
            input_example=model.example,
            pip_requirements=list(model.requirements),
        )
    finally:
        sys.path[:] = search_path  # MLflow loads the model once to try the example, and leaves its folder behind
    return str(made.model_id)


def _signature(model: Model) -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import Array

    columns: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string, name, required=required) for name, required in model.columns.items()
    ]
    options = [
        ParamSpec(name, DataType.boolean if isinstance(default, bool) else DataType.long, default)
        for name, default in model.options.items()
    ]
    return ModelSignature(Schema(columns), Schema([ColSpec(Array(DataType.string))]), ParamSchema(options))


def _register(client: "Client", model: Model, run_id: str, model_id: str) -> str:
    from mlflow import MlflowException

    name = model.registered_as
    try:
        client.create_registered_model(name, description=model.about)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"}:
            raise
    version = client.create_model_version(
        name,
        f"models:/{model_id}",
        run_id=run_id,
        tags=dict(model.version_tags),
        description=model.note,
        model_id=model_id,
    )
    registered = json.dumps([{"name": name, "version": version.version}])
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": registered})  # its page says where it is registered
    return str(version.version)


def _experiment(client: "Client", settings: Settings, experiment: Experiment) -> str:
    """Id of the experiment of that name; its artifacts lie in the work folder unless a server keeps them."""
    found = client.get_experiment_by_name(experiment.name)
    if found is None:
        location = None if _has_server(settings) else settings.artifacts.resolve().as_uri()
        tags = {"mlflow.experimentKind": "custom_model_development", "mlflow.note.content": experiment.note}
        return str(client.create_experiment(experiment.name, artifact_location=location, tags=tags))
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
