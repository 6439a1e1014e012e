"""Files appear whole, whatever befalls their writer, and locks go with their holder."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from features.errors import StateError
from features.files import (
    is_locked,
    locked,
    locked_or_refused,
    partial_folder,
    put,
    remove,
    whole_file,
    whole_folder,
    write_whole,
)

SPAWN = multiprocessing.get_context("spawn")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fail_after(step: Callable[..., object], *given: object) -> None:
    step(*given)
    raise ZeroDivisionError


def killed(body: str, *arguments: object) -> None:
    """Run a script that says when it is ready, and kill it then."""
    command = [sys.executable, "-c", dedent(body), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


class TestWholeFile:
    def test_it_replaces_what_was_there_and_leaves_nothing_beside(self, tmp_path):
        write_whole(tmp_path / "in" / "one.json", "old")
        write_whole(tmp_path / "in" / "one.json", "néw")
        assert (tmp_path / "in" / "one.json").read_text(encoding="utf-8") == "néw"
        assert names(tmp_path / "in") == {"one.json"}

    def test_a_writer_that_fails_leaves_the_old(self, tmp_path):
        write_whole(tmp_path / "one", b"old")
        with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "one") as partial:
            fail_after(partial.write_bytes, b"half")
        assert (tmp_path / "one").read_bytes() == b"old"
        assert names(tmp_path) == {"one"}

    def test_a_writer_that_is_killed_leaves_the_old_and_the_next_clears_what_it_left(self, tmp_path):
        write_whole(tmp_path / "one", "old")
        script = """
            import sys, time
            from pathlib import Path
            from features.files import whole_file
            with whole_file(Path(sys.argv[1])) as partial:
                partial.write_text("half")
                print("ready", flush=True)
                time.sleep(60)
        """
        killed(script, tmp_path / "one")
        assert (tmp_path / "one").read_text() == "old"
        assert len(names(tmp_path)) == 2
        write_whole(tmp_path / "one", "new")
        assert (tmp_path / "one").read_text() == "new"
        assert names(tmp_path) == {"one"}

    def test_a_writer_at_work_is_not_swept_away(self, tmp_path):
        with whole_file(tmp_path / "one") as slow:
            slow.write_text("slow")
            write_whole(tmp_path / "one", "quick")
            assert slow.read_text() == "slow"
        assert (tmp_path / "one").read_text() == "slow"

    def test_others_names_are_left_alone(self, tmp_path):
        for name in ("one.partial", "one.x.partial", "other.00000000.partial", "one.json.00000000.partial"):
            (tmp_path / name).mkdir()
        before = names(tmp_path)
        write_whole(tmp_path / "one", "new")
        assert names(tmp_path) == before | {"one"}

    def test_a_reader_never_sees_half_of_it(self, tmp_path):
        """Readers look all the time while two writers replace the file."""
        file, stop, seen = tmp_path / "one.json", threading.Event(), []
        write_whole(file, json.dumps({"text": "0" * 50_000}))

        def replace_it(letter):
            for _ in range(40):
                write_whole(file, json.dumps({"text": letter * 50_000}))

        def look():
            while not stop.is_set():
                seen.append(json.loads(file.read_bytes())["text"])

        writers = [threading.Thread(target=replace_it, args=(letter,)) for letter in "ab"]
        reader = threading.Thread(target=look)
        for thread in (*writers, reader):
            thread.start()
        for writer in writers:
            writer.join()
        stop.set()
        reader.join()
        assert len(seen) > 10
        assert {text in {"0" * 50_000, "a" * 50_000, "b" * 50_000} for text in seen} == {True}

    def test_a_full_disk_leaves_the_old(self, tmp_path):
        write_whole(tmp_path / "one", "old")
        script = """
            import resource, signal, sys
            from pathlib import Path
            from features.files import write_whole
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
            try:
                write_whole(Path(sys.argv[1]), "x" * 5000)
            except OSError as error:
                print(type(error).__name__)
        """
        said = subprocess.run(
            [sys.executable, "-c", dedent(script), tmp_path / "one"], capture_output=True, text=True, check=True
        )
        assert said.stdout == "OSError\n"
        assert (tmp_path / "one").read_text() == "old"
        assert names(tmp_path) == {"one"}

    def test_where_there_is_no_folder_to_write_to_it_says_so(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match="file"):
            write_whole(tmp_path / "file" / "one", "text")

    def test_a_file_never_replaces_a_folder(self, tmp_path):
        (tmp_path / "one" / "kept").mkdir(parents=True)
        with pytest.raises(IsADirectoryError):
            write_whole(tmp_path / "one", "text")
        assert names(tmp_path / "one") == {"kept"}


class TestWholeFolder:
    def test_it_replaces_what_was_there(self, tmp_path):
        for content in ("old", "new"):
            with whole_folder(tmp_path / "one") as partial:
                (partial / f"{content}.txt").touch()
        assert names(tmp_path) == {"one"}
        assert names(tmp_path / "one") == {"new.txt"}

    def test_it_may_be_read_by_whoever_may_read_the_folder_around_it(self, tmp_path):
        (tmp_path / "plain").mkdir()
        with whole_folder(tmp_path / "one"):
            pass
        assert (tmp_path / "one").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_a_writer_that_fails_leaves_the_old(self, tmp_path):
        with whole_folder(tmp_path / "one") as partial:
            (partial / "old").touch()
        with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "one") as partial:
            fail_after((partial / "half").touch)
        assert names(tmp_path / "one") == {"old"}
        assert names(tmp_path) == {"one"}

    def test_a_name_that_cannot_be_given_leaves_the_old(self, tmp_path):
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "old").touch()
        (tmp_path / "file").touch()
        with pytest.raises(NotADirectoryError):
            put(tmp_path / "file", tmp_path / "one" / "old" / "under")
        with pytest.MonkeyPatch.context() as patch:

            def refuse(_finished, _path):
                raise OSError("no space")

            patch.setattr(Path, "replace", refuse)
            with pytest.raises(OSError, match="no space"), whole_folder(tmp_path / "one"):
                pass
        assert names(tmp_path / "one") == {"old"}
        assert names(tmp_path) == {"one", "file"}

    def test_a_writer_that_is_killed_leaves_the_old_and_the_next_clears_what_it_left(self, tmp_path):
        with whole_folder(tmp_path / "one") as partial:
            (partial / "old").touch()
        script = """
            import sys, time
            from pathlib import Path
            from features.files import whole_folder
            with whole_folder(Path(sys.argv[1])) as partial:
                (partial / "half").touch()
                print("ready", flush=True)
                time.sleep(60)
        """
        killed(script, tmp_path / "one")
        (tmp_path / "one.0123abcd.removed").mkdir()
        assert names(tmp_path / "one") == {"old"}
        with partial_folder(tmp_path / "one") as partial:
            assert names(tmp_path) == {"one", partial.name}
        assert names(tmp_path) == {"one"}

    def test_what_is_removed_is_out_of_sight_first(self, tmp_path, monkeypatch):
        (tmp_path / "one").mkdir()
        monkeypatch.setattr("shutil.rmtree", lambda path, **_: path.rename(tmp_path / "seen"))
        remove(tmp_path / "one")
        assert names(tmp_path) == {"seen"}


def _count(path: Path, counter: Path, times: int) -> None:
    for _ in range(times):
        with locked(path):
            number = int(counter.read_text())
            time.sleep(0.001)
            counter.write_text(str(number + 1))


class TestLocks:
    def test_two_processes_never_hold_it_at_once(self, tmp_path):
        (tmp_path / "counter").write_text("0")
        arguments = (tmp_path / "in" / ".lock", tmp_path / "counter", 40)
        workers = [SPAWN.Process(target=_count, args=arguments) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert (tmp_path / "counter").read_text() == "80"

    def test_two_threads_never_hold_it_at_once(self, tmp_path):
        (tmp_path / "counter").write_text("0")
        threads = [threading.Thread(target=_count, args=(tmp_path / ".lock", tmp_path / "counter", 20)) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (tmp_path / "counter").read_text() == "40"

    def test_a_killed_holders_lock_is_free(self, tmp_path):
        script = """
            import sys, time
            from pathlib import Path
            from features.files import locked
            with locked(Path(sys.argv[1])):
                print("ready", flush=True)
                time.sleep(60)
        """
        killed(script, tmp_path / ".lock")
        assert not is_locked(tmp_path / ".lock")
        with locked_or_refused(tmp_path / ".lock", StateError):
            assert is_locked(tmp_path / ".lock")
        assert not is_locked(tmp_path / ".lock")

    def test_whoever_does_not_wait_is_told_who_holds_it(self, tmp_path):
        def refusal(holder):
            return StateError(f"held by {holder}")

        with locked_or_refused(tmp_path / ".lock", refusal):
            for _ in range(2):
                with (
                    pytest.raises(StateError, match=f"held by {os.getpid()}$"),
                    locked_or_refused(tmp_path / ".lock", refusal),
                ):
                    pass
        with locked_or_refused(tmp_path / ".lock", refusal):
            pass

    def test_a_body_that_fails_lets_go(self, tmp_path):
        with pytest.raises(ZeroDivisionError), locked_or_refused(tmp_path / ".lock", StateError):
            _ = 1 / 0
        with pytest.raises(ZeroDivisionError), locked(tmp_path / ".lock"):
            _ = 1 / 0
        assert not is_locked(tmp_path / ".lock")

    def test_whoever_only_looks_is_no_holder(self, tmp_path):
        assert not is_locked(tmp_path / "alive")
        with locked(tmp_path / "alive"), (tmp_path / "alive").open("rb"):
            assert is_locked(tmp_path / "alive")
        stop, found = threading.Event(), []

        def look():
            while not stop.is_set():
                found.append(is_locked(tmp_path / "alive"))

        lookers = [threading.Thread(target=look) for _ in range(3)]
        for looker in lookers:
            looker.start()
        time.sleep(0.3)
        stop.set()
        for looker in lookers:
            looker.join()
        assert len(found) > 100
        assert not any(found)
