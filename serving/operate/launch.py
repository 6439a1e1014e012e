"""Start the service: the process that fetches the champion, and BentoML with its workers.

`python -m serving.operate.launch --work DIR --port 8700` runs both in the foreground until it is told to stop,
and takes both down with it. Nothing here imports BentoML or MLflow: they cost seconds.
"""

import argparse
import contextlib
import ctypes
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from features.errors import StateError, UserError
from features.settings import Settings

HOST = "127.0.0.1"
PORT = 8700

STOP_SECONDS = 10.0
"""So long a process may take to end before it is killed: requests in flight take milliseconds."""

KEEP_ALIVE_SECONDS = 75
"""Longer than the pause after which load balancers drop idle connections, so that they do it first."""

_LOOK_SECONDS = 0.2
_RESTART_SECONDS = 5.0
_LONGEST_RESTART_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def serve_command(
    settings: Settings, host: str = HOST, port: int = PORT, workers: int = 1, *, sync: bool = True
) -> list[str]:
    """The command that serves in the foreground: what `serve` does, as a process of its own."""
    command = [sys.executable, "-m", "serving.operate.launch", "--work", str(settings.work), "--host", host]
    command += ["--port", str(port), "--workers", str(workers)]
    return command if sync else [*command, "--no-sync"]


def serve(settings: Settings, host: str = HOST, port: int = PORT, workers: int = 1, *, sync: bool = True) -> int:
    """Serve until SIGINT or SIGTERM; the exit code.

    Without `sync` nothing fetches new champions: the bundle that was fetched last answers. Raises
    UserError where the address cannot be listened on.
    """
    address = _free_address(host, port)
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_stop_on_signals(stop))
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="omnishelf-serving-"))
        environment = _environment(settings, workers, home)
        _say(f"Starting on {address.url}; the API is described at {address.url}/docs. Ctrl-C stops it.")
        service = stack.enter_context(_running(_bentoml_command(address), environment))
        _supervise(service, _sync_command(settings) if sync else None, environment, stop)
    if stop.is_set():
        return 0
    _say(f"The service ended by itself, exit code {service.returncode}.")
    return 1


@contextlib.contextmanager
def started(
    settings: Settings,
    host: str = HOST,
    port: int = PORT,
    workers: int = 1,
    *,
    sync: bool = True,
    log: Path | None = None,
    within_seconds: float = 60.0,
) -> Iterator[Address]:
    """The service as a process beside this one, answering; stopped on leaving.

    Its output goes to `log`, else to this process's own. Raises UserError where the address is taken
    and StateError where it does not answer in time; it may answer without being ready.
    """
    address = _free_address(host, port)
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        command = serve_command(settings, host, port, workers, sync=sync)
        process = stack.enter_context(_running(command, {**os.environ, **settings.environment()}, output))
        _wait_for(address, process, within_seconds, log)
        yield address


