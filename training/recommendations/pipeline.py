"""The pipeline: purchases -> facts -> candidates -> rankers -> bundle -> evaluation -> MLflow.

Read this file first: each stage is one call, and data goes one way.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.errors import StateError
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import Bundle, read_manifest
from serving.recommender.recommender import Recommender
from training.recommendations import describe, release
from training.recommendations.evaluate import Evaluated, NobodyToJudgeError, evaluate, source_recall
from training.recommendations.fit import FitPlan, Fitted, Rankers, fit
from training.recommendations.interactions import ACTIVE_DAYS
from training.recommendations.log import TRAININGS, track
from training.recommendations.profiles import served
from training.recommendations.ranking import ranker
from training.recommendations.record import TrainingRecord
from training.recommendations.windows import Window, label_windows
from training.tracking import origin
from training.tracking.mlflow_runs import TrackedRun, open_run
from training.tracking.stages import Stages

INSTANT_DAYS = 1e-6 / 86_400
"""A microsecond: the first instant after the last purchase."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a training is asked for.

    cutoff       the first instant that it may not see; None: `window_days` before the end of the
                 purchases, so that the last days can judge it
    windows      label windows to learn from, the latest of which stops the training early
    plan_days    promotions announced for so many days after a cutoff count as known (0: only those
                 that are running)
    """

    cutoff: Cutoff | None = None
    window_days: float = 7.0
    windows: int = 5
    plan_days: float = 0.0
    rounds: int = ranker.ROUNDS


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out: the bundle, the run, and how it did (None where nobody bought after the cutoff)."""

    bundle: Bundle
    run: TrackedRun
    evaluated: Evaluated | None
    stages: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Run:
    """A training under way: what it was asked for, what it works on, where its files lie, and who watches.

    `at` is the instant of the run; `windows` has the latest label window first.
    """

    plan: TrainingPlan
    past: Past
    windows: tuple[Window, ...]
    scratch: Path
    at: datetime
    stages: Stages


def train(settings: Settings, plan: TrainingPlan, at: datetime, stages: Stages) -> Trained:
    """Train as of a cutoff, judge on the days after it, log and register. `at` is the instant of the run."""
    warehouse = Warehouse.open(settings)
    cutoff = plan.cutoff or default_cutoff(warehouse, plan.window_days)
    past = Past(settings, warehouse, cutoff, plan.plan_days)
    windows = label_windows(cutoff, Cutoff(warehouse.first), plan.windows, plan.window_days)
    with open_run(settings, TRAININGS, f"cutoff {cutoff.at:%Y-%m-%d}") as run_id, _scratch(settings) as scratch:
        run = Run(plan, past, windows, scratch, at, stages)
        fitted = fit(past, windows, FitPlan(scratch, plan.rounds), stages)
        bundle = write_bundle(run, fitted)
        evaluated = judge(run, bundle)
        tracked = log(run, run_id, bundle, fitted.rankers, evaluated)
    return Trained(bundle, tracked, evaluated, stages.table())


def default_cutoff(warehouse: Warehouse, window_days: float) -> Cutoff:
    """So long before the end of the purchases that the last label window is left to judge on."""
    return Cutoff(warehouse.last).plus_days(INSTANT_DAYS - window_days)


def write_bundle(run: Run, fitted: Fitted) -> Bundle:
    """Everything that answers requests, in one verified folder."""
    past, rankers = run.past, fitted.rankers
    with run.stages.stage("bundle") as say:
        parts = served(release.contents(past, fitted.candidates, rankers.files, rankers.guards), past)
        name = f"{past.cutoff.slug}-{run.at:%Y%m%dT%H%M%S}"
        about = release.about(name, past.cutoff, run.at, past.warehouse.digest)
        bundle = release.release(parts, past.settings.bundles / name, about)
        size = sum(file["bytes"] for file in bundle.manifest["files"].values())
        active = np.count_nonzero(parts.facts.sku["days_since_sold"] <= ACTIVE_DAYS)
        say(f"{len(parts.facts.customers):,} customers, {active:,} active SKUs, {size / 1e6:.0f} MB")
    return bundle


