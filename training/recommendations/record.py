"""What one training run has to tell: the value that the pipeline hands to the tracker, kept as a folder of tables."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from features.files import whole_folder

RANKER = "ranker"
"""How `comparison` and `per_customer` name the model under test; every other name is a baseline."""

TABLES = (
    "comparison",
    "slices",
    "importance",
    "curve",
    "source_recall",
    "samples",
    "stages",
    "per_customer",
)


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """One table that went into a run."""

    name: str
    path: Path
    digest: str
    rows: int
    columns: dict[str, str] = field(default_factory=dict)
    context: str = "training"


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """Everything that a data scientist wants to see of one training run.

    params        cutoff, windows, seeds, hyper-parameters
    metrics       flat names: `all.ndcg_at_10`, `new.recall_at_100`, `popularity.all.ndcg_at_10`, …
    comparison    model, task, metric, mean, low, high, difference, difference_low, difference_high:
                  a row a model (RANKER or a baseline), task ("all", "new") and metric; differences are
                  this row's model − the baseline with the best NDCG@10 of the task, paired by customer
    slices        task, slice, value, customers, metric, mean, low, high
    importance    feature, gain, splits, family (which makes the feature, or that it mostly speaks of)
    curve         iteration, dataset ("train", "valid"), metric, value
    source_recall source, task, recall (of the labels, by this source alone), share (of the pool),
                  depth (candidates a customer)
    samples       customer_id, position, sku, name, score, source, reasons, bought (in the label window)
    stages        stage, seconds, cpu_seconds, peak_mb
    checks        name -> (passed, what was found): `onnx_equal`, `bundle_reads_back`
    per_customer  customer_id, model (RANKER or a baseline), task, and a column a metric: a row a judged
                  customer, model and task. Promotion compares two models by it; where it is empty, only
                  the intervals of `comparison` can be compared.
    """

    cutoff: str
    params: dict[str, str | int | float | bool]
    metrics: dict[str, float]
    datasets: tuple[DatasetRecord, ...]
    comparison: pd.DataFrame
    slices: pd.DataFrame
    importance: pd.DataFrame
    curve: pd.DataFrame
    source_recall: pd.DataFrame
    samples: pd.DataFrame
    stages: pd.DataFrame
    checks: dict[str, tuple[bool, str]]
    bundle: Path
    per_customer: pd.DataFrame = field(default_factory=pd.DataFrame)


def save(record: TrainingRecord, folder: Path) -> Path:
    """Keep a record as `record.json` and a Parquet file a table; `folder` is replaced whole.

    Numbers may be numpy's.
    """
    with whole_folder(folder) as fresh:
        for name in TABLES:
            getattr(record, name).to_parquet(fresh / f"{name}.parquet", index=False)
        (fresh / "record.json").write_text(
            json.dumps(_plain(record), indent=1, default=lambda number: number.item()), encoding="utf-8"
        )
    return folder


def load(folder: Path) -> TrainingRecord:
    """Read what `save` wrote."""
    plain = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return TrainingRecord(
        cutoff=plain["cutoff"],
        params=plain["params"],
        metrics=plain["metrics"],
        datasets=tuple(DatasetRecord(**{**each, "path": Path(each["path"])}) for each in plain["datasets"]),
        checks={name: (passed, found) for name, (passed, found) in plain["checks"].items()},
        bundle=Path(plain["bundle"]),
        **{name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES},
    )


def _plain(record: TrainingRecord) -> dict[str, object]:
    return {
        "cutoff": record.cutoff,
        "params": record.params,
        "metrics": record.metrics,
        "datasets": [
            {
                "name": each.name,
                "path": str(each.path),
                "digest": each.digest,
                "rows": each.rows,
                "columns": each.columns,
                "context": each.context,
            }
            for each in record.datasets
        ],
        "checks": {name: list(found) for name, found in record.checks.items()},
        "bundle": str(record.bundle.resolve()),
    }