def left_running(
    settings: Settings, log: Path, host: str = HOST, port: int = PORT, workers: int = 1, within_seconds: float = 60.0
) -> tuple[Address, "subprocess.Popen[bytes]"]:
    """Start the service, answering, so that it outlives this process; its address and its process.

    SIGTERM or SIGINT to that process ends all of it. Raises what `started` raises.
    """
    address = _free_address(host, port)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            serve_command(settings, host, port, workers),
            env={**os.environ, **settings.environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(address, process, within_seconds, log)
    except BaseException:
        _end(process)
        raise
    return address, process


def free_port(host: str = HOST) -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _bentoml_command(address: Address) -> list[str]:
    return [
        *(sys.executable, "-m", "bentoml", "serve", "serving.service:Omnishelf"),
        *("--host", address.host, "--port", str(address.port)),
        *("--timeout-keep-alive", str(KEEP_ALIVE_SECONDS), "--timeout-graceful-shutdown", str(int(STOP_SECONDS) - 2)),
    ]


def _environment(settings: Settings, workers: int, home: str) -> dict[str, str]:
    """What the processes are told. `home` is a folder of this run, so that services do not share metrics."""
    return {
        **os.environ,
        **settings.environment(),
        "OMNISHELF_WORKERS": str(workers),
        "BENTOML_HOME": home,
        "BENTOML_DO_NOT_TRACK": "True",
        # the ranker scores a few hundred rows: a second thread would cost more than it brings
        "OMP_NUM_THREADS": "1",
    }


def _sync_command(settings: Settings) -> list[str]:
    return [sys.executable, "-m", "serving.operate.registry", "--work", str(settings.work)]


def _supervise(
    service: "subprocess.Popen[bytes]",
    sync_command: list[str] | None,
    environment: Mapping[str, str],
    stop: threading.Event,
) -> None:
    """Wait for `stop` or for the end of the service; meanwhile keep the sync process running.

    The service answers without it, so nothing that befalls the sync process ends the service. One that
    keeps ending is started again less and less often.
    """
    pause, due = _RESTART_SECONDS, 0.0
    with contextlib.ExitStack() as stack:
        sync: subprocess.Popen[bytes] | None = None
        while not stop.wait(_LOOK_SECONDS) and service.poll() is None:
            if sync_command is None or (sync is not None and sync.poll() is None) or time.monotonic() < due:
                continue
            if sync is not None:
                _say(f"The sync process ended, exit code {sync.returncode}; starting it again.")
            sync = stack.enter_context(_running(sync_command, environment))
            pause, due = min(2 * pause, _LONGEST_RESTART_SECONDS), time.monotonic() + pause


@contextlib.contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], output: BinaryIO | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process and whatever it starts; all of it has ended when the context is left.

    It gets a session of its own: Ctrl-C in a terminal reaches only us, and we stop it in order.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the process to end, give it time, then kill what is left of it and of what it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        _, left = psutil.wait_procs(family, timeout=0.5)
        for each in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
    process.kill()
    process.wait()


def _end_with_parent() -> None:
    """Called in a new process: have Linux end it should its parent be killed outright."""
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


@contextlib.contextmanager
def _stop_on_signals(stop: threading.Event) -> Iterator[None]:
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _free_address(host: str, port: int) -> Address:
    """The address, if it can be listened on. Raises UserError where not."""
    address = Address("127.0.0.1" if host == "localhost" else host, port)
    if not 1 <= port <= 65535:
        raise UserError(f"The port {port} is not between 1 and 65535. Choose another one with --port.")
    try:
        with socket.socket(_family(address.host)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, port))
            probe.listen()
    except OSError as error:
        raise UserError(
            f"{address.url} cannot be listened on: {error.strerror or error}. "
            "Stop what uses that port, or choose another one with --port."
        ) from error
    return address


def _family(host: str) -> socket.AddressFamily:
    """Raises UserError where `host` is a name: BentoML listens on addresses only."""
    try:
        return socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        raise UserError(f"The host {host!r} is no IP address. Give one, such as --host 0.0.0.0") from None


def _wait_for(address: Address, process: "subprocess.Popen[bytes]", seconds: float, log: Path | None) -> None:
    """Return as soon as the service answers; raises StateError where it ends or stays silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address.url}/healthz", timeout=1):  # noqa: S310
            return
        time.sleep(0.05)
    where = f" Its log is {log}." if log else ""
    ended = process.poll() is not None
    what = f"ended with exit code {process.returncode}" if ended else f"did not answer within {seconds:.0f} seconds"
    raise StateError(f"The service on {address.url} {what}.{where}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m serving.operate.launch", description="Serve recommendations over HTTP."
    )
    parser.add_argument("--work", type=Path, help="the work folder")
    parser.add_argument("--host", default=HOST, help="the IP address to listen on")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--no-sync", action="store_true", help="do not fetch new champions")
    given = parser.parse_args(arguments)
    try:
        return serve(Settings.load(given.work), given.host, given.port, given.workers, sync=not given.no_sync)
    except UserError as error:
        _say(str(error))
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
