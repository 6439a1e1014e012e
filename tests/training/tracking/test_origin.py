"""Where a run comes from, on machines that know more or less about it."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from training.tracking import origin


def test_what_the_machine_knows_is_told():
    told = origin.tags()
    assert told["host"] == origin.host()
    assert told["mlflow.user"] == origin.user()
    assert told["process"].startswith(f"{os.getpid()} ")
    assert all(isinstance(value, str) for value in told.values())


class TestGit:
    @pytest.fixture
    def repository(self, tmp_path, monkeypatch):
        monkeypatch.setattr(origin, "SOURCE", tmp_path)
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            monkeypatch.delenv(name, raising=False)

        def git(*arguments):
            identity = ["-c", "user.name=mei", "-c", "user.email=mei@shop.example"]
            done = subprocess.run(
                ["git", *identity, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            return done.stdout.strip()

        git("init", "--quiet")
        (tmp_path / "code.py").write_text("x = 1\n")
        git("add", "code.py")
        git("commit", "--quiet", "--no-gpg-sign", "-m", "first")
        return git

    def test_the_commit(self, repository):
        told = origin.tags()
        assert told["mlflow.source.git.commit"] == repository("rev-parse", "HEAD")
        assert told["git.uncommitted_changes"] == "no"

    def test_uncommitted_changes(self, repository, tmp_path):
        (tmp_path / "code.py").write_text("x = 2\n")
        assert origin.tags()["git.uncommitted_changes"] == "yes"

    def test_no_repository(self, tmp_path, monkeypatch):
        monkeypatch.setattr(origin, "SOURCE", tmp_path)
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        assert "mlflow.source.git.commit" not in origin.tags()

    def test_no_git(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        assert "mlflow.source.git.commit" not in origin.tags()

    def test_a_git_that_hangs(self, monkeypatch):
        def hangs(command, **_):
            raise subprocess.TimeoutExpired(command, origin.GIT_SECONDS)

        monkeypatch.setattr(subprocess, "run", hangs)
        assert "mlflow.source.git.commit" not in origin.tags()


def test_a_user_without_a_name_is_a_number(monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr(origin.getpass, "getuser", nobody)
    assert origin.user() == str(os.getuid())


class TestProcesses:
    def test_this_one_is_here(self):
        assert not origin.is_gone(origin.process_mark(os.getpid()))

    def test_one_that_ended_is_gone(self):
        ended = subprocess.Popen([sys.executable, "-c", "pass"])
        mark = origin.process_mark(ended.pid)
        ended.wait()
        assert origin.is_gone(mark)

    def test_a_number_that_was_used_again_is_another_process(self):
        assert origin.is_gone(f"{os.getpid()} 1")

    def test_where_the_system_tells_no_start_the_number_decides(self, monkeypatch):
        monkeypatch.setattr(origin.Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError()))
        assert origin.process_mark(os.getpid()) == f"{os.getpid()} ?"
        ended = subprocess.Popen([sys.executable, "-c", "pass"])
        ended.wait()
        assert origin.process_mark(ended.pid) is None

    @pytest.mark.parametrize("mark", ["", "unknown", "-1 5"])
    def test_what_is_no_mark_is_not_said_to_be_gone(self, mark):
        assert not origin.is_gone(mark)


class TestSigterm:
    def test_it_unwinds_the_stack_and_is_as_before_afterwards(self):
        cleaned = []

        def work():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                cleaned.append("yes")

        with pytest.raises(SystemExit) as stopped, origin.sigterm_raises():
            work()
        assert (stopped.value.code, cleaned) == (143, ["yes"])
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    def test_somebody_elses_handler_stays(self):
        heard = []
        before = signal.signal(signal.SIGTERM, lambda *_: heard.append("theirs"))
        try:
            with origin.sigterm_raises():
                signal.raise_signal(signal.SIGTERM)
        finally:
            signal.signal(signal.SIGTERM, before)
        assert heard == ["theirs"]

    def test_in_a_thread_nothing_is_touched(self):
        seen = []

        def work():
            with origin.sigterm_raises():
                seen.append(signal.getsignal(signal.SIGTERM))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [signal.SIG_DFL]
