"""Stages: what each step of a run took, in time, processor time and memory, of this process and its children."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd
import psutil

SAMPLE_SECONDS = 0.25

Announce = Callable[[str, str], None]
"""Called with a stage's name and what it has to say: "" when it starts, a sentence when it is done."""


@dataclass(slots=True)
class Stages:
    """A log of finished stages; `announce` tells whoever watches."""

    announce: Announce = lambda _name, _said: None
    rows: list[dict[str, str | float]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str], None]]:
        """Measure the body; it may call what it is given to say in a sentence what came out."""
        self.announce(name, "")
        said: list[str] = []
        started, cpu = time.perf_counter(), _cpu_seconds()
        with _peak() as peak:
            yield said.append
        seconds = time.perf_counter() - started
        self.rows.append(
            {"stage": name, "seconds": seconds, "cpu_seconds": _cpu_seconds() - cpu, "peak_mb": peak[0] / 2**20}
        )
        self.announce(name, f"{' '.join(said) or 'done'} ({seconds:.1f} s)")

    def table(self) -> pd.DataFrame:
        """stage, seconds, cpu_seconds, peak_mb; a row a stage."""
        return pd.DataFrame(self.rows, columns=["stage", "seconds", "cpu_seconds", "peak_mb"])


def _cpu_seconds() -> float:
    """Processor seconds of this process and of its children, those that ended included."""
    me = psutil.Process()
    own = me.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in me.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return float(total)


def _memory() -> int:
    me = psutil.Process()
    total = me.memory_info().rss
    for child in me.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:
            continue
    return int(total)


@contextmanager
def _peak() -> Iterator[list[int]]:
    """The highest resident memory seen while the body runs, sampled."""
    peak, done = [_memory()], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], _memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
