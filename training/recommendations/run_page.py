"""What the page of a training run shows, in words and numbers that MLflow accepts; nothing here needs MLflow."""

import hashlib
import json
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from training.recommendations.figures import HEADLINE, TASKS, label
from training.recommendations.record import RANKER, DatasetRecord, TrainingRecord
from training.tracking.page import LONGEST_PARAMETER, Point, clean, in_section

DIGEST_LETTERS = 12
"""Of a data set's digest are shown; the whole one stands in its profile. MLflow takes 36."""
DECIMALS = 6
"""Of a number on the page; the record that is logged beside it has them all."""

TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DECIMAL": "double",
    "DATE": "datetime",
    "TIMESTAMP": "datetime",
    "BLOB": "binary",
}


def headline_points(record: TrainingRecord) -> list[Point]:
    """The flat metrics of the record under their own names, the ranker's before those of baselines.

    A metric without a value is left out.
    """
    ranker_first = sorted(record.metrics, key=lambda name: name.count("."))
    return list(_finite(Point(clean(name), float(record.metrics[name])) for name in ranker_first))


def detail_points(record: TrainingRecord) -> list[Point]:
    """Slices, sources, stages, and the learning curve with a step a tree."""
    return [
        *_finite(
            Point(in_section("slice", row["task"], row["slice"], row["value"], row["metric"]), float(row["mean"]))
            for row in _rows(record.slices)
        ),
        *_finite(
            Point(in_section("source", row["task"], row["source"], "recall"), float(row["recall"]))
            for row in _rows(record.source_recall)
        ),
        *_finite(
            Point(in_section("stage", row["stage"], what), float(row[what]))
            for row in _rows(record.stages)
            for what in ("seconds", "cpu_seconds", "peak_mb")
        ),
        *_finite(
            Point(in_section("curve", row["dataset"], row["metric"]), float(row["value"]), int(row["iteration"]))
            for row in _rows(record.curve)
        ),
    ]


def tables(record: TrainingRecord) -> dict[str, pd.DataFrame]:
    """File stem -> table for people, those without rows left out; of samples what a reader looks for comes first."""
    first = [name for name in ("customer_id", "position", "name", "bought", "reasons") if name in record.samples]
    shown = {
        "comparison": record.comparison,
        "slices": record.slices,
        "samples": record.samples[[*first, *record.samples.columns.difference(first, sort=False)]],
        "source_recall": record.source_recall,
        "importance": record.importance,
        "stages": record.stages,
    }
    return {name: table for name, table in shown.items() if len(table)}


def parameters(record: TrainingRecord) -> dict[str, str]:
    shown = {"cutoff": record.cutoff} | record.params
    return {clean(name): str(value)[:LONGEST_PARAMETER] for name, value in shown.items()}


def yardstick(record: TrainingRecord) -> str:
    """Hash what customers were judged by: the cutoff and the purchases, or all data sets where none has that name.

    Two runs with the same yardstick and the same judged customers had the same labels to find.
    """
    chosen = [each for each in record.datasets if each.name == "purchases"] or list(record.datasets)
    text = json.dumps([record.cutoff, sorted((each.name, each.digest) for each in chosen)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dataset_entries(dataset: DatasetRecord) -> dict[str, str]:
    """Name, digest, source, schema and profile as MLflow stores them for a data set."""
    columns = [
        {"name": name, "type": TYPES.get(kind.partition("(")[0].upper(), "string"), "required": False}
        for name, kind in dataset.columns.items()
    ]
    return {
        "name": dataset.name,
        "digest": dataset.digest[:DIGEST_LETTERS],
        "source_type": "local",
        "source": json.dumps({"uri": str(dataset.path)}),
        "schema": json.dumps({"mlflow_colspec": columns}),
        "profile": json.dumps({"num_rows": dataset.rows, "digest": dataset.digest}),
    }


def summary(record: TrainingRecord) -> str:
    """A few lines of Markdown: how good, against what, on what."""
    checks = (f"{name} {'passed' if passed else 'FAILED'} ({found})" for name, (passed, found) in record.checks.items())
    return "\n".join(
        [
            *(line for task in TASKS for line in _standing(record.comparison, task)),
            f"- cutoff {record.cutoff}, bundle `{record.bundle.name}`",
            *(f"- {check}" for check in checks),
        ]
    )


def best_baseline(comparison: pd.DataFrame, task: str = "all", metric: str = HEADLINE) -> str | None:
    """The baseline with the highest mean, the first of equals; None where the run had none."""
    others = _of(comparison, task, metric)
    others = others[others["model"] != RANKER]
    return None if others.empty else str(others["model"].iloc[int(others["mean"].argmax())])


def ranker_row(comparison: pd.DataFrame, task: str = "all", metric: str = HEADLINE) -> dict[str, float] | None:
    """Mean, interval and paired lead of the ranker; None where the table does not have it."""
    ours = _of(comparison, task, metric)
    ours = ours[ours["model"] == RANKER]
    return None if ours.empty else {name: float(ours[name].iloc[0]) for name in _NUMBERS}


_NUMBERS = ("mean", "low", "high", "difference", "difference_low", "difference_high")


def _standing(comparison: pd.DataFrame, task: str) -> Iterator[str]:
    ours, rival = ranker_row(comparison, task), best_baseline(comparison, task)
    if ours is None:
        return
    lead = (
        ""
        if rival is None
        else (
            f"; **{ours['difference']:+.4f}** [{ours['difference_low']:+.4f}, {ours['difference_high']:+.4f}] "
            f"over {rival}, the best baseline"
        )
    )
    yield f"- {label(HEADLINE)}, {TASKS[task]}: **{ours['mean']:.4f}** [{ours['low']:.4f}, {ours['high']:.4f}]{lead}"


def _of(comparison: pd.DataFrame, task: str, metric: str) -> pd.DataFrame:
    if comparison.empty:
        return pd.DataFrame(columns=["model", "mean"])
    return comparison[(comparison["task"] == task) & (comparison["metric"] == metric)]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _finite(points: Iterator[Point]) -> Iterator[Point]:
    return (point._replace(value=round(point.value, DECIMALS)) for point in points if math.isfinite(point.value))
