"""Brings bundles from MLflow's registry to this machine: the one process of serving that knows MLflow.

`fetch` brings the bundle that an alias names into `serving/cache/<version>/` and points
`serving/champion.json` at it; `watch` does so again and again. Workers never wait for the registry: they
look at the pointer file, and whatever happens here the last bundle goes on answering.

Run: python -m serving.operate.registry --work work --every 5
"""

import argparse
import contextlib
import logging
import os
import shutil
import signal
import socket
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from features.errors import StateError, UserError
from features.files import locked, whole_file
from features.settings import Settings
from serving.bundle.bundle import is_complete
from serving.operate import cache

if TYPE_CHECKING:
    from mlflow import MlflowClient

    Client: TypeAlias = MlflowClient

LOG = logging.getLogger("omnishelf.registry")

CHAMPION = "champion"
PREVIOUS = "previous"

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
}
"""What MLflow reads once, when it is imported."""

FIRST_CALL = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
"""A dead server must show within seconds: MLflow by itself tries for minutes."""

LATER_CALLS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
"""A server that is there may take its time over a large bundle."""

DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
SLOWEST_SECONDS = 30.0
"""After failures the watcher looks less and less often, down to this."""


class RegistryDownError(StateError):
    """The tracking server or registry does not answer."""


@dataclass(frozen=True, slots=True)
class Release:
    """A model version as the registry has it; `source` is new whenever a version number is used again."""

    version: str
    source: str


def address(settings: Settings) -> str:
    """Where MLflow keeps runs and models: the user's URI, or a SQLite file in the work folder."""
    return settings.tracking_uri or f"sqlite:///{settings.tracking_file.resolve()}"


def shown(uri: str) -> str:
    """The URI as it may be printed: without a password."""
    parts = urlsplit(uri)
    if not parts.password:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


@contextlib.contextmanager
def connected(settings: Settings, *, create: bool = False) -> Iterator["Client"]:
    """A client of the registry; MLflow's own process-wide address is the same one meanwhile.

    `create` makes the SQLite file where there is none yet. Raises RegistryDownError within seconds where
    nothing answers, StateError where MLflow refuses; errors of the body that MLflow raises come out
    as StateError too.
    """
    uri = address(settings)
    _require_something_there(uri, create=create)
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"mlflow(\.|$)")  # how MLflow uses its libraries is not ours to mend
        import mlflow

        _require_database(uri, create=create)
        before = os.environ.get("MLFLOW_TRACKING_URI"), os.environ.get("MLFLOW_REGISTRY_URI")
        try:
            mlflow.set_tracking_uri(uri)
            mlflow.set_registry_uri(uri)
            client = mlflow.MlflowClient(uri, uri)
            _first_call(client, uri)
            with _environment(LATER_CALLS):
                yield client
        except mlflow.MlflowException as error:
            raise StateError(f"MLflow at {shown(uri)} could not do it: {_brief(error)}") from error
        finally:
            mlflow.set_tracking_uri(before[0])  # type: ignore[arg-type] # None is how it is unset
            mlflow.set_registry_uri(before[1])  # type: ignore[arg-type]


def fetch(settings: Settings, alias: str = CHAMPION) -> Path:
    """Bring the bundle that `alias` names to the cache, verified, and point the service at it.

    Doing it again changes nothing. A download that fails or a bundle that is damaged leaves the pointer
    and the bundle that it names as they were. Raises RegistryDownError or StateError.
    """
    with connected(settings) as client:
        release = _release(client, settings.model_name, alias)
        return _bring(settings, release)


def aliases(client: "Client", model: str) -> dict[str, str]:
    """Alias -> version; nothing where the model is not registered."""
    from mlflow import MlflowException

    try:
        found = client.get_registered_model(model).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    return {str(alias): str(version) for alias, version in found.items()}


def versions(client: "Client", model: str) -> list[str]:
    """The version numbers of a model, in no order; nothing where it is not registered."""
    found, page = [], None
    while page != "":
        part = client.search_model_versions(f"name='{model}'", page_token=page)
        found += [str(each.version) for each in part]
        page = part.token or ""
    return found


def download_bundle(settings: Settings, version: str, to: Path, part: str = "") -> Path:
    """The bundle of a version, or one part of it, inside the folder `to`; not verified.

    To be called while `connected`. Raises StateError where the registry has no such file.
    """
    from mlflow import MlflowException, artifacts, models

    model = f"models:/{settings.model_name}/{version}"
    try:
        bundle = models.get_model_info(model).flavors["python_function"]["data"]
        return Path(artifacts.download_artifacts(f"{model}/{bundle}/{part}".rstrip("/"), dst_path=str(to)))
    except (MlflowException, OSError, KeyError) as error:
        raise StateError(
            f"The bundle of version {version} of {settings.model_name!r} could not be downloaded: {_brief(error)}"
        ) from error


