"""The run's record: what a training has to tell MLflow, gathered from its pieces."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.warehouse import Warehouse
from serving.answers import Query
from serving.bundle import Bundle
from serving.recommender import Recommender
from training.evaluate import Evaluated
from training.ranking import ranker
from training.ranking.ranker import Ranker
from training.record import DatasetRecord, TrainingRecord
from training.windows import Window

SAMPLED = 12
"""Customers whose lists are shown on the run's page: from the lightest to the heaviest."""

EMPTY = {
    "comparison": [
        "model", "task", "metric", "mean", "low", "high", "difference", "difference_low", "difference_high",
    ],
    "slices": ["task", "slice", "value", "customers", "metric", "mean", "low", "high"],
    "per_customer": ["customer_id", "task"],
}  # fmt: skip


def datasets(warehouse: Warehouse) -> tuple[DatasetRecord, ...]:
    """The warehouse's tables, each under the digest of the whole."""
    return tuple(
        DatasetRecord(name, warehouse.table(name), warehouse.digest, rows) for name, rows in warehouse.rows.items()
    )


def parameters(
    cutoff: Cutoff, windows: Iterable[Window], settings: dict[str, str | int | float | bool], everything: Ranker, new: Ranker
) -> dict[str, str | int | float | bool]:
    """Cutoff, windows, seeds and hyper-parameters under flat names."""
    flat: dict[str, str | int | float | bool] = {
        "cutoff": str(cutoff),
        "label_windows": ", ".join(f"{window.cutoff.at:%Y-%m-%d}" for window in windows),
        "features": len(everything.names),
        "all.trees": everything.trees,
        "new.trees": new.trees,
    }
    for task, chosen in (("all", ranker.ALL), ("new", ranker.NEW)):
        flat |= {f"{task}.{name}": value for name, value in chosen.items() if isinstance(value, str | int | float)}
    return flat | settings


def samples(bundle: Bundle, evaluated: Evaluated | None, bought: set[tuple[str, str]]) -> pd.DataFrame:
    """Ten lines each for customers from light to heavy, with what they then bought."""
    facts = bundle.facts
    baskets = facts.customer["baskets"]
    everybody = np.argsort(baskets, kind="stable")
    if evaluated is not None:
        judged = set(evaluated.per_customer["customer_id"])
        everybody = np.array([code for code in everybody if facts.customers.text(int(code)) in judged])
    chosen = everybody[np.unique(np.linspace(0, len(everybody) - 1, SAMPLED).astype(int))]
    recommender = Recommender(bundle)
    rows = [
        {
            "customer_id": customer,
            "position": item.position,
            "sku": item.sku,
            "name": item.name,
            "score": item.score,
            "source": item.source,
            "reasons": "; ".join(reason.text for reason in item.reasons),
            "bought": (customer, item.sku) in bought,
        }
        for customer in (facts.customers.text(int(code)) for code in chosen)
        for item in recommender.recommend(Query(customer_id=customer)).items
    ]
    return pd.DataFrame(rows)


def record(
    *,
    cutoff: Cutoff,
    params: dict[str, str | int | float | bool],
    warehouse: Warehouse,
    bundle: Bundle,
    everything: Ranker,
    evaluated: Evaluated | None,
    source_recall: pd.DataFrame,
    sampled: pd.DataFrame,
    stages: pd.DataFrame,
    checks: dict[str, tuple[bool, str]],
) -> TrainingRecord:
    """All of it as one value; a run without a held-out window has empty comparisons."""
    tables = {name: pd.DataFrame(columns=columns) for name, columns in EMPTY.items()}
    if evaluated is not None:
        tables = {name: getattr(evaluated, name) for name in EMPTY}
    return TrainingRecord(
        cutoff=str(cutoff),
        params=params,
        metrics=evaluated.metrics if evaluated else {},
        datasets=datasets(warehouse),
        importance=everything.importance(),
        curve=everything.curve,
        source_recall=source_recall,
        samples=sampled,
        stages=stages,
        checks=checks,
        bundle=bundle.path,
        **tables,
    )
