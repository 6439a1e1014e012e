"""Stages: a row for each that finished, and what is said meanwhile."""

import threading
from itertools import chain, repeat

import pytest

from training.tracking import stages
from training.tracking.stages import Stages


def test_a_stage_says_that_it_starts_and_what_came_out() -> None:
    said: list[tuple[str, str]] = []
    log = Stages(lambda name, text: said.append((name, text)))
    with log.stage("facts") as say:
        assert said == [("facts", "")]
        say("3 customers,")
        say("2 SKUs")
    with log.stage("ranker"):
        pass
    assert [(name, text.split(" (")[0]) for name, text in said[1:]] == [
        ("facts", "3 customers, 2 SKUs"),
        ("ranker", ""),
        ("ranker", "done"),
    ]


def test_a_row_each() -> None:
    log = Stages()
    for name in ("one", "two"):
        with log.stage(name):
            pass
    table = log.table()
    assert table["stage"].tolist() == ["one", "two"]
    assert (table[["seconds", "cpu_seconds"]] >= 0).all(axis=None)
    assert (table["peak_mb"] > 10).all()


def test_no_stages_are_a_table_without_rows() -> None:
    assert Stages().table().columns.tolist() == ["stage", "seconds", "cpu_seconds", "peak_mb"]
    assert len(Stages().table()) == 0


def test_a_stage_that_fails_has_no_row_and_leaves_nobody_watching() -> None:
    log, watchers = Stages(), threading.active_count()
    with pytest.raises(RuntimeError, match="no candidates"), log.stage("candidates"):
        _fail()
    assert (log.rows, threading.active_count()) == ([], watchers)


def _fail() -> None:
    message = "no candidates"
    raise RuntimeError(message)


def test_the_peak_is_the_most_that_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, sizes = threading.Event(), chain([100, 900, 200], repeat(100))

    def memory() -> int:
        size = next(sizes)
        if size == 200:
            seen.set()
        return size * 2**20

    monkeypatch.setattr(stages, "_memory", memory)
    monkeypatch.setattr(stages, "SAMPLE_SECONDS", 0.001)
    log = Stages()
    with log.stage("facts"):
        assert seen.wait(timeout=30)
    assert log.table()["peak_mb"].tolist() == [900]
