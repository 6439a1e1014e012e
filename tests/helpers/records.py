"""Training records of an invented shop, small or as large as a real one, with figures that hang together."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.recommendations.record import RANKER, DatasetRecord, TrainingRecord

METRICS = ("ndcg_at_10", "recall_at_10", "map_at_12", "hit_at_10", "recall_at_100")
BASELINES = {"popularity": -0.09, "frequency": -0.03, "item-knn": -0.06, "als": -0.07}
"""Model -> how far below the ranker its mean NDCG@10 lies, before `lift`."""
FEATURES = (
    "days since last bought / own interval",
    "times bought",
    "share of baskets",
    "trend in the chain, 4 weeks",
    "bought in this store",
    "brand affinity",
    "category affinity",
    "discount now",
    "usual price",
    "neighbour score",
    "als score",
    "days since last visit",
)


def training_record(
    bundle: Path,
    *,
    customers: int = 60,
    lift: float = 0.03,
    level: float = 0.30,
    noise: float = 0.02,
    seed: int = 0,
    cutoff: str = "2026-03-01T00:00:00",
    digest: str = "d" * 64,
    checks: dict[str, tuple[bool, str]] | None = None,
    baselines: tuple[str, ...] = tuple(BASELINES),
) -> TrainingRecord:
    """A run whose ranker answers `level` on average and beats its best baseline by `lift`.

    Customers differ much from each other (the same way in every run of a shop, whatever the seed) and
    models differ by `noise` within a customer, so that only paired comparisons see small differences.
    """
    per_customer, comparison = map(pd.DataFrame.copy, _judged(customers, level, lift, noise, seed, baselines))
    metrics = {
        ("" if model == RANKER else f"{model}.") + f"{task}.{metric}": float(mean)
        for model, task, metric, mean in zip(
            *(comparison[column] for column in ("model", "task", "metric", "mean")), strict=True
        )
    }
    return TrainingRecord(
        cutoff=cutoff,
        params={"cutoff": cutoff, "label_days": 7, "seed": seed, "trees": 120, "leaves": 31, "learning_rate": 0.08},
        metrics=metrics,
        datasets=(
            DatasetRecord(
                "purchases",
                Path("warehouse") / digest[:8] / "purchases.parquet",
                digest,
                1_469_307,
                {
                    "customer_id": "VARCHAR",
                    "sku": "VARCHAR",
                    "bought_at": "TIMESTAMP",
                    "units": "DOUBLE",
                    "paid": "DECIMAL(18,4)",
                },
            ),
            DatasetRecord("promotions", Path("warehouse/promotions.parquet"), "e" * 64, 20_940_529, {"sku": "VARCHAR"}),
        ),
        comparison=comparison,
        slices=_slices(level),
        importance=_importance(),
        curve=_curve(),
        source_recall=_source_recall(),
        samples=_samples(),
        stages=_stages(),
        checks=checks or {"onnx_equal": (True, "largest difference 3e-06"), "bundle_reads_back": (True, "200 answers")},
        bundle=bundle,
        per_customer=per_customer,
    )


def bare(record: TrainingRecord) -> TrainingRecord:
    """The record without what only people look at: quick to log, and all that promotion asks for."""
    for_people = ("slices", "importance", "curve", "source_recall", "stages")
    return replace(record, **{name: getattr(record, name).iloc[:0] for name in for_people})


@cache
def _judged(*dials: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of each customer and their comparison; many tests ask for the same ones."""
    per_customer = _per_customer(*dials)
    return per_customer, compare(per_customer)


def compare(per_customer: pd.DataFrame, resamples: int = 200) -> pd.DataFrame:
    """The comparison table of a per-customer table: percentile bootstrap, paired with the best baseline."""
    columns = ["model", "task", "metric", "mean", "low", "high", "difference", "difference_low", "difference_high"]
    return pd.DataFrame(
        [
            row
            for task in ("all", "new")
            for metric in METRICS
            for row in _compared(per_customer, task, metric, resamples)
        ],
        columns=columns,
    )


def _compared(per_customer: pd.DataFrame, task: str, metric: str, resamples: int) -> list[tuple[object, ...]]:
    rows = per_customer[per_customer["task"] == task]
    wide = rows.pivot_table(index="customer_id", columns="model", values=metric)
    best = wide.drop(columns=RANKER).mean().idxmax()
    return [
        (model, task, metric, *_interval(wide[model], resamples), *_interval(wide[model] - wide[best], resamples))
        for model in wide
    ]


