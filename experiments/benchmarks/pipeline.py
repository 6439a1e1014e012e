"""What the whole pipeline costs on Complete Journey, stage by stage, beside its limits.

    python -m experiments.benchmarks.pipeline --work work

Everything happens in a fresh folder below --work, which is removed afterwards. Time, processor time and
memory are those of this process and its children; memory is resident memory, sampled, and counts pages
that processes share once for each of them.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from features.errors import UserError
from features.ingest import ingest
from features.settings import Settings
from training.cli.console import watched
from training.recommendations.pipeline import TrainingPlan, train
from training.tracking.stages import Stages

LIMIT_SECONDS = 240.0
LIMIT_MIB = 4096.0
"""On two cores, from the package's files to a registered model version."""

REST = "between the stages"
"""Opening MLflow's store and closing the run, mostly."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of the pipeline cost.

    stages   stage, seconds, cpu_seconds, peak_mb: a row a stage, and one for what lies between them
    """

    stages: pd.DataFrame
    purchases: int
    model_version: str

    @property
    def seconds(self) -> float:
        return float(self.stages["seconds"].sum())

    @property
    def cpu_seconds(self) -> float:
        return float(self.stages["cpu_seconds"].sum())

    @property
    def peak_mib(self) -> float:
        return float(self.stages["peak_mb"].max())

    @property
    def is_within(self) -> bool:
        return self.seconds <= LIMIT_SECONDS and self.peak_mib <= LIMIT_MIB


@contextmanager
def fresh(settings: Settings) -> Iterator[Settings]:
    """The same settings with an empty work folder inside theirs, which goes with the context."""
    settings.work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="benchmark-", dir=settings.work))
    try:
        yield replace(settings, work=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(
    settings: Settings,
    at: datetime,
    stages: Stages,
    source: str = "complete-journey",
    dataset: Path | None = None,
    plan: TrainingPlan | None = None,
) -> Cost:
    """Load, train, judge and register in the work folder, which should be empty. Raises what they raise."""
    whole = Stages()
    with whole.stage("whole"):
        with stages.stage("load") as told:
            rows = ingest(settings, source, dataset, loaded_at=at).rows
            told(f"{rows['purchases']:,} purchases")
        trained = train(settings, plan or TrainingPlan(), at, stages)
    return Cost(with_rest(stages.table(), whole.table()), rows["purchases"], trained.run.model_version)


def with_rest(stages: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """The stages, and as a last row what the whole took beside them; its peak is that of the whole."""
    spent = ["seconds", "cpu_seconds"]
    rest = (whole[spent].sum() - stages[spent].sum()).clip(lower=0).to_dict()
    return pd.concat([stages, pd.DataFrame([{"stage": REST, **rest, "peak_mb": whole["peak_mb"].max()}])])


def table(cost: Cost) -> Table:
    shown = Table(title=f"The pipeline on {cost.purchases:,} purchases", title_justify="left", show_footer=True)
    shown.add_column("stage", "whole, from files to a model version")
    totals = {"seconds": cost.seconds, "CPU seconds": cost.cpu_seconds, "peak MiB": cost.peak_mib}
    for column, total in totals.items():
        shown.add_column(column, f"{total:,.0f}", justify="right")
    for name, seconds, cpu_seconds, peak in cost.stages.itertuples(index=False):
        memory = "" if name == REST else f"{peak:,.0f}"
        shown.add_row(str(name), f"{seconds:.1f}", f"{cpu_seconds:.1f}", memory)
    return shown


def verdicts(cost: Cost) -> tuple[str, str]:
    """Time and memory beside their limits."""
    time_is = "within" if cost.seconds <= LIMIT_SECONDS else "over"
    memory_is = "within" if cost.peak_mib <= LIMIT_MIB else "over"
    return (
        f"{cost.seconds:.0f} s, {time_is} the limit of {LIMIT_SECONDS:.0f} s.",
        f"{cost.peak_mib:,.0f} MiB at the peak, {memory_is} the limit of {LIMIT_MIB:,.0f} MiB.",
    )


def report(screen: Console, settings: Settings, at: datetime) -> bool:
    """Measure, print, and say whether both limits were kept."""
    with watched(screen) as stages:
        cost = measure(settings, at, stages)
    screen.print(table(cost))
    for line in verdicts(cost):
        screen.print(line)
    idle = cost.cpu_seconds / settings.threads
    screen.print(f"{settings.threads} threads: with no other work on the machine it takes {idle:.0f} s or more.")
    return cost.is_within


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.pipeline", description=__doc__)
    parser.add_argument("--work", type=Path, help="where the fresh work folder is made")
    screen = Console(highlight=False)
    try:
        with fresh(Settings.load(parser.parse_args(given).work)) as settings:
            is_within = report(screen, settings, datetime.now(UTC))
    except UserError as error:
        screen.print(str(error), style="red", markup=False)
        return error.exit_code
    return 0 if is_within else 1


def as_the_command_line() -> None:
    """Start this module again with the threads that `omnishelf` sets: libraries read them when they load."""
    wanted = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    if not wanted.keys() <= os.environ.keys():
        command = [sys.executable, "-m", "experiments.benchmarks.pipeline", *sys.argv[1:]]
        os.execve(sys.executable, command, wanted | os.environ)  # noqa: S606 - our own command, no shell


if __name__ == "__main__":
    as_the_command_line()
    sys.exit(main())
