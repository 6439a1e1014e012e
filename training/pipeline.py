"""The pipeline: purchases -> facts -> candidates -> rankers -> bundle -> evaluation -> MLflow.

Read this file first: each stage is one call, and data goes one way.
"""

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
from features.errors import DataError, StateError
from features.facts import Floats
from features.settings import Settings
from features.warehouse import Warehouse
from serving.bundle import Bundle, Contents
from serving.candidates import Candidates
from serving.recommender import Recommender
from training import release, run_record, tracking
from training.evaluate import Evaluated, evaluate, source_recall
from training.interactions import interactions
from training.learning import learn
from training.prepare import facts_at, labels_between
from training.ranking import ranker
from training.ranking.ranker import Ranker
from training.ranking.rows import Rows, only_new
from training.stages import Stages
from training.tracking import TrackedRun
from training.windows import Window, label_windows

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


def train(settings: Settings, plan: Plan, at: datetime, stages: Stages) -> Trained:
    """Train as of a cutoff, judge on the days after it, log and register. `at` is the instant of the run."""
    warehouse = Warehouse.open(settings)
    cutoff = plan.cutoff or default_cutoff(warehouse, plan.window_days)
    windows = label_windows(cutoff, Cutoff(warehouse.first), plan.windows, plan.window_days)
    with tracking.open_run(settings) as run, _scratch(settings) as scratch:
        rows, names = learn_windows(settings, plan, windows, cutoff, scratch, stages)
        rankers = fit_rankers(settings, plan, rows, names, scratch, stages)
        bundle, parts = write_bundle(settings, plan, warehouse, cutoff, rankers, scratch, at, stages)
        evaluated = judge(bundle, parts, warehouse, cutoff, plan, stages)
        tracked = log(settings, plan, run, warehouse, windows, bundle, rankers, evaluated, stages)
    return Trained(bundle, tracked, evaluated, stages.table())


def default_cutoff(warehouse: Warehouse, window_days: float) -> Cutoff:
    """So long before the end of the purchases that the last label window is left to judge on."""
    return Cutoff(warehouse.last).plus_days(INSTANT_DAYS - window_days)


def learn_windows(
    settings: Settings, plan: Plan, windows: tuple[Window, ...], cutoff: Cutoff, scratch: Path, stages: Stages
) -> tuple[list[Rows], tuple[str, ...]]:
    """Facts, candidates and training rows of every label window; facts and candidates as of the cutoff."""
    final = Window(cutoff, cutoff)
    rows: dict[int, Rows] = {}
    names: tuple[str, ...] = ()
    with stages.stage("features and candidates") as say:
        for nth, made, columns in learn(settings, windows, final, plan.plan_days, scratch / "candidates"):
            if made is not None:
                rows[nth], names = made, columns
            stages.announce("features and candidates", f"{len(rows)} of {len(windows)} label windows")
        kept = [rows[nth] for nth in sorted(rows)]
        count, bought = sum(len(part.labels) for part in kept), sum(float(part.labels.sum()) for part in kept)
        say(f"{count:,} training rows of {len(names)} features, {bought:,.0f} of them bought")
    return kept, names


def fit_rankers(
    settings: Settings, plan: Plan, rows: list[Rows], names: tuple[str, ...], scratch: Path, stages: Stages
) -> Rankers:
    """Both rankers, exported to ONNX and compared with LightGBM's own scores on training rows."""
    with stages.stage("rankers") as say:
        common = {"seed": settings.seed, "threads": settings.threads, "rounds": plan.rounds}
        everything = ranker.fit(rows, names, ranker.ALL, **common)
        discovery = ranker.fit([only_new(part) for part in rows], names, ranker.NEW, **common)
        sample: Floats = rows[0].features[:20_000]
        files = ranker.export(everything, scratch, "ranker", sample)
        files |= ranker.export(discovery, scratch, "discovery", sample)
        difference = ranker.onnx_difference(everything, files["ranker.onnx"], sample)
        say(f"{everything.trees} trees for everything, {discovery.trees} for new SKUs; ONNX within {difference:.0e}")
    return Rankers(everything, discovery, files, difference)