def _interval(values: pd.Series, resamples: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(0)
    array = values.to_numpy()
    means = array[rng.integers(0, len(array), (resamples, len(array)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(array.mean()), float(low), float(high)


def _per_customer(
    customers: int, level: float, lift: float, noise: float, seed: int, baselines: tuple[str, ...]
) -> pd.DataFrame:
    ease = np.random.default_rng(11).normal(0, 0.12, customers)
    rng = np.random.default_rng([17, seed])
    nearest = max(BASELINES[name] for name in baselines)
    below = {RANKER: 0.0} | {name: BASELINES[name] - nearest - lift for name in baselines}
    frames = []
    for task, share in (("all", 1.0), ("new", 0.35)):
        for model, gap in below.items():
            own = rng.normal(0, noise, customers)
            base = level + gap + ease - ease.mean() + own - own.mean()
            frames.append(
                pd.DataFrame(
                    {"customer_id": [f"c-{n:05d}" for n in range(customers)], "model": model, "task": task}
                    | {metric: share * base * (1 + 0.1 * nth) for nth, metric in enumerate(METRICS)}
                )
            )
    return pd.concat(frames, ignore_index=True)


def _slices(level: float) -> pd.DataFrame:
    parts = [
        ("history", "light", 620, -0.08), ("history", "medium", 900, 0.0), ("history", "heavy", 940, 0.06),
        ("channel", "store", 1900, 0.01), ("channel", "web", 320, -0.04), ("channel", "both", 240, 0.03),
        ("store size", "small", 700, -0.02), ("store size", "large", 1760, 0.01),
    ]  # fmt: skip
    return pd.DataFrame(
        [
            (task, name, value, count, "ndcg_at_10", mean, mean - 0.4 / count**0.5, mean + 0.4 / count**0.5)
            for task, share in (("all", 1.0), ("new", 0.35))
            for name, value, count, gap in parts
            for mean in [share * (level + gap)]
        ],
        columns=["task", "slice", "value", "customers", "metric", "mean", "low", "high"],
    )  # fmt: skip


def _importance() -> pd.DataFrame:
    gain = 1000.0 * 0.6 ** np.arange(len(FEATURES))
    splits = np.arange(len(FEATURES), 0, -1) * 90
    family = ["channel" if nth % 2 else "rhythm" for nth in range(len(FEATURES))]
    return pd.DataFrame({"feature": FEATURES, "gain": gain, "splits": splits, "family": family})


def _curve(trees: int = 120) -> pd.DataFrame:
    at = np.arange(1, trees + 1)
    return pd.concat(
        [
            pd.DataFrame({"iteration": at, "dataset": "train", "metric": "ndcg_at_10", "value": 0.46 - 0.2 / at**0.5}),
            pd.DataFrame(
                {
                    "iteration": at,
                    "dataset": "valid",
                    "metric": "ndcg_at_10",
                    "value": 0.42 - 0.2 / at**0.5 - 2e-6 * (at - 80).clip(0) ** 2,
                }
            ),
        ],
        ignore_index=True,
    )


def _source_recall() -> pd.DataFrame:
    sources = {"repeat": (0.52, 0.02, 0.24, 100), "neighbours": (0.31, 0.17, 0.31, 100), "als": (0.27, 0.15, 0.22, 100),
               "popular in store": (0.22, 0.19, 0.15, 50), "popular": (0.18, 0.14, 0.08, 50),
               "pool": (0.71, 0.38, 1.0, 300)}  # fmt: skip
    return pd.DataFrame(
        [
            (source, task, recall, share, depth)
            for source, (every, new, share, depth) in sources.items()
            for task, recall in (("all", every), ("new", new))
        ],
        columns=["source", "task", "recall", "share", "depth"],
    )


def _samples() -> pd.DataFrame:
    listed = [
        ("Whole milk 1 gal", "repeat", "Bought 12 times, every 8 days; last 9 days ago"),
        ("Bananas", "repeat", "Bought 9 times"),
        ("Oat crackers", "neighbours", "Often bought with Hummus (132 baskets)"),
    ]
    return pd.DataFrame(
        [
            (f"c-{n:05d}", at, f"sku-{at * 7 + n}", name, 2.0 - 0.2 * at, source, why, at % 2 == 1)
            for n in range(4)
            for at, (name, source, why) in enumerate(listed, start=1)
        ],
        columns=["customer_id", "position", "sku", "name", "score", "source", "reasons", "bought"],
    )


def _stages() -> pd.DataFrame:
    return pd.DataFrame(
        [("ingest", 9.1, 14.0, 1210.0), ("features", 22.4, 38.2, 1850.0), ("candidates", 41.0, 70.5, 2240.0),
         ("ranking rows", 30.2, 44.1, 2900.0), ("fit", 25.8, 49.6, 2400.0), ("evaluate", 33.3, 51.0, 2100.0),
         ("bundle", 6.0, 6.6, 1500.0)],
        columns=["stage", "seconds", "cpu_seconds", "peak_mb"],
    )  # fmt: skip
