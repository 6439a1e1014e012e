"""Arms: models that know different things of the same people, trained in memory and asked the same requests.

An arm brings its own purchases, under the customers that it knew at each cutoff. Everything after that is what a
training does, and lists are made by the recommender that answers requests; only nothing is released.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.findings import Say
from features.clock import Cutoff
from features.errors import DataError
from features.facts.facts import Columns, Facts, Grouped
from features.past import InHand, Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import Bundle, Catalogue, Lists
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import GuardedRanker, OnnxRanker
from serving.bundle.texts import Texts
from serving.recommender.recommender import Recommender
from training.recommendations.fit import FitPlan, fit
from training.recommendations.learning import follow_parent
from training.recommendations.windows import Window


@dataclass(frozen=True, slots=True)
class Job:
    """One arm to train and ask.

    windows    label windows to learn from, the latest first
    rounds     trees at the most
    depth      SKUs of a list
    purchases  those that the arm has, by cutoff: of the job and of every window
    requests   columns customer ("": a stranger), channel, store_id ("": not said); a row a request
    """

    settings: Settings
    arm: str
    cutoff: Cutoff
    windows: tuple[Window, ...]
    rounds: int
    depth: int
    purchases: dict[Cutoff, Path]
    requests: pd.DataFrame
    scratch: Path


def answers(jobs: Sequence[Job], processes: int, say: Say) -> dict[str, list[list[str]]]:
    """Arm -> the list of each of its requests, in their order; arms run side by side where there are processes."""
    if processes < 2:
        return _collected(jobs, map(answer, jobs), say)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=follow_parent) as pool:
        return _collected(jobs, pool.map(answer, jobs), say)


def _collected(jobs: Sequence[Job], made: Iterable[list[list[str]]], say: Say) -> dict[str, list[list[str]]]:
    found = {}
    for job, lists in zip(jobs, made, strict=True):
        found[job.arm] = lists
        say(f"{job.arm}: trained and asked")
    return found


def answer(job: Job) -> list[list[str]]:
    """Train the arm and make its list for each request, best first. Raises DataError where it has too little."""
    recommender = trained(job)
    skus = recommender.bundle.facts.skus
    lists = []
    for each in job.requests.to_dict("records"):
        shopper = recommender.shopper(each["customer"] or None, each["store_id"] or None, channel=each["channel"])
        lists.append([skus.text(int(code)) for code in recommender.rank(shopper).skus[: job.depth]])
    return lists


def trained(job: Job) -> Recommender:
    """A recommender that knows the job's purchases before its cutoff. Raises DataError where they are too few."""
    in_hand = InHand(job.purchases, job.scratch)
    past = Past(job.settings, Warehouse.open(job.settings), job.cutoff, in_hand=in_hand)
    asked = tuple(customer for customer in job.requests["customer"].unique() if customer)
    try:
        fitted = fit(past, job.windows, FitPlan(job.scratch, job.rounds, asked, apart=False))
    except DataError as error:
        raise DataError(f"{job.arm}: {error}") from error
    rankers = fitted.rankers
    scorer = GuardedRanker(OnnxRanker.load(rankers.files["ranker.onnx"]), rankers.everything.guard)
    return Recommender(_bundle(job, past.facts(), fitted.candidates, scorer))


def _bundle(job: Job, facts: Facts, candidates: Candidates, scorer: GuardedRanker) -> Bundle:
    """What a recommender needs to rank, in memory; it has no lists and no names."""
    none = Grouped(np.zeros(1, np.int64), np.zeros(0, np.int32), Columns((), np.zeros((0, 0), np.float32)))
    return Bundle(
        path=job.scratch,
        manifest={"version": job.arm, "cutoff": str(job.cutoff)},
        facts=facts,
        candidates=candidates,
        lists=Lists(none, none),
        catalogue=Catalogue(Texts.of(()), Texts.of(())),
        ranker=scorer,
        discovery=scorer,
    )
