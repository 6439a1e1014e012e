"""Fit: from a past and label windows to candidates and rankers, the same for a training, a study or a peer.

past -> label windows -> rows -> rankers
`-> candidates as of its cutoff
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from features.errors import DataError
from features.past import Past
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import Guard
from training.recommendations.learning import learn
from training.recommendations.ranking import ranker
from training.recommendations.ranking.ranker import Ranker
from training.recommendations.ranking.rows import Rows, only_new
from training.recommendations.windows import Window
from training.tracking.stages import Stages


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to fit.

    folder     where candidates and the rankers' files come to lie
    rounds     trees at the most
    customers  ids of those whose candidates are wanted; None: everybody's
    apart      whether windows are learned in processes of their own, side by side
    """

    folder: Path
    rounds: int = ranker.ROUNDS
    customers: tuple[str, ...] | None = None
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Rankers:
    """One for everything, one for what a customer has never bought, and their files.

    onnx_difference  the largest difference between scores of LightGBM and of the ONNX files, on training rows
    """

    everything: Ranker
    discovery: Ranker
    files: dict[str, Path]
    onnx_difference: float

    @property
    def guards(self) -> dict[str, Guard]:
        return {"ranker": self.everything.guard, "discovery": self.discovery.guard}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What answers requests as of a cutoff: candidates, and rankers that order them."""

    candidates: Candidates
    rankers: Rankers = field(repr=False)


def fit(past: Past, windows: tuple[Window, ...], plan: FitPlan, stages: Stages | None = None) -> Fitted:
    """Learn from what was bought in the windows, all of which end at or before the past's cutoff.

    The latest window comes first; it stops the rankers early. Same past, windows, plan and seed: same result.
    Raises DataError where fewer than two windows have anything to learn from, or nothing is to be recommended.
    """
    stages = stages or Stages()
    rows, names = _learned(past, windows, plan, stages)
    with stages.stage("rankers") as say:
        rankers = _rankers(past, rows, names, plan)
        found = rankers.everything.trees, rankers.discovery.trees, rankers.onnx_difference
        say("{:} trees for everything, {:} for new SKUs; ONNX within {:.0e}".format(*found))
    return Fitted(Candidates.load(plan.folder / "candidates"), rankers)


def _learned(
    past: Past, windows: tuple[Window, ...], plan: FitPlan, stages: Stages
) -> tuple[list[Rows], tuple[str, ...]]:
    """Training rows of every label window, the latest first, and the names of their columns; candidates on disk."""
    rows: dict[int, Rows] = {}
    names: tuple[str, ...] = ()
    name = "features and candidates"
    with stages.stage(name) as say:
        for nth, made, columns in learn(past, windows, plan.folder / "candidates", plan.customers, apart=plan.apart):
            if made is not None:
                rows[nth], names = made, columns
            stages.announce(name, f"{len(rows)} of {len(windows)} label windows")
        kept = [rows[nth] for nth in sorted(rows)]
        if len(kept) < 2:
            message = (
                f"Only {len(kept)} of the {len(windows)} label windows before {past.cutoff} have a customer who had "
                "bought before and bought again; a ranker needs two. Next: longer --window-days or another --cutoff."
            )
            raise DataError(message)
        say(f"{_count(kept):,} training rows of {len(names)} features, {_bought(kept):,.0f} of them bought")
    return kept, names


def _count(rows: Iterable[Rows]) -> int:
    return sum(len(part.labels) for part in rows)


def _bought(rows: Iterable[Rows]) -> float:
    return sum(float(part.labels.sum()) for part in rows)


def _rankers(past: Past, rows: list[Rows], names: tuple[str, ...], plan: FitPlan) -> Rankers:
    """Both rankers, exported to ONNX and compared with LightGBM's own scores on training rows.

    Where too few customers found anything new to learn from, one ranker serves for both.
    """
    seed, threads = past.settings.seed, past.settings.threads
    new = [part for part in map(only_new, rows) if len(part.labels)]
    everything = discovery = ranker.fit(
        rows, names, ranker.ALL, simple=ranker.SIMPLE_ALL, seed=seed, threads=threads, rounds=plan.rounds
    )
    if len(new) > 1:
        discovery = ranker.fit(
            new, names, ranker.NEW, simple=ranker.SIMPLE_NEW, seed=seed, threads=threads, rounds=plan.rounds
        )
    sample = rows[0].features[:20_000]
    files = ranker.export(everything, plan.folder, "ranker", sample)
    files |= ranker.export(discovery, plan.folder, "discovery", sample)
    difference = max(
        ranker.onnx_difference(everything, files["ranker.onnx"], sample),
        ranker.onnx_difference(discovery, files["discovery.onnx"], sample),
    )
    return Rankers(everything, discovery, files, difference)
