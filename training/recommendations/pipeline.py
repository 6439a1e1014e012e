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

import pandas as pd

from features.clock import Cutoff
from features.errors import DataError, StateError
from features.facts.as_of import facts_at, labels_between
from features.identity.customers import customers_as_of
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import Bundle, Contents, read_manifest
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import Guard
from serving.recommender.recommender import Recommender
from training.recommendations import describe, release
from training.recommendations.evaluate import Evaluated, NobodyToJudgeError, evaluate, source_recall
from training.recommendations.interactions import interactions
from training.recommendations.learning import learn
from training.recommendations.profiles import served
from training.recommendations.ranking import ranker
from training.recommendations.ranking.ranker import Ranker
from training.recommendations.ranking.rows import Rows, only_new
from training.recommendations.record import TrainingRecord
from training.recommendations.windows import Window, label_windows
from training.tracking import mlflow_runs, origin
from training.tracking.mlflow_runs import TrackedRun
from training.tracking.stages import Stages

INSTANT_DAYS = 1e-6 / 86_400
"""A microsecond: the first instant after the last purchase."""


@dataclass(frozen=True, slots=True)
class Plan:
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
class Rankers:
    """One for everything, one for what a customer has never bought, and their files."""

    everything: Ranker
    discovery: Ranker
    files: dict[str, Path]
    onnx_difference: float

    @property
    def guards(self) -> dict[str, Guard]:
        return {"ranker": self.everything.guard, "discovery": self.discovery.guard}


@dataclass(frozen=True, slots=True)
class Run:
    """A training under way: what it was asked for, what it works on, where its files lie, and who watches.

    `at` is the instant of the run; `windows` has the latest label window first.
    """

    settings: Settings
    plan: Plan
    warehouse: Warehouse
    cutoff: Cutoff
    windows: tuple[Window, ...]
    scratch: Path
    at: datetime
    stages: Stages


def train(settings: Settings, plan: Plan, at: datetime, stages: Stages) -> Trained:
    """Train as of a cutoff, judge on the days after it, log and register. `at` is the instant of the run."""
    warehouse = Warehouse.open(settings)
    cutoff = plan.cutoff or default_cutoff(warehouse, plan.window_days)
    windows = label_windows(cutoff, Cutoff(warehouse.first), plan.windows, plan.window_days)
    with mlflow_runs.open_run(settings, f"cutoff {cutoff.at:%Y-%m-%d}") as run_id, _scratch(settings) as scratch:
        run = Run(settings, plan, warehouse, cutoff, windows, scratch, at, stages)
        rows, names = learn_windows(run)
        rankers = fit_rankers(run, rows, names)
        bundle, _ = write_bundle(run, rankers)
        evaluated = judge(run, bundle)
        tracked = log(run, run_id, bundle, rankers, evaluated)
    return Trained(bundle, tracked, evaluated, stages.table())


def default_cutoff(warehouse: Warehouse, window_days: float) -> Cutoff:
    """So long before the end of the purchases that the last label window is left to judge on."""
    return Cutoff(warehouse.last).plus_days(INSTANT_DAYS - window_days)


def learn_windows(run: Run) -> tuple[list[Rows], tuple[str, ...]]:
    """Facts, candidates and training rows of every label window; facts and candidates as of the cutoff.

    Raises DataError where fewer than two windows have anything to learn from.
    """
    rows: dict[int, Rows] = {}
    names: tuple[str, ...] = ()
    name, total = "features and candidates", len(run.windows)
    with run.stages.stage(name) as say:
        final, folder = Window(run.cutoff, run.cutoff), run.scratch / "candidates"
        for nth, made, columns in learn(run.settings, run.windows, final, run.plan.plan_days, folder):
            if made is not None:
                rows[nth], names = made, columns
            run.stages.announce(name, f"{len(rows)} of {total} label windows")
        kept = [rows[nth] for nth in sorted(rows)]
        if len(kept) < 2:
            message = (
                f"Only {len(kept)} of the {total} label windows before {run.cutoff} have a customer who had bought "
                "before and bought again; a ranker needs two. Next: longer --window-days or another --cutoff."
            )
            raise DataError(message)
        count, bought = sum(len(part.labels) for part in kept), sum(float(part.labels.sum()) for part in kept)
        say(f"{count:,} training rows of {len(names)} features, {bought:,.0f} of them bought")
    return kept, names


