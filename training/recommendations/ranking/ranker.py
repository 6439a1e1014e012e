"""The rankers: LightGBM on several past label windows, stopped early on the latest, refitted with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import onnxmltools
import pandas as pd
from lightgbm.callback import CallbackEnv
from onnxmltools.convert.common.data_types import FloatTensorType

from features.facts.facts import Floats
from serving.bundle.scoring import Guard, OnnxRanker
from training.recommendations.ranking.guard import choose
from training.recommendations.ranking.rows import Rows, first_customers, stack

SHARED: dict[str, Any] = {
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "metric": "ndcg",
    "eval_at": [10],
}

ALL: dict[str, Any] = SHARED | {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 30,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
}
"""Everything that a customer may buy: mostly what they bought before."""

NEW: dict[str, Any] = SHARED | {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 300,
}
"""What a customer has never bought: few labels, so small trees and a pointwise loss."""

SIMPLE_ALL = "customer_sku.decayed"
SIMPLE_NEW = "source.ease"
"""What the guard mixes in where a ranker cannot be trusted: the best single score of each task in backtests."""

ROUNDS = 250
PATIENCE = 40
SHOWN = 200
"""Customers on whom the learning curve of the training data is drawn: all of them would cost as much as learning."""

LEAST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Ranker:
    """A fitted booster, the names of its columns and what it looked like while it learned.

    curve: iteration, dataset ("train", "valid"), metric, value
    """

    booster: lgb.Booster
    names: tuple[str, ...]
    guard: Guard
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def trees(self) -> int:
        return int(self.booster.num_trees())

    def __call__(self, features: Floats) -> Floats:
        return _raw(self.booster, features, threads=1)

    def importance(self) -> pd.DataFrame:
        """feature, gain, splits; the most useful first."""
        table = pd.DataFrame(
            {
                "feature": self.names,
                "gain": self.booster.feature_importance("gain"),
                "splits": self.booster.feature_importance("split"),
            }
        )
        return table.sort_values(["gain", "feature"], ascending=[False, True], ignore_index=True)


def fit(
    windows: list[Rows],
    names: tuple[str, ...],
    params: dict[str, Any],
    *,
    simple: str,
    seed: int,
    threads: int,
    rounds: int = ROUNDS,
) -> Ranker:
    """Fit on rows by window, the latest first.

    The number of trees is where NDCG@10 on the latest window stops rising when learning from the
    older ones; then all windows are learned from with that many. `simple` names the feature that the
    guard may mix in.
    """
    settings = params | {"seed": seed, "num_threads": threads}
    train, valid = stack(windows[1:]), windows[0]
    dataset = _dataset(train, names)
    held_out = _dataset(valid, names, dataset)
    glimpse = _dataset(first_customers(train, SHOWN), names, dataset)
    history: dict[str, dict[str, list[float]]] = {}
    stopped = lgb.train(
        settings,
        dataset,
        rounds,
        valid_sets=[glimpse, held_out],
        valid_names=["train", "valid"],
        callbacks=[
            _StopOnValid(lgb.early_stopping(PATIENCE, first_metric_only=True, verbose=False)),
            lgb.record_evaluation(history),
        ],
    )
    best = max(stopped.best_iteration, min(LEAST_ROUNDS, rounds))
    guard = choose(_raw(stopped, valid.features, threads), valid, names.index(simple))
    final = lgb.train(settings, _dataset(stack(windows), names), best)
    return Ranker(final, names, guard, _curve(history))


@dataclass(frozen=True)  # without slots: LightGBM looks into __dict__
class _StopOnValid:
    """Early stopping that looks at the held-out window only, and not at the glimpse of the training data."""

    stop: Callable[[CallbackEnv], None]
    order: int = 30
    before_iteration: bool = False

    def __call__(self, env: CallbackEnv) -> None:
        results = [each for each in env.evaluation_result_list or () if each.dataset_name == "valid"]
        self.stop(replace(env, evaluation_result_list=results))


def export(ranker: Ranker, folder: Path, name: str, sample: Floats) -> dict[str, Path]:
    """Write `<name>.txt` (LightGBM) and `<name>.onnx` into the folder.

    Raises ValueError where ONNX Runtime orders the sample's rows differently beyond float32 noise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text, onnx = folder / f"{name}.txt", folder / f"{name}.onnx"
    ranker.booster.save_model(str(text))
    shape = [("features", FloatTensorType([None, len(ranker.names)]))]
    onnx.write_bytes(_raw_scores(ranker, shape).SerializeToString())
    difference = onnx_difference(ranker, onnx, sample)
    if difference > TOLERANCE:
        message = f"{onnx.name} scores differ from LightGBM's by up to {difference:.2e} (allowed: {TOLERANCE:.0e})"
        raise ValueError(message)
    return {text.name: text, onnx.name: onnx}


TOLERANCE = 1e-4
"""ONNX trees add in float32: scores of a few hundred trees agree to about 1e-5."""


def onnx_difference(ranker: Ranker, onnx: Path, sample: Floats) -> float:
    """The largest absolute difference of scores on the sample."""
    return float(np.abs(OnnxRanker.load(onnx)(sample) - ranker(sample)).max(initial=0.0))


def _raw(booster: lgb.Booster, features: Floats, threads: int) -> Floats:
    return np.asarray(booster.predict(features, raw_score=True, num_threads=threads), dtype=np.float32)


def _dataset(rows: Rows, names: tuple[str, ...], reference: lgb.Dataset | None = None) -> lgb.Dataset:
    columns = [name.replace(".", "_") for name in names]
    return lgb.Dataset(
        rows.features, rows.labels, group=rows.groups, feature_name=columns, reference=reference, free_raw_data=True
    )


def _curve(history: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {"iteration": np.arange(1, len(values) + 1), "dataset": dataset, "metric": metric, "value": values}
            )
            for dataset, metrics in history.items()
            for metric, values in metrics.items()
        ],
        ignore_index=True,
    )


def _raw_scores(ranker: Ranker, shape: list[tuple[str, FloatTensorType]]) -> Any:  # noqa: ANN401 - onnx is untyped
    # The converter would turn a binary objective into probabilities and labels; ranking needs the sum of the trees.
    spelling = re.compile(r"^(objective=|\[objective: )[^\n\]]*", flags=re.MULTILINE)
    text = spelling.sub(r"\g<1>lambdarank", ranker.booster.model_to_string())
    text = re.sub(r"^tree_sizes=.*\n", "", text, flags=re.MULTILINE)  # lengths in bytes, which now change
    text = re.sub(r"(?<=^threshold=).+$", _rounded_down, text, flags=re.MULTILINE)
    made = onnxmltools.convert_lightgbm(lgb.Booster(model_str=text), name="ranker", initial_types=shape, zipmap=False)
    domains = sorted(made.opset_import, key=lambda opset: opset.domain)  # the converter keeps them in a set
    del made.opset_import[:]
    made.opset_import.extend(domains)
    return made


def _rounded_down(thresholds: re.Match[str]) -> str:
    """Thresholds as the next float32 at or below: float32 features compare with both alike, ONNX has no other."""
    exact = np.array(thresholds[0].split(), dtype=np.float64)
    near = exact.astype(np.float32)
    below = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
    return " ".join(repr(float(value)) for value in below)
