"""Learning: one label window's training rows, made in a process of its own so that windows run side by side."""

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np

from features.errors import StateError
from features.facts.facts import Codes
from features.past import Past
from features.vector.vector import names
from training.recommendations.candidates.proposals import candidates_for, fit_all, propose
from training.recommendations.first_visits import visits_until
from training.recommendations.interactions import interactions
from training.recommendations.ranking.rows import Rows, rows
from training.recommendations.windows import Window

MOST_CUSTOMERS = 8_000
"""Customers a window: beyond, a sample teaches as well and costs less."""

Made = tuple[Rows | None, tuple[str, ...]]
"""Training rows (None where there are none) and the names of their columns."""


def window_rows(past: Past, window: Window, seed: int) -> Made:
    """Training rows of one label window; none where nobody whom we know bought anything that could be proposed."""
    then = past.at(window.cutoff)
    facts = then.facts()
    labels = _sample(then.labels_until(facts, window.end), seed)
    known = interactions(facts)
    if not len(labels[0]) or not len(known.skus):
        return None, ()
    candidates = propose(known, fit_all(known), np.unique(labels[0]).astype(np.int32))
    visits = visits_until(then, facts, window.end)
    return rows(facts, candidates, labels, seed, visits=visits), names(facts, candidates.sources)


def final_candidates(past: Past, folder: Path, customers: tuple[str, ...] | None) -> Made:
    """Candidates of these customers (None: of everybody) as of the past's cutoff, saved into the folder; no rows."""
    candidates_for(past.facts(), customers)[1].save(folder)
    return None, ()


def learn(
    past: Past, windows: tuple[Window, ...], folder: Path, customers: tuple[str, ...] | None, *, apart: bool
) -> Iterator[tuple[int, Rows | None, tuple[str, ...]]]:
    """Yield (window number, rows, column names) as they come; number −1 without rows is the final cutoff's candidates.

    Where windows are learned apart every process has one thread, and there are as many as `settings.threads`.
    """
    seed = past.settings.seed
    if not apart:
        yield (-1, *final_candidates(past, folder, customers))
        for nth, window in enumerate(windows):
            yield (nth, *window_rows(past, window, seed + nth))
        return
    count = min(past.settings.threads, len(windows) + 1)
    single = replace(past, settings=past.settings.shared_by(max(count, 1)))
    with _processes(count) as processes:
        with _interrupts_later():
            # The latest first: it and the final cutoff are the largest.
            jobs: dict[Future[Made], int] = {processes.submit(final_candidates, single, folder, customers): -1}
            for nth, window in enumerate(windows):
                jobs[processes.submit(window_rows, single, window, seed + nth)] = nth
        for job in as_completed(jobs):
            yield (jobs[job], *job.result())


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the body: at once where it fails or is interrupted, or where this process is killed."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(count, 1), mp_context=context, initializer=follow_parent) as processes:
        try:
            yield processes
        except BaseException as error:
            processes.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                message = (
                    "A training process was ended from outside, most likely for want of memory. "
                    "Next: run again with OMNISHELF_THREADS=1, or on a machine with more memory."
                )
                raise StateError(message) from error
            raise


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C waits for the end of the body; processes that start in it never hear it, not even while they import."""
    resource_tracker.ensure_running()  # otherwise the first process starts it, which lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow_parent() -> None:
    """Prepare a child process: it leaves Ctrl-C to the parent, and stops working when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(os._exit, 0)  # what libraries say of themselves while they are taken apart helps nobody
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _sample(labels: tuple[Codes, Codes], seed: int) -> tuple[Codes, Codes]:
    customers = np.unique(labels[0])
    if len(customers) <= MOST_CUSTOMERS:
        return labels
    chosen = np.random.default_rng(seed).choice(customers, MOST_CUSTOMERS, replace=False)
    keep = np.isin(labels[0], chosen)
    return labels[0][keep], labels[1][keep]