def fit_rankers(run: Run, rows: list[Rows], names: tuple[str, ...]) -> Rankers:
    """Both rankers, exported to ONNX and compared with LightGBM's own scores on training rows.

    Where too few customers found anything new to learn from, one ranker serves for both.
    """
    with run.stages.stage("rankers") as say:
        common: dict[str, int] = {
            "seed": run.settings.seed,
            "threads": run.settings.threads,
            "rounds": run.plan.rounds,
        }
        new = [part for part in map(only_new, rows) if len(part.labels)]
        everything = discovery = ranker.fit(rows, names, ranker.ALL, simple=ranker.SIMPLE_ALL, **common)
        if len(new) > 1:
            discovery = ranker.fit(new, names, ranker.NEW, simple=ranker.SIMPLE_NEW, **common)
        sample = rows[0].features[:20_000]
        files = ranker.export(everything, run.scratch, "ranker", sample)
        files |= ranker.export(discovery, run.scratch, "discovery", sample)
        difference = max(
            ranker.onnx_difference(everything, files["ranker.onnx"], sample),
            ranker.onnx_difference(discovery, files["discovery.onnx"], sample),
        )
        say(f"{everything.trees} trees for everything, {discovery.trees} for new SKUs; ONNX within {difference:.0e}")
    return Rankers(everything, discovery, files, difference)


def write_bundle(run: Run, rankers: Rankers) -> tuple[Bundle, Contents]:
    """Everything that answers requests, in one verified folder."""
    with run.stages.stage("bundle") as say:
        known = interactions(facts_at(run.settings, run.warehouse, run.cutoff, run.plan.plan_days))
        candidates = Candidates.load(run.scratch / "candidates")
        parts = release.contents(known, candidates, run.warehouse.folder, run.cutoff, rankers.files, rankers.guards)
        parts = served(parts, run.settings, run.warehouse, run.cutoff)
        name = f"{run.cutoff.slug}-{run.at:%Y%m%dT%H%M%S}"
        about = release.about(name, run.cutoff, run.at, run.warehouse.digest)
        bundle = release.release(parts, run.settings.bundles / name, about)
        size = sum(file["bytes"] for file in bundle.manifest["files"].values())
        say(f"{len(parts.facts.customers):,} customers, {len(known.skus):,} active SKUs, {size / 1e6:.0f} MB")
    return bundle, parts


def judge(run: Run, bundle: Bundle) -> Evaluated | None:
    """The bundle's answers and the baselines' on the label window after the cutoff; None where it has nobody in it."""
    if Cutoff(run.warehouse.last) < run.cutoff:
        return None
    with run.stages.stage("evaluation") as say:
        known = interactions(facts_at(run.settings, run.warehouse, run.cutoff, run.plan.plan_days))
        bought = customers_as_of(run.settings, run.warehouse, run.cutoff).purchases
        try:
            evaluated = evaluate(Recommender(bundle), known, bought, run.cutoff, run.plan.window_days)
        except NobodyToJudgeError as error:
            say(str(error))
            return None
        say(f"{evaluated.customers:,} customers; NDCG@10 {evaluated.metrics['all.ndcg_at_10']:.4f}")
    return evaluated


def log(run: Run, run_id: str, bundle: Bundle, rankers: Rankers, evaluated: Evaluated | None) -> TrackedRun:
    """Everything that a data scientist wants to see, in MLflow, and the bundle as a new model version."""
    with run.stages.stage("tracking") as say:
        record = _record(run, bundle, rankers, evaluated)
        tracked = mlflow_runs.track(record, run.settings, run_id=run_id)
        say(f"run {tracked.run_id[:8]}, model version {tracked.model_version}")
    return tracked


def _record(run: Run, bundle: Bundle, rankers: Rankers, evaluated: Evaluated | None) -> TrainingRecord:
    facts, plan = bundle.facts, run.plan
    labels = labels_between(run.warehouse, facts, run.cutoff.plus_days(plan.window_days))
    chosen: describe.Params = {
        "seed": run.settings.seed,
        "window_days": plan.window_days,
        "promotion_plan_days": plan.plan_days,
    }
    return TrainingRecord(
        cutoff=str(run.cutoff),
        params=describe.parameters(run.cutoff, run.windows, chosen, rankers.everything, rankers.discovery),
        datasets=describe.datasets(run.warehouse),
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
            "bundle_reads_back": (True, "verified, and answers as from memory"),
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