def write_bundle(
    settings: Settings,
    plan: Plan,
    warehouse: Warehouse,
    cutoff: Cutoff,
    rankers: Rankers,
    scratch: Path,
    at: datetime,
    stages: Stages,
) -> tuple[Bundle, Contents]:
    """Everything that answers requests, in one verified folder."""
    with stages.stage("bundle") as say:
        known = interactions(facts_at(settings, warehouse, cutoff, plan.plan_days))
        candidates = Candidates.load(scratch / "candidates")
        parts = release.contents(known, candidates, warehouse.folder, cutoff, rankers.files)
        name = f"{cutoff.slug}-{at:%Y%m%dT%H%M%S}"
        about = release.about(name, cutoff, at, warehouse.digest, {})
        bundle = release.release(parts, settings.bundles / name, about)
        size = sum(file["bytes"] for file in bundle.manifest["files"].values())
        say(f"{len(known.facts.customers):,} customers, {len(known.skus):,} active SKUs, {size / 1e6:.0f} MB")
    return bundle, parts


def judge(
    bundle: Bundle, parts: Contents, warehouse: Warehouse, cutoff: Cutoff, plan: Plan, stages: Stages
) -> Evaluated | None:
    """The bundle's answers and the baselines' on the label window after the cutoff; None where it is empty."""
    if Cutoff(warehouse.last) < cutoff:
        return None
    with stages.stage("evaluation") as say:
        known = interactions(parts.facts)
        evaluated = evaluate(Recommender(bundle), known, warehouse.purchases, cutoff, plan.window_days)
        say(f"{evaluated.customers:,} customers; NDCG@10 {evaluated.metrics['all.ndcg_at_10']:.4f}")
    return evaluated


def log(
    settings: Settings,
    plan: Plan,
    run: str,
    warehouse: Warehouse,
    windows: tuple[Window, ...],
    bundle: Bundle,
    rankers: Rankers,
    evaluated: Evaluated | None,
    stages: Stages,
) -> TrackedRun:
    """Everything that a data scientist wants to see, in MLflow, and the bundle as a new model version."""
    with stages.stage("tracking") as say:
        facts, end = bundle.facts, bundle.cutoff.plus_days(plan.window_days)
        labels = labels_between(warehouse, facts, end)
        ids = zip(facts.customers.values[labels[0]], facts.skus.values[labels[1]], strict=True)
        bought = {(customer.decode(), sku.decode()) for customer, sku in ids}
        chosen = {"seed": settings.seed, "window_days": plan.window_days, "promotion_plan_days": plan.plan_days}
        record = run_record.record(
            cutoff=bundle.cutoff,
            params=run_record.parameters(bundle.cutoff, windows, chosen, rankers.everything, rankers.discovery),
            warehouse=warehouse,
            bundle=bundle,
            everything=rankers.everything,
            evaluated=evaluated,
            source_recall=source_recall(facts, bundle.candidates, labels),
            sampled=run_record.samples(bundle, evaluated, bought),
            stages=stages.table(),
            checks={
                "onnx_equal": (True, f"largest difference {rankers.onnx_difference:.1e}"),
                "bundle_reads_back": (True, "verified, and answers as from memory"),
            },
        )
        tracked = tracking.track(record, settings, run_id=run)
        say(f"run {tracked.run_id[:8]}, model version {tracked.model_version}")
    return tracked


def bundle_at(settings: Settings, cutoff: Cutoff | None) -> Bundle:
    """The newest bundle trained as of a cutoff (of any, where None). Raises StateError where there is none."""
    found = [Bundle.open(path.parent) for path in settings.bundles.glob("*/manifest.json")]
    fitting = [bundle for bundle in found if cutoff is None or bundle.cutoff == cutoff]
    if not fitting:
        have = ", ".join(sorted({str(bundle.cutoff) for bundle in found})) or "none"
        wanted = f"as of {cutoff}" if cutoff else "yet"
        next_step = f"omnishelf train --cutoff {cutoff}" if cutoff else "omnishelf train"
        message = f"No model was trained {wanted} in {settings.work} (cutoffs there: {have}). Next: `{next_step}`."
        raise StateError(message)
    return max(fitting, key=lambda bundle: str(bundle.manifest["created_at"]))


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    settings.work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="training-", dir=settings.work))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