def watch(settings: Settings, every_seconds: float, stop: threading.Event, alias: str = CHAMPION) -> None:
    """Fetch until `stop` is set; say what changed, and a trouble once however long it lasts."""
    said = ("", "")
    pause = every_seconds
    while not stop.is_set():
        state, text = _look(settings, alias)
        pause = every_seconds if state == "answers" else max(every_seconds, min(pause * 2, SLOWEST_SECONDS))
        if state != said[0] or (text != said[1] and state != "down"):
            LOG.log(logging.INFO if state == "answers" else logging.WARNING, "%s: %s", state, text)
            said = (state, text)
        stop.wait(pause)


def _look(settings: Settings, alias: str) -> tuple[str, str]:
    try:
        return "answers", str(fetch(settings, alias))
    except RegistryDownError as error:
        return "down", f"{error} The last bundle goes on answering."
    except UserError as error:
        return "trouble", str(error)
    except Exception as error:  # noqa: BLE001 - whatever it was, the next champion must still be picked up
        return "trouble", repr(error)


def main(arguments: Sequence[str] | None = None) -> None:
    """Watch the registry until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Keep the champion's bundle on this machine up to date.")
    parser.add_argument("--work", type=Path, default=None, help="work folder (default: OMNISHELF_WORK or ./work)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks at the registry")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watch(Settings.load(options.work), options.every, stop)
    LOG.info("stopped")


def _release(client: "Client", model: str, alias: str) -> Release:
    from mlflow import MlflowException

    try:
        found = client.get_model_version_by_alias(model, alias)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            raise
        raise StateError(
            f"Model {model!r} has no version called @{alias} yet. Train one and promote it: "
            "omnishelf train, then omnishelf promote"
        ) from error
    return Release(str(found.version), str(found.source))


def _bring(settings: Settings, release: Release) -> Path:
    pointer, folder = settings.champion, settings.champion.parent
    with locked(settings.served_lock):
        now = cache.pointed(pointer)
        said = {"version": release.version, "source": release.source}
        if {name: now.get(name) for name in said} == said and is_complete(folder / now["bundle"]):
            return folder / now["bundle"]
        bundle = _cached(settings, release, settings.served_bundles)
        cache.point(pointer, {**said, "bundle": f"cache/{bundle.name}"})
        cache.prune(settings.served_bundles, {bundle.name, Path(now.get("bundle", "")).name})
    return bundle


def _cached(settings: Settings, release: Release, folder: Path) -> Path:
    """The release in the cache, downloaded unless it is there and whole."""
    arriving = folder / f"{release.version}.tmp"
    shutil.rmtree(arriving, ignore_errors=True)
    try:
        manifest = download_bundle(settings, release.version, arriving, "manifest.json").read_bytes()
        bundle, is_there = cache.place(folder, release.version, manifest)
        return bundle if is_there else cache.admit(download_bundle(settings, release.version, arriving), bundle)
    except OSError as error:
        raise StateError(
            f"The bundle of version {release.version} could not be kept in {folder}: {error}. "
            "The champion before goes on answering."
        ) from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that the user has not set, and take them away again."""
    ours = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _require_something_there(uri: str, *, create: bool) -> None:
    """Look quickly without MLflow, which takes seconds to import and minutes to give up on a database."""
    file = _sqlite_file(uri)
    if file is not None and not create and not file.exists():
        raise StateError(f"Nothing has been tracked in {file} yet. Train a model first: omnishelf train")
    parts = urlsplit(uri)
    port = DATABASE_PORTS.get(parts.scheme.partition("+")[0])
    if port and parts.hostname:
        try:
            socket.create_connection((parts.hostname, parts.port or port), timeout=5).close()
        except OSError as error:
            raise _down(uri, error) from error


def _require_database(uri: str, *, create: bool) -> None:
    """Make the SQLite file beside its place and move it there whole: the schema takes seconds to make."""
    file = _sqlite_file(uri)
    if file is None or not create or file.exists():
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with locked(file.with_name(f"{file.name}.lock")):
        if file.exists():
            return
        artifacts = (file.parent / "mlartifacts").resolve().as_uri()
        with whole_file(file) as fresh:
            store = SqlAlchemyStore(f"sqlite:///{fresh}", artifacts)  # type: ignore[no-untyped-call]
            store.engine.dispose()


def _first_call(client: "Client", uri: str) -> None:
    from mlflow import MlflowException

    with _environment(FIRST_CALL):
        try:
            client.search_experiments(max_results=1)
        except Exception as error:
            if isinstance(error, MlflowException) and "database schema" in str(error):
                raise
            raise _down(uri, error) from error


def _down(uri: str, error: Exception) -> RegistryDownError:
    return RegistryDownError(
        f"The tracking server at {shown(uri)} does not answer: {_brief(error)}. "
        "Start it, or name another by OMNISHELF_TRACKING_URI (empty: a file in the work folder)."
    )


def _brief(error: BaseException) -> str:
    """The cause in a few words; the same words each time that the same thing happens."""
    text = str(error)
    for words in ("Connection refused", "timed out", "Name or service not known", "Connection reset", "unauthorized"):
        if words.lower() in text.lower():
            return words.lower()
    return text.strip().partition("\n")[0][:200]


def _sqlite_file(uri: str) -> Path | None:
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


if __name__ == "__main__":
    main()
