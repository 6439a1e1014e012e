"""Starting and stopping: nothing is left running, and neither registry nor bundle is needed to start."""

import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from features.errors import StateError, UserError
from features.settings import Settings
from serving.operate import launch
from serving.operate.launch import free_port, left_running, serve, serve_command, started
from tests.helpers.served import metric, point_at, work_with_bundles

PATH = "/v1/recommendations"


def wait_until(is_so, within_seconds=30.0):
    until = time.monotonic() + within_seconds
    while not is_so():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)


def answers(url, path, status):
    try:
        return httpx.get(url + path, trust_env=False).status_code == status
    except httpx.TransportError:
        return False


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def family_of(process):
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def test_with_a_dead_registry_the_last_bundle_answers_and_ctrl_c_ends_everything(tmp_path, facts):
    """The sync process finds no tracking server; shoppers do not notice."""
    work = work_with_bundles(tmp_path / "work", facts)
    point_at(work, "1")
    settings = Settings(work=work, tracking_uri=f"http://127.0.0.1:{free_port()}")
    address, process = left_running(settings, tmp_path / "log", port=free_port())
    try:
        wait_until(lambda: answers(address.url, "/readyz", 200))
        wait_until(lambda: any("serving.operate.registry" in each.cmdline() for each in family_of(process)))
        answer = httpx.post(address.url + PATH, json={"placement": "home"}, trust_env=False)
        assert (answer.status_code, answer.json()["model_version"]) == (200, "1")
        family = family_of(process)
        assert len(family) >= 4  # the launcher, the sync process, BentoML, its worker
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        wait_until(lambda: all(map(is_gone, family)))
    finally:
        process.kill()
        process.wait()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address.host, address.port))  # the port is free again


def test_two_workers_start_empty_say_so_and_answer_once_something_is_promoted(tmp_path, facts):
    work = work_with_bundles(tmp_path / "work", facts)
    with started(Settings(work=work), port=free_port(), workers=2, sync=False, log=tmp_path / "log") as address:
        with httpx.Client(base_url=address.url, timeout=30, trust_env=False) as client:
            for answer in (client.get("/readyz"), client.post(PATH, json={"placement": "home"})):
                assert (answer.status_code, answer.json()["type"]) == (503, "/docs#problem-not-ready")
                assert answer.headers["retry-after"] == "5"
            assert client.get("/healthz").json() == {"status": "ok"}
            point_at(work, "1")
            wait_until(lambda: metric(client.get("/metrics").text, "omnishelf_bundle_workers", version="1") == 2)
        assert {ask_anew(address.url) for _ in range(20)} == {200}
        launcher = next(each for each in psutil.Process().children() if str(address.port) in each.cmdline())
        family = [launcher, *launcher.children(recursive=True)]
        assert len(family) >= 4
        launcher.kill()  # no chance to clean up: whatever it started must notice
        wait_until(lambda: all(map(is_gone, family)))


def ask_anew(url):
    """The status of one answer over a connection of its own."""
    return httpx.post(url + PATH, json={"placement": "home"}, trust_env=False).status_code


def test_a_taken_port_is_an_error_of_the_user(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"127\.0\.0\.1:{port} cannot be listened on: .*in use.*--port"):
            serve(Settings(work=tmp_path), port=port)
        finished = subprocess.run(
            serve_command(Settings(work=tmp_path), port=port), capture_output=True, text=True, check=False
        )
    assert finished.returncode == 2
    assert "--port" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(("host", "port", "said"), [
    ("example.org", 8700, "no IP address"),
    ("127.0.0.1", 0, "not between 1 and 65535"),
    ("127.0.0.1", 70000, "not between 1 and 65535"),
    ("192.0.2.1", 8700, "cannot be listened on"),
])  # fmt: skip
def test_an_impossible_address_is_an_error_of_the_user(tmp_path, host, port, said):
    with pytest.raises(UserError, match=said):
        serve(Settings(work=tmp_path), host=host, port=port)


def test_a_service_that_ends_at_once_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "serve_command", lambda *_, **__: [sys.executable, "-c", "raise SystemExit(7)"])
    with (
        pytest.raises(StateError, match=r"ended with exit code 7.*the\.log"),
        started(Settings(work=tmp_path), port=free_port(), log=tmp_path / "the.log"),
    ):
        pytest.fail("it must not be reached")


def test_settings_reach_the_processes_whole(tmp_path, monkeypatch):
    given = Settings(work=tmp_path, tracking_uri="http://127.0.0.1:1", model_name="shop", threads=1, seed=7)
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == given


def test_the_command_line_describes_itself():
    finished = subprocess.run(
        [sys.executable, "-m", "serving.operate.launch", "--help"], capture_output=True, text=True, check=True
    )
    for option in ("--work", "--host", "--port", "--workers", "--no-sync"):
        assert option in finished.stdout
