"""Learning: one label window's training rows, made in a process of its own so that windows run side by side."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.facts import Codes
from features.settings import Settings
from features.vector import names
from features.warehouse import Warehouse
from training.candidates.proposals import candidates_for_all, fit_all, propose
from training.interactions import interactions
from training.prepare import facts_at, labels_between
from training.ranking.rows import Rows, rows
from training.windows import Window

MOST_CUSTOMERS = 8_000
"""Customers a window: beyond, a sample teaches as well and costs less."""


def window_rows(settings: Settings, window: Window, plan_days: float, seed: int) -> tuple[Rows, tuple[str, ...]]:
    """Training rows of one label window, and the names of their columns."""
    warehouse = Warehouse.open(settings)
    facts = facts_at(settings, warehouse, window.cutoff, plan_days)
    labels = _sample(labels_between(warehouse, facts, window.end), seed)
    known = interactions(facts)
    candidates = propose(known, fit_all(known), np.unique(labels[0]).astype(np.int32))
    return rows(facts, candidates, labels, seed), names(facts, candidates.sources)


def final_candidates(settings: Settings, cutoff: Window, plan_days: float, folder: Path) -> None:
    """Facts and candidates of everybody as of the cutoff, the latter saved into the folder."""
    facts = facts_at(settings, Warehouse.open(settings), cutoff.cutoff, plan_days)
    candidates_for_all(facts)[1].save(folder)


def learn(
    settings: Settings, windows: tuple[Window, ...], final: Window, plan_days: float, folder: Path
) -> Iterator[tuple[int, Rows | None, tuple[str, ...]]]:
    """Yield (window number, rows, column names) as they come; number −1 without rows is the final cutoff's candidates.

    Every process has one thread, and there are as many as `settings.threads`.
    """
    single = replace(settings, threads=1)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(settings.threads, len(windows) + 1), mp_context=context) as processes:
        # The latest first: it and the final cutoff are the largest.
        jobs = {processes.submit(final_candidates, single, final, plan_days, folder): -1}
        for nth, window in enumerate(windows):
            jobs[processes.submit(window_rows, single, window, plan_days, settings.seed + nth)] = nth
        try:
            for job in as_completed(jobs):
                made = job.result()
                yield (jobs[job], *made) if made else (-1, None, ())
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def _sample(labels: tuple[Codes, Codes], seed: int) -> tuple[Codes, Codes]:
    customers = np.unique(labels[0])
    if len(customers) <= MOST_CUSTOMERS:
        return labels
    chosen = np.random.default_rng(seed).choice(customers, MOST_CUSTOMERS, replace=False)
    keep = np.isin(labels[0], chosen)
    return labels[0][keep], labels[1][keep]

