"""Release: what was fitted becomes a bundle, checked before it gets its name."""

import importlib.metadata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from features.clock import Cutoff
from features.errors import StateError
from features.facts.facts import Codes, Facts, Grouped
from features.facts.freeze import codes
from features.past import Past
from serving.bundle.bundle import TOGETHER_DAYS, Bundle, Catalogue, Contents, Lists, write
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import Guard
from serving.bundle.texts import Texts
from serving.recommender.answers import Query
from serving.recommender.placements.placements import PLACEMENTS
from serving.recommender.recommender import Recommender
from training.recommendations.candidates.similar_skus import similar_skus
from training.recommendations.candidates.together import together
from training.recommendations.interactions import interactions

CHECKED = 20
"""Customers whose answers are compared before a bundle gets its name."""

LIBRARIES = ("numpy", "scipy", "lightgbm", "onnx", "onnxruntime", "implicit", "scikit-learn", "duckdb")


def contents(past: Past, candidates: Candidates, files: dict[str, Path], guards: dict[str, Guard]) -> Contents:
    """Everything that a bundle holds, for whoever is known."""
    facts = past.facts()
    return Contents(
        facts=facts,
        candidates=candidates,
        lists=Lists(similar_skus(interactions(facts)), bought_together(facts, past)),
        catalogue=catalogue(facts, past),
        files=files,
        guards=guards,
    )


def bought_together(facts: Facts, past: Past) -> Grouped:
    """SKUs that shared baskets in the half year before the cutoff."""
    lines = past.bought(("basket_id", "sku"), since=past.cutoff.minus_days(TOGETHER_DAYS))
    sku: Codes = codes(lines["sku"], facts.skus)
    basket = lines["basket_id"].combine_chunks().dictionary_encode()
    return together(np.asarray(basket.indices, dtype=np.int32)[sku >= 0], sku[sku >= 0], len(facts.skus))


def catalogue(facts: Facts, past: Past) -> Catalogue:
    """Names of the SKUs (the id, where the warehouse has no name) and of the subcategories."""
    with past.session() as connection:
        described = connection.execute("SELECT sku, name FROM skus ORDER BY sku").fetchall()
    named = {str(sku): str(name) for sku, name in described if name}
    skus = (facts.skus.text(at) for at in range(len(facts.skus)))
    names = [named.get(sku, sku) for sku in skus]
    shelves = facts.levels["subcategory"].ids
    levels = [shelves.text(at) for at in range(len(shelves))]
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


def about(name: str, cutoff: Cutoff, at: datetime, digest: str) -> dict[str, Any]:
    """The manifest's entries beside the files."""
    return {
        "version": name,
        "cutoff": str(cutoff),
        "created_at": at.isoformat(),
        "data_hash": digest,
        "libraries": {library: importlib.metadata.version(library) for library in LIBRARIES},
    }


def differs(bundle: Bundle, parts: Contents) -> str:
    """What differs between the answers of a read-back bundle and of its parts in memory; empty where nothing does."""
    in_memory = replace(bundle, facts=parts.facts, candidates=parts.candidates, lists=parts.lists)
    return _differing(bundle, in_memory)[1]


def reads_back(bundle: Bundle) -> tuple[bool, str]:
    """Whether the released folder opens whole and answers as the training's own bundle does, and what was found."""
    try:
        again = Bundle.open(bundle.path)
    except (StateError, OSError, ValueError) as error:
        return False, str(error)
    count, differing = _differing(again, bundle)
    return (False, f"another answer for {differing}") if differing else (True, f"{count} answers are the same")


def _differing(one: Bundle, other: Bundle) -> tuple[int, str]:
    """How many answers of the one were compared with the other's, and the first that differs; empty: none."""
    back, before, known = Recommender(one), Recommender(other), other.facts.customers
    codes_asked = np.unique(np.linspace(0, len(known) - 1, min(CHECKED, len(known))).astype(int))
    count = 0
    for customer in [None, *(known.text(int(code)) for code in codes_asked)]:
        shown = tuple(item.sku for item in before.recommend(Query(customer_id=customer, size=1)).items)
        for query in (query for placement in PLACEMENTS for query in placement.queries(customer, shown)):
            if back.recommend(query) != before.recommend(query):
                return count, f"customer {customer}, placement {query.placement}"
            count += 1
    return count, ""
