"""How right and how fast customers are resolved, on a planted set whose truth is known.

    python -m experiments.benchmarks.identity --work work

Time is that of hashing the identifiers, gathering evidence and resolving; planting people is left out.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiments.models.identity_accuracy import Accuracy, by_evidence, false_merges, pairwise, whole_customers
from experiments.simulator.people import Planted, plant_people
from features.engine import Session, session
from features.errors import UserError
from features.identity.components import components
from features.identity.entry import hash_identifiers
from features.identity.evidence import ORIGINS, empty, gather
from features.identity.keyed_hash import KeyedHash
from features.identity.normalise import REGIONS
from features.identity.resolve import Resolution, resolve
from features.settings import Settings

PEOPLE = {"100k": 43_750, "1M": 437_500}
LIMITS = {"precision": 0.995, "recall": 0.90, "seconds": 120.0, "growth": 1.3}
"""At 1M records on two cores; growth is the ratio of times over the ratio of records."""


@dataclass(frozen=True, slots=True)
class Run:
    """One planted set and how it went."""

    name: str
    records: int
    hash_seconds: float
    gather_seconds: float
    resolve_seconds: float
    resolution: Resolution
    pairs: Accuracy
    customers: Accuracy
    evidence: dict[str, Accuracy]
    baselines: dict[str, Accuracy]

    @property
    def seconds(self) -> float:
        return self.hash_seconds + self.gather_seconds + self.resolve_seconds


def measure(planted: Planted, name: str, settings: Settings, scratch: Path, false_to: Path | None = None) -> Run:
    """Resolve a planted set; the false merges are written to `false_to` for inspection."""
    with session(settings, scratch / "spill") as connection:
        started = time.perf_counter()
        hashed = hash_identifiers(planted.records, KeyedHash("the key of a benchmark"), REGIONS["US"])
        hashed_at = time.perf_counter()
        connection.register("accounts", hashed)
        empty(connection, "evidence")
        gather(connection, "accounts", ORIGINS[0], "evidence")
        gathered_at = time.perf_counter()
        resolution = resolve(connection, "evidence")
        resolved_at = time.perf_counter()
        connection.register("truth_rows", planted.truth)
        connection.execute(
            "CREATE TABLE truth AS SELECT 'account:own:' || account_id AS subject, person FROM truth_rows"
        ).fetchall()
        if false_to:
            false_merges(connection, "links", "customers", "truth", most=1000).to_csv(false_to, index=False)
        return Run(
            name,
            len(planted.truth),
            hashed_at - started,
            gathered_at - hashed_at,
            resolved_at - gathered_at,
            resolution,
            pairwise(connection, "customers", "truth"),
            whole_customers(connection, "customers", "truth"),
            by_evidence(connection, "links", "truth"),
            {" or ".join(types): _union(connection, types) for types in (("email",), ("email", "phone"))},
        )


def _union(connection: Session, types: tuple[str, ...]) -> Accuracy:
    """What joining everybody who shares a value would give."""
    listed = ", ".join(f"'{kind}'" for kind in types)
    connection.execute(f"""
        CREATE OR REPLACE TABLE shared_pairs AS
        SELECT min(node) OVER (PARTITION BY type, value) AS left_node, node AS right_node
        FROM evidence JOIN nodes USING (subject) WHERE type IN ({listed})
    """).fetchall()
    components(connection, "shared_pairs", "joined")
    connection.execute(
        "CREATE OR REPLACE TABLE baseline AS "
        "SELECT subject, coalesce(root, node) AS customer_id FROM nodes LEFT JOIN joined USING (node)"
    ).fetchall()
    return pairwise(connection, "baseline", "truth")


def show(console: Console, run: Run) -> None:
    """Print what one run found."""
    console.print(
        f"{run.name}: {run.records:,} records, {run.resolution.customers:,} customers, {run.seconds:.1f} s (hashing "
        f"{run.hash_seconds:.1f}, evidence {run.gather_seconds:.1f}, resolving {run.resolve_seconds:.1f}), "
        f"{run.resolution.divided:,} components divided by vetoes, {run.resolution.too_common:,} identifiers too common"
    )
    table = Table("", "precision", "recall", "F1")
    rows = {"pairs": run.pairs, "whole customers": run.customers}
    rows |= {f"links by {name}": one for name, one in run.evidence.items()}
    rows |= {f"baseline: same {name}": one for name, one in run.baselines.items()}
    for name, one in rows.items():
        table.add_row(name, f"{one.precision:.4f}", f"{one.recall:.4f}", f"{one.f1:.4f}")
    console.print(table)


def main(given: list[str] | None = None) -> int:
    """0 where every limit was kept, 1 where one was not, otherwise the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.identity", description=__doc__)
    parser.add_argument("--work", type=Path, help="where scratch files and the list of false merges go")
    parser.add_argument("--size", choices=list(PEOPLE), action="append", help="only this size")
    arguments, console = parser.parse_args(given), Console(highlight=False)
    settings = Settings.load(arguments.work)
    try:
        settings.work.mkdir(parents=True, exist_ok=True)
        runs = {}
        with tempfile.TemporaryDirectory(dir=settings.work) as scratch:
            for name in arguments.size or PEOPLE:
                planted = plant_people(PEOPLE[name], settings.seed)
                runs[name] = measure(planted, name, settings, Path(scratch), settings.work / f"false-merges-{name}.csv")
                show(console, runs[name])
    except UserError as error:
        console.print(str(error), style="red", markup=False)
        return error.exit_code
    kept = verdicts(runs)
    for name, is_kept in kept.items():
        console.print(f"{name}: {'kept' if is_kept else 'missed'} (limit {LIMITS[name]})")
    return 0 if all(kept.values()) else 1


def verdicts(runs: dict[str, Run]) -> dict[str, bool]:
    """Limit -> whether every run kept it; growth only where both sizes were run."""
    kept = {
        "precision": all(run.pairs.precision >= LIMITS["precision"] for run in runs.values()),
        "recall": all(run.pairs.recall >= LIMITS["recall"] for run in runs.values()),
        "seconds": all(run.seconds <= LIMITS["seconds"] for run in runs.values()),
    }
    if set(runs) == set(PEOPLE):
        small, large = runs["100k"], runs["1M"]
        kept["growth"] = (large.seconds / small.seconds) / (large.records / small.records) <= LIMITS["growth"]
    return kept


if __name__ == "__main__":
    sys.exit(main())
