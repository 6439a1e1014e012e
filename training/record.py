"""What one training run has to tell: the value that the pipeline hands to the tracker."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


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
                  a row a model, task ("all", "new") and metric; differences are model − best baseline, paired
    slices        task, slice, value, customers, metric, mean, low, high
    importance    feature, gain, splits
    curve         iteration, dataset ("train", "valid"), metric, value
    source_recall source, task, recall (of the labels, by this source alone), share (of the pool), depth
    samples       customer_id, position, sku, name, score, source, reasons, bought (in the label window)
    stages        stage, seconds, cpu_seconds, peak_mb
    checks        name -> (passed, what was found): `onnx_equal`, `bundle_reads_back`
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