def judge(run: Run, bundle: Bundle) -> Evaluated | None:
    """The bundle's answers and the baselines' on the label window after the cutoff; None where it has nobody in it."""
    if Cutoff(run.past.warehouse.last) < run.past.cutoff:
        return None
    with run.stages.stage("evaluation") as say:
        try:
            evaluated = evaluate(Recommender(bundle), run.past, run.plan.window_days)
        except NobodyToJudgeError as error:
            say(str(error))
            return None
        say(f"{evaluated.customers:,} customers; NDCG@10 {evaluated.metrics['all.ndcg_at_10']:.4f}")
    return evaluated


def log(run: Run, run_id: str, bundle: Bundle, rankers: Rankers, evaluated: Evaluated | None) -> TrackedRun:
    """Everything that a data scientist wants to see, in MLflow, and the bundle as a new model version."""
    with run.stages.stage("tracking") as say:
        record = _record(run, bundle, rankers, evaluated)
        tracked = track(record, run.past.settings, run_id=run_id)
        say(f"run {tracked.run_id[:8]}, model version {tracked.model_version}")
    return tracked


def _record(run: Run, bundle: Bundle, rankers: Rankers, evaluated: Evaluated | None) -> TrainingRecord:
    facts, plan, past = bundle.facts, run.plan, run.past
    labels = past.labels_until(facts, past.cutoff.plus_days(plan.window_days))
    chosen: describe.Params = {
        "seed": past.settings.seed,
        "window_days": plan.window_days,
        "promotion_plan_days": plan.plan_days,
    }
    return TrainingRecord(
        cutoff=str(past.cutoff),
        params=describe.parameters(past.cutoff, run.windows, chosen, rankers.everything, rankers.discovery),
        datasets=describe.datasets(past.warehouse),
        importance=describe.importance(rankers.everything),
        curve=rankers.everything.curve,
        source_recall=source_recall(facts, bundle.candidates, labels),
        samples=describe.samples(bundle, evaluated, describe.bought(facts, labels)),
        stages=run.stages.table(),
        checks={
            "onnx_equal": (
                rankers.onnx_difference <= ranker.TOLERANCE,
                f"scores differ by {rankers.onnx_difference:.1e} at the most, allowed {ranker.TOLERANCE:.0e}",
            ),
            "bundle_reads_back": release.reads_back(bundle),
        },
        bundle=bundle.path,
        **describe.judged(evaluated),
    )


def bundle_at(settings: Settings, cutoff: Cutoff | None) -> Bundle:
    """The newest bundle trained as of a cutoff (of any, where None). Raises StateError where there is none."""
    found = {
        path.parent: read_manifest(path.parent)
        for path in settings.bundles.glob("*/manifest.json")
        if path.parent.suffix not in {".partial", ".removed"}
    }
    fitting = [path for path, manifest in found.items() if cutoff in {None, Cutoff.parse(manifest["cutoff"])}]
    if not fitting:
        have = ", ".join(sorted({str(manifest["cutoff"]) for manifest in found.values()})) or "none"
        wanted = f"as of {cutoff}" if cutoff else "yet"
        next_step = f"omnishelf train --cutoff {cutoff}" if cutoff else "omnishelf train"
        message = f"No model was trained {wanted} in {settings.work} (cutoffs there: {have}). Next: `{next_step}`."
        raise StateError(message)
    return Bundle.open(max(fitting, key=lambda path: str(found[path]["created_at"])))


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """A folder that goes with the run; those that killed runs of this machine left behind go first."""
    settings.work.mkdir(parents=True, exist_ok=True)
    mark = (origin.process_mark(os.getpid()) or "").replace(" ", ".")
    owner = f"training.{origin.host()}."
    for folder in settings.work.glob(f"{owner}*"):
        if origin.is_gone(" ".join(folder.name.removeprefix(owner).split(".")[:2])):
            shutil.rmtree(folder, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{owner}{mark}.", dir=settings.work))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
