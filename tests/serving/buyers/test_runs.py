"""Runs as folders: asked, told, found; a process that died is noticed; one works at a time."""

import fcntl
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from features.errors import StateError, UserError
from serving.buyers import runs
from serving.buyers.request import AssortmentRequest
from tests.helpers.finished_runs import finished

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
COFFEE = AssortmentRequest(category="COFFEE")


def test_a_run_is_found_as_it_was_asked(tmp_path):
    run = runs.ask(tmp_path, COFFEE, "ada", AT)
    found = runs.find(tmp_path, run.id, AT)
    assert (found.request, found.state.state, found.state.by) == (COFFEE, runs.QUEUED, "ada")
    assert [each.id for each in runs.listed(tmp_path, AT)] == [run.id]


def test_the_newest_is_first(tmp_path):
    ids = [runs.ask(tmp_path, COFFEE, "ada", AT + timedelta(seconds=nth)).id for nth in range(3)]
    assert [each.id for each in runs.listed(tmp_path, AT)] == ids[::-1]


@pytest.mark.parametrize("run_id", ["..", "../x", "", "UPPER000", "a" * 41, "nobody00"])
def test_what_is_no_run_is_not_found(tmp_path, run_id):
    assert runs.find(tmp_path, run_id, AT) is None


def test_a_queued_run_without_a_process_fails_once_it_had_time_to_start(tmp_path):
    run = runs.ask(tmp_path, COFFEE, "ada", AT)
    assert runs.find(tmp_path, run.id, AT + timedelta(seconds=60)).state.state == runs.QUEUED
    late = runs.find(tmp_path, run.id, AT + timedelta(seconds=121)).state
    assert (late.state, "ended without notice" in late.error) == (runs.FAILED, True)


def test_a_run_whose_process_died_has_failed(tmp_path):
    run = runs.ask(tmp_path, COFFEE, "ada", AT)
    with runs.working(run):
        runs.tell(run, runs.RUNNING, "demand", 0.2, AT)
        assert runs.find(tmp_path, run.id, AT).state.state == runs.RUNNING
    assert runs.find(tmp_path, run.id, AT).state.state == runs.FAILED


def test_what_is_done_stays_done(tmp_path):
    run = finished(tmp_path, AT)
    found = runs.find(tmp_path / "assortments", run.id, AT + timedelta(days=400))
    assert found.state.state == runs.DONE
    assert [row["sku"] for row in runs.decisions(found)] == ["s-0", "s-1", "s-2", "s-3", "s-4"]


def test_nobody_works_on_a_run_twice(tmp_path):
    run = runs.ask(tmp_path, COFFEE, "ada", AT)
    with runs.working(run), pytest.raises(UserError, match="another process"), runs.working(run):
        pass


def test_one_run_works_at_a_time_and_a_killed_one_lets_go(tmp_path):
    first, second = (runs.ask(tmp_path, COFFEE, "ada", AT + timedelta(seconds=nth)) for nth in range(2))
    script = (
        "import sys, time; from pathlib import Path; from datetime import datetime; from serving.buyers import runs\n"
        "run = runs.find(Path(sys.argv[1]), sys.argv[2], datetime(2026, 1, 5, 8))\n"
        "with runs.working(run): print('works', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path, first.id], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"works\n"
        with (tmp_path / "turn").open("rb") as turn, pytest.raises(BlockingIOError):
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        other.kill()
    with runs.working(second):
        assert runs.find(tmp_path, second.id, AT).state.state == runs.QUEUED


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be kept"):
        runs.ask(tmp_path / "file", COFFEE, "ada", AT)
