"""Servers of the demonstration: the service, and MLflow's pages; both on a free port, both stoppable by process id."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from features.errors import StateError
from features.settings import Settings
from serving.operate.launch import HOST, free_port, left_running, started
from training.tracking.mlflow_runs import UI_ENVIRONMENT, UI_HOST, ui_command

UI_SECONDS = 120.0
"""MLflow's server imports for a long while."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a server answers, and its process where it outlives the demonstration."""

    host: str
    port: int
    pid: int | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def port_for(wanted: int, host: str = HOST) -> int:
    """`wanted`, or a free one where something listens on it already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((host, wanted))
            return wanted
    return free_port(host)


def log_file(settings: Settings, name: str) -> Path:
    """Where a server of the demonstration writes what it has to say."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    return settings.logs / name


@contextmanager
def service(settings: Settings, port: int, *, keep: bool) -> Iterator[Running]:
    """The service, answering. It is stopped on leaving, unless it is to be kept and all went well."""
    log = log_file(settings, "service.log")
    if not keep:
        # nothing is promoted meanwhile: the process that watches for it would only take time to start
        with started(settings, port=port, sync=False, log=log) as address:
            yield Running(address.host, address.port)
        return
    address, process = left_running(settings, log, port=port)
    try:
        yield Running(address.host, address.port, process.pid)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def mlflow_pages(settings: Settings, port: int) -> Running:
    """MLflow's pages, answering, and left running.

    Raises StateError where they do not come up, or where a tracking server shows them already.
    """
    log = log_file(settings, "mlflow.log")
    command = ui_command(settings, UI_HOST, port)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env={**os.environ, **UI_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    pages = Running(UI_HOST, port, process.pid)
    try:
        _wait_for(pages, process, log)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return pages


def _wait_for(pages: Running, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + UI_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{pages.url}/health", timeout=5):  # noqa: S310 - our own server
            return
        time.sleep(0.2)
    raise StateError(f"MLflow's pages did not come up on {pages.url}. Their log is {log}.")
