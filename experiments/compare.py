"""`python -m experiments.compare 3 7`: what the ranker of model version 7 has over that of version 3, paired.

Versions of several cutoffs are paired in their order, `3,4,5 7,8,9`. Two versions of a pair must have been judged by
the same purchases at the same cutoff. Figures are those of the customers that both judged, differences are the second
less the first, and the bootstrap draws customers with all their cutoffs. Nothing is trained or logged.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from features.errors import DataError, UserError
from features.settings import Settings
from serving.operate.registry import connected
from training.cli.console import console, say, table
from training.recommendations.log import read_record
from training.recommendations.metrics.bootstrap import paired, summary
from training.recommendations.metrics.ranking import METRICS, TASKS
from training.recommendations.record import RANKER, TrainingRecord
from training.recommendations.run_page import yardstick

Pair = tuple[TrainingRecord, TrainingRecord]


def main(given: Sequence[str] | None = None) -> int:
    """0, or the exit code of the user's error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.compare", description=__doc__)
    parser.add_argument("first", help="model version, or several: 3,4,5")
    parser.add_argument("second", help="as many")
    parser.add_argument("--work", type=Path, help="work folder (default: OMNISHELF_WORK or ./work)")
    arguments, screen = parser.parse_args(given), console()
    try:
        pairs = read(Settings.load(arguments.work), arguments.first.split(","), arguments.second.split(","))
        found = compare(pairs)
    except UserError as error:
        say(screen, str(error))
        return error.exit_code
    cutoffs = ", ".join(first.cutoff[:10] for first, _ in pairs)
    screen.print(table(f"Version {arguments.second} less version {arguments.first}, cutoffs {cutoffs}", found))
    return 0


def read(settings: Settings, first: Sequence[str], second: Sequence[str]) -> list[Pair]:
    """The records of the versions, in pairs. Raises UserError where a version has none or a pair cannot be compared."""
    if len(first) != len(second):
        raise UserError(f"{len(first)} versions against {len(second)}: name as many, paired in their order.")
    with connected(settings) as client:
        records = {name: read_record(client, settings.model_name, name) for name in {*first, *second}}
    if missing := sorted(name for name, record in records.items() if record is None):
        raise UserError(f"Version {missing[0]} of {settings.model_name} has no record that can be read.")
    pairs = [(one, other) for one, other in ((records[a], records[b]) for a, b in zip(first, second, strict=True))]
    whole = [(one, other) for one, other in pairs if one is not None and other is not None]
    for one, other in whole:
        if yardstick(one) != yardstick(other):
            raise UserError(
                f"Cutoffs {one.cutoff} and {other.cutoff}: the two were not judged by the same purchases at the same "
                "cutoff. Next: train both with the same --cutoff on the same warehouse."
            )
    return whole


def compare(pairs: Sequence[Pair]) -> pd.DataFrame:
    """task, metric, customers, first, second, difference, low, high: a row a task and metric.

    Raises DataError where no customer was judged by both.
    """
    parts = []
    for task in TASKS:
        both = [_of(pair, task, str(nth)) for nth, pair in enumerate(pairs)]
        first, second = (pd.concat([tables[at] for tables in both]) for at in (0, 1))
        if first.empty:
            continue
        clusters = pd.Series(first.index.get_level_values("customer_id"), index=first.index)
        difference = paired(second, first, clusters)
        means = {"first": summary(first)["mean"], "second": summary(second)["mean"]}
        found = pd.DataFrame({**means, "difference": difference["mean"], **difference[["low", "high"]]})
        found = found.rename_axis("metric").reset_index()
        found.insert(0, "task", task)
        found.insert(2, "customers", clusters.nunique())
        parts.append(found)
    if not parts:
        raise DataError("No customer was judged by both. Next: train with a cutoff that leaves days to judge on.")
    return pd.concat(parts, ignore_index=True)


def _of(pair: Pair, task: str, cutoff: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The metrics of the customers that both judged, by customer and cutoff, in one order."""
    one, other = (_figures(record, task, cutoff) for record in pair)
    shared = one.index.intersection(other.index).sort_values()
    return one.loc[shared], other.loc[shared]


def _figures(record: TrainingRecord, task: str, cutoff: str) -> pd.DataFrame:
    rows = record.per_customer
    if rows.empty:
        return pd.DataFrame(columns=list(METRICS), index=pd.MultiIndex.from_tuples([], names=["customer_id", "cutoff"]))
    mine = rows[(rows["model"] == RANKER) & (rows["task"] == task)].assign(cutoff=cutoff)
    return mine.set_index(["customer_id", "cutoff"])[[name for name in METRICS if name in mine]]


if __name__ == "__main__":
    sys.exit(main())
