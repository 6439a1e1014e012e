"""The run's record: what a training has to tell MLflow, gathered from its pieces."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.contracts.outputs import OUTPUTS
from features.contracts.table import SQL_TYPES
from features.facts.facts import Codes, Facts
from features.facts.snapshot import family_of_columns
from features.vector.derived import DERIVED_FROM
from features.vector.vector import SOURCE_PREFIX
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import Bundle
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from training.recommendations.evaluate import Evaluated
from training.recommendations.ranking import ranker
from training.recommendations.ranking.ranker import Ranker
from training.recommendations.record import DatasetRecord
from training.recommendations.windows import Window

SAMPLED = 12
"""Customers whose lists are shown on the run's page: from the lightest to the heaviest."""

Params = dict[str, str | int | float | bool]

EMPTY = {
    "comparison": [
        "model", "task", "metric", "mean", "low", "high", "difference", "difference_low", "difference_high",
    ],
    "slices": ["task", "slice", "value", "customers", "metric", "mean", "low", "high"],
    "per_customer": ["customer_id", "model", "task"],
}  # fmt: skip


def datasets(warehouse: Warehouse) -> tuple[DatasetRecord, ...]:
    """The warehouse's tables that have rows, each under the digest of the whole."""
    columns = {table.name: {column.name: SQL_TYPES[column.kind] for column in table.columns} for table in OUTPUTS}
    return tuple(
        DatasetRecord(name, warehouse.table(name), warehouse.digest, rows, columns.get(name, {}))
        for name, rows in warehouse.rows.items()
        if rows
    )


def importance(model: Ranker) -> pd.DataFrame:
    """feature, gain, splits, family; the most useful first. Scores of candidate sources are a family of their own."""
    table = model.importance()
    family = family_of_columns() | DERIVED_FROM
    sources = {name: "candidate sources" for name in table["feature"] if name.startswith(SOURCE_PREFIX)}
    return table.assign(family=table["feature"].map(family | sources))


def parameters(cutoff: Cutoff, windows: Iterable[Window], settings: Params, everything: Ranker, new: Ranker) -> Params:
    """Cutoff, windows, seeds and hyper-parameters under flat names."""
    flat: Params = {
        "cutoff": str(cutoff),
        "label_windows": ", ".join(f"{window.cutoff.at:%Y-%m-%d}" for window in windows),
        "features": len(everything.names),
        "all.trees": everything.trees,
        "new.trees": new.trees,
        "all.guard_weight": everything.guard.weight,
        "new.guard_weight": new.guard.weight,
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


def bought(facts: Facts, labels: tuple[Codes, Codes]) -> set[tuple[str, str]]:
    """The labels as ids; those of SKUs that were not sold before the cutoff are left out."""
    known = labels[1] >= 0
    customers, skus = facts.customers.values[labels[0][known]], facts.skus.values[labels[1][known]]
    return {(customer.decode(), sku.decode()) for customer, sku in zip(customers, skus, strict=True)}


def judged(evaluated: Evaluated | None) -> dict[str, Any]:
    """Metrics and tables of the evaluation, named as in TrainingRecord; empty where there was nobody to judge."""
    if evaluated is None:
        return {"metrics": {}, **{name: pd.DataFrame(columns=columns) for name, columns in EMPTY.items()}}
    return {name: getattr(evaluated, name) for name in ("metrics", *EMPTY)}
