"""Release: what was fitted becomes a bundle, checked before it gets its name."""

import importlib.metadata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from features.clock import Cutoff
from features.errors import StateError
from features.facts.facts import Codes, Facts, Grouped
from features.facts.freeze import codes
from serving.bundle.bundle import TOGETHER_DAYS, Bundle, Catalogue, Contents, Lists, write
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import Guard
from serving.bundle.texts import Texts
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from training.recommendations.candidates.similar_skus import similar_skus
from training.recommendations.candidates.together import together
from training.recommendations.interactions import Interactions

CHECKED = 20
"""Customers whose answers are compared before a bundle gets its name."""

LIBRARIES = ("numpy", "scipy", "lightgbm", "onnx", "onnxruntime", "implicit", "scikit-learn", "duckdb")


def contents(
    known: Interactions,
    candidates: Candidates,
    warehouse: Path,
    cutoff: Cutoff,
    files: dict[str, Path],
    guards: dict[str, Guard],
) -> Contents:
    """Everything that a bundle holds; `warehouse` is the folder of its tables."""
    facts = known.facts
    return Contents(
        facts=facts,
        candidates=candidates,
        lists=Lists(similar_skus(known), bought_together(facts, warehouse / "purchases.parquet", cutoff)),
        catalogue=catalogue(facts, warehouse / "skus.parquet"),
        files=files,
        guards=guards,
    )


def bought_together(facts: Facts, purchases: Path, cutoff: Cutoff) -> Grouped:
    """SKUs that shared baskets in the half year before the cutoff."""
    window = [("bought_at", ">=", cutoff.minus_days(TOGETHER_DAYS).at), ("bought_at", "<", cutoff.at)]
    lines = pq.read_table(purchases, columns=["basket_id", "sku"], filters=window)
    sku: Codes = codes(lines["sku"], facts.skus)
    basket = lines["basket_id"].combine_chunks().dictionary_encode()
    return together(np.asarray(basket.indices, dtype=np.int32)[sku >= 0], sku[sku >= 0], len(facts.skus))


def catalogue(facts: Facts, skus: Path) -> Catalogue:
    """Names of the SKUs (the id, where the warehouse has no name) and of the subcategories."""
    table = pq.read_table(skus, columns=["sku", "name"])
    code = codes(table["sku"], facts.skus)
    names = [facts.skus.text(at) for at in range(len(facts.skus))]
    for at, name in zip(code, table["name"].to_pylist(), strict=True):
        if at >= 0 and name:
            names[at] = name
    levels = [facts.levels["subcategory"].ids.text(at) for at in range(len(facts.levels["subcategory"].ids))]
    return Catalogue(Texts.of(names), Texts.of(levels))


def release(parts: Contents, folder: Path, about: dict[str, Any]) -> Bundle:
    """Write the bundle under its name, after it was read back and answered as its parts in memory do.

    Raises StateError where a read-back answer differs; nothing is left behind then.
    """

    def check(bundle: Bundle) -> None:
        differing = differs(bundle, parts)
        if differing:
            message = f"The bundle {folder.name} does not answer as it did in memory: {differing}. Nothing was kept."
            raise StateError(message)

    return write(parts, folder, about, check)


def about(name: str, cutoff: Cutoff, at: datetime, digest: str, metrics: dict[str, float]) -> dict[str, Any]:
    """The manifest's entries beside the files."""
    return {
        "version": name,
        "cutoff": str(cutoff),
        "created_at": at.isoformat(),
        "data_hash": digest,
        "metrics": metrics,
        "libraries": {library: importlib.metadata.version(library) for library in LIBRARIES},
    }


def differs(bundle: Bundle, parts: Contents) -> str:
    """What differs between the answers of a read-back bundle and of its parts in memory; empty where nothing does."""
    in_memory = replace(bundle, facts=parts.facts, candidates=parts.candidates, lists=parts.lists)
    back, before = Recommender(bundle), Recommender(in_memory)
    codes_asked = np.unique(np.linspace(0, len(parts.facts.customers) - 1, CHECKED).astype(int))
    for customer in [None, *(parts.facts.customers.text(int(code)) for code in codes_asked)]:
        for placement in ("home", "buy-again"):
            query = Query(placement=placement, customer_id=customer)
            if back.recommend(query) != before.recommend(query):
                return f"customer {customer}, placement {placement}"
    return ""
