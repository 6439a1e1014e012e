"""Real bundles of a small shop, made in about a second: true facts, simple candidates, a linear ranker.

The ranker is no LightGBM: training it is another matter. What answers is the code that answers shoppers.
"""

import json
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from features.clock import Cutoff
from features.facts.facts import Columns, Facts, Grouped
from features.past import Past
from features.settings import Settings
from features.vector.vector import names
from serving.bundle.bundle import Catalogue, Contents, Lists, write
from serving.bundle.candidates import Candidates
from serving.bundle.scoring import Guard
from serving.bundle.texts import Texts
from tests.helpers.datasets import ingested

CUTOFF = Cutoff.parse("2025-04-15")
DAMAGES = ("missing", "truncated", "other bytes", "no manifest", "half a manifest")


@dataclass(frozen=True, slots=True)
class TinyShop:
    """What bundles are written from; `scratch` takes the rankers before they are copied."""

    facts: Facts
    sku_names: tuple[str, ...]
    scratch: Path


def tiny_shop(settings: Settings) -> TinyShop:
    """Load the small shop into the work folder and compute its facts."""
    warehouse = ingested(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Ibis calls what DuckDB 2.0 calls by another name
        facts = Past(settings, warehouse, CUTOFF).facts()
    skus = [facts.skus.text(code) for code in range(len(facts.skus))]
    return TinyShop(facts, tuple(f"Name of {sku}" for sku in skus), settings.work)


def write_bundle(shop: TinyShop, folder: Path, version: str) -> Path:
    """A whole bundle in `folder`; bundles of different versions rank differently."""
    candidates = _candidates(shop.facts)
    columns = len(names(shop.facts, candidates.sources))
    ranker = shop.scratch / f"ranker-{version}.onnx"
    _write_linear_ranker(ranker, columns, seed=sum(version.encode()))
    shelves = shop.facts.levels["subcategory"].ids
    subcategories = [shelves.text(code) for code in range(len(shelves))]
    contents = Contents(
        facts=shop.facts,
        candidates=candidates,
        lists=Lists(_shelf_mates(shop.facts, "similarity", "buyers"), _shelf_mates(shop.facts, "lift", "baskets")),
        catalogue=Catalogue(Texts.of(shop.sku_names), Texts.of(subcategories)),
        guards={name: Guard(column=0, weight=0.0) for name in ("ranker", "discovery")},
        files={"ranker.onnx": ranker, "discovery.onnx": ranker},
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    about: dict[str, Any] = {"version": f"tiny-{version}", "cutoff": str(CUTOFF), "created_at": "2025-04-15T06:00:00"}
    write(contents, folder, about | {"data_hash": "0" * 64, "libraries": {}}, lambda _: None)
    return folder


def damage(folder: Path, how: str) -> Path:
    """Spoil a bundle in one of DAMAGES, the ways in which files get spoiled."""
    ranker, manifest = folder / "ranker.onnx", folder / "manifest.json"
    if how == "missing":
        shutil.rmtree(folder)
    elif how == "truncated":
        ranker.write_bytes(ranker.read_bytes()[:-1])
    elif how == "other bytes":
        spoilt = bytearray(ranker.read_bytes())
        spoilt[len(spoilt) // 2] ^= 0xFF
        ranker.write_bytes(spoilt)
    elif how == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text()[: len(json.dumps({})) + 200])
    return folder


def _candidates(facts: Facts) -> Candidates:
    """What a customer bought and 20 SKUs more; what every store and the chain sell, best first."""
    history, shelf = facts.pairs["customer_sku"], facts.pairs["store_sku"]
    best = np.argsort(-facts.sku["sku_baskets_28"], kind="stable").astype(np.int32)
    groups = [np.union1d(history.keys[history.rows(code)], best[:20]) for code in range(len(facts.customers))]
    keys = np.concatenate(groups).astype(np.int32)
    score = np.linspace(1, 0.1, len(keys), dtype=np.float32)
    return Candidates(
        personal=Grouped(_starts(groups), keys, Columns(("repeat",), score[:, None])),
        stores=Grouped(
            shelf.starts, shelf.keys, Columns(("score",), shelf.columns["store_baskets_28"][:, None].copy())
        ),
        chain=best,
        chain_scores=np.ascontiguousarray(facts.sku["sku_baskets_28"][best]),
    )


def _shelf_mates(facts: Facts, *columns: str) -> Grouped:
    """For each SKU the others of its subcategory; the first column falls, the second is 3."""
    shelf = facts.levels["subcategory"].of_sku
    groups = [np.flatnonzero((shelf == shelf[sku]) & (np.arange(len(shelf)) != sku)) for sku in range(len(shelf))]
    keys = np.concatenate(groups).astype(np.int32)
    values = np.stack([np.linspace(0.9, 0.2, len(keys), dtype=np.float32), np.full(len(keys), 3, np.float32)], axis=1)
    return Grouped(_starts(groups), keys, Columns(columns, values))


def _starts(groups: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)


def _write_linear_ranker(path: Path, columns: int, seed: int) -> None:
    """Scores = features · weights: one weight a column."""
    weights = np.random.default_rng(seed).normal(size=(columns, 1)).astype(np.float32) / 100
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["features", "weights"], ["score"])],
        "linear",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.tobytes(), raw=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
