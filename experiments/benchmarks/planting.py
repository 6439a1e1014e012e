"""How fast the planted set grows: rows, minutes and memory of one planting.

    python -m experiments.benchmarks.planting --work work
    python -m experiments.benchmarks.planting --work work --whole

Plants on the real purchases of the work folder, with 4,700 stores, 200 cities and 25 provinces: once and three times
over, and extrapolates what 100 million purchases take from what one more time costs. With `--whole` it plants those 100
million (some 5 GB in the work folder or in `--out`, which go away afterwards), with `--purchases` so many.
"""

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
from rich.console import Console
from rich.table import Table

from experiments.simulator.dials import Dials
from experiments.simulator.plant import Planted, plant
from features.errors import UserError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse

GOAL_PURCHASES = 100_000_000
SCALES = (1, 3)
"""Times the customers are repeated where nobody asks for more."""
LIMITS = {"minutes": 10.0, "gib": 8.0}
"""Of 100 million purchases, on two cores."""
STORES = 4_700


@dataclass(frozen=True, slots=True)
class Cost:
    """What one planting took."""

    scale: int
    purchases: int
    rows: int
    minutes: float
    cpu_minutes: float
    peak_gib: float
    gib_on_disk: float


def measure(settings: Settings, scale: int, folder: Path) -> Cost:
    """Plant in a folder that goes away, and say what it took."""
    process, began = psutil.Process(), time.perf_counter()
    cpu = sum(process.cpu_times()[:2])
    with _Peak(process) as peak:
        planted = plant(
            settings, folder, seed=settings.seed, scale=scale, dials=Dials().turned({"store_count": STORES})
        )
    return Cost(
        scale=scale,
        purchases=_purchases(planted),
        rows=sum(planted.rows.values()),
        minutes=(time.perf_counter() - began) / 60,
        cpu_minutes=(sum(process.cpu_times()[:2]) - cpu) / 60,
        peak_gib=peak.gib,
        gib_on_disk=sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 2**30,
    )


def scale_for(purchases: int, real: int) -> int:
    """How many times `real` purchases are repeated for at least so many, though stock-outs take some of them away."""
    return -(-purchases * 102 // (100 * real))


def _purchases(planted: Planted) -> int:
    return planted.rows["web_orders"] + planted.rows["till_receipts"]


class _Peak:
    """The most memory that a process had while the body ran; looked at ten times a second."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._done = process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.gib = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            self.gib = max(self.gib, self._process.memory_info().rss / 2**30)


def extrapolated(costs: list[Cost], purchases: int = GOAL_PURCHASES) -> tuple[float, float]:
    """Wall and processor minutes of so many purchases: a line through the first and the last planting."""
    first, last = costs[0], costs[-1]
    share = (purchases - first.purchases) / (last.purchases - first.purchases)
    return (
        first.minutes + share * (last.minutes - first.minutes),
        first.cpu_minutes + share * (last.cpu_minutes - first.cpu_minutes),
    )


def show(console: Console, costs: list[Cost]) -> None:
    """Print what each planting took."""
    table = Table("scale", "purchases", "rows of all tables", "minutes", "CPU min.", "peak GiB", "GiB on disk")
    for column in table.columns:
        column.justify = "right"
    for cost in costs:
        times = (f"{value:.2f}" for value in (cost.minutes, cost.cpu_minutes, cost.peak_gib, cost.gib_on_disk))
        table.add_row(f"{cost.scale}", f"{cost.purchases:,}", f"{cost.rows:,}", *times)
    console.print(table)


def main(given: list[str] | None = None) -> int:
    """0 where the limits were kept, 1 where one was not, otherwise the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.planting", description=__doc__)
    parser.add_argument("--work", type=Path, help="work folder with the real purchases")
    parser.add_argument("--out", type=Path, help="folder for what is planted meanwhile; that of the work folder")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--purchases", type=int, help="at least so many purchases")
    size.add_argument(
        "--whole", dest="purchases", action="store_const", const=GOAL_PURCHASES, help=f"{GOAL_PURCHASES:,} purchases"
    )
    arguments, console = parser.parse_args(given), Console(highlight=False)
    settings = Settings.load(arguments.work)
    try:
        real = Warehouse.open(settings).rows["purchases"]
        costs: list[Cost] = []
        with tempfile.TemporaryDirectory(dir=arguments.out or settings.work) as scratch:
            for scale in [scale_for(arguments.purchases, real)] if arguments.purchases else SCALES:
                folder = Path(scratch) / f"planted-{scale}"
                costs.append(measure(settings, scale, folder))
                shutil.rmtree(folder)
                console.print(f"scale {scale}: {costs[-1].purchases:,} purchases in {costs[-1].minutes:.1f} minutes")
    except UserError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    show(console, costs)
    return judged(console, costs)


def judged(console: Console, costs: list[Cost]) -> int:
    """Say whether the limits were kept; 1 where one was not, 0 also where too few purchases were planted to say."""
    minutes, peak = costs[-1].minutes, max(cost.peak_gib for cost in costs)
    if len(costs) > 1:
        minutes, cpu = extrapolated(costs)
        cores = min(os.cpu_count() or 1, 2)
        console.print(
            f"Extrapolated to {GOAL_PURCHASES:,} purchases: {minutes:.1f} minutes here, {cpu:.1f} of processor time "
            f"({cpu / cores:.1f} minutes on {cores} idle cores, were all of it parallel)."
        )
    elif costs[-1].purchases < GOAL_PURCHASES:
        console.print(f"The limits are for {GOAL_PURCHASES:,} purchases: these say nothing of them.")
        return 0
    is_kept = minutes <= LIMITS["minutes"] and peak <= LIMITS["gib"]
    console.print(
        f"{'kept' if is_kept else 'missed'}: at most {LIMITS['minutes']:.0f} minutes and {LIMITS['gib']:.0f} GiB "
        f"for {GOAL_PURCHASES:,} purchases"
    )
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
