"""The ranker learns what is to be learned, stops where the held-out window says, and scores in ONNX as in LightGBM."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest

from features.facts.facts import NEVER_DAYS, Floats
from serving.bundle.scoring import Guard, OnnxRanker
from tests.helpers.rule_rows import NAMES, SMALL, rule_rows
from training.recommendations.ranking import ranker
from training.recommendations.ranking.guard import ndcg_at_10
from training.recommendations.ranking.ranker import Ranker
from training.recommendations.ranking.rows import Rows, stack

EXTREMES = np.array(
    [0.0, -0.0, 1.0, -1.0, NEVER_DAYS, 1e-38, -1e-38, 1e30, -1e30, np.finfo(np.float32).max, np.finfo(np.float32).min],
    dtype=np.float32,
)


def fitted(windows: list[Rows], params: dict[str, Any] = ranker.ALL, **given: Any) -> Ranker:
    chosen = {"simple": "simple.score", "seed": 0, "threads": 1, "rounds": 60} | given
    return ranker.fit(windows, NAMES, params | SMALL, **chosen)


@pytest.fixture(scope="module")
def windows() -> list[Rows]:
    return [rule_rows(seed, clarity=0.7) for seed in range(3)]


@pytest.fixture(scope="module", params=["lambdarank", "binary"])
def model(request: pytest.FixtureRequest, windows: list[Rows]) -> Ranker:
    return fitted(windows, ranker.ALL if request.param == "lambdarank" else ranker.NEW)


@pytest.fixture(scope="module")
def exported(model: Ranker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return ranker.export(model, tmp_path_factory.mktemp("ranker"), "some", rule_rows(9).features)


def best_valid(curve: pd.DataFrame) -> int:
    """The iteration with the highest value on the held-out window, the first of equals."""
    valid = curve[curve["dataset"] == "valid"]
    return int(valid["iteration"].iloc[int(valid["value"].to_numpy().argmax())])


@pytest.mark.parametrize("params", [ranker.ALL, ranker.NEW], ids=["lambdarank", "binary"])
def test_an_obvious_rule_is_learned(params: dict[str, Any]) -> None:
    learned = fitted([rule_rows(seed) for seed in range(3)], params)
    unseen = rule_rows(100)
    assert ndcg_at_10(learned.guard, learned(unseen.features), unseen) > 0.97
    assert learned.importance()["feature"].iloc[0] == "signal"


def test_the_curve_is_recorded_for_learned_and_held_out_rows(model: Ranker) -> None:
    curve = model.curve
    assert list(curve.columns) == ["iteration", "dataset", "metric", "value"]
    assert set(curve["metric"]) == {"ndcg@10"}
    lengths = {name: rows["iteration"].tolist() for name, rows in curve.groupby("dataset")}
    assert lengths["train"] == lengths["valid"] == list(range(1, len(lengths["train"]) + 1))
    assert curve["value"].between(0, 1).all()


def test_the_refit_has_as_many_trees_as_the_held_out_window_chose(model: Ranker) -> None:
    chosen = best_valid(model.curve)
    assert model.trees == max(chosen, ranker.LEAST_ROUNDS)
    stopped = model.curve["iteration"].max()
    assert stopped == min(60, chosen + ranker.PATIENCE)


@pytest.mark.parametrize("rounds", [5, 30, 120])
def test_the_held_out_window_stops_it_whatever_the_learned_rows_say(rounds: int) -> None:
    """The learned rows are told apart perfectly, the held-out ones are noise: more trees only learn by heart."""
    noise = rule_rows(7, clarity=0.0)
    learned = fitted([noise, rule_rows(1), rule_rows(2)], rounds=rounds)
    chosen = best_valid(learned.curve)
    assert learned.trees == max(chosen, min(ranker.LEAST_ROUNDS, rounds))
    assert learned.curve["iteration"].max() == min(rounds, chosen + ranker.PATIENCE)


def test_the_refit_learns_from_the_held_out_window_too() -> None:
    """With older windows of noise, what is right can only come from the latest one."""
    latest = rule_rows(5, customers=200)
    learned = fitted([latest, rule_rows(6, clarity=0.0), rule_rows(8, clarity=0.0)])
    unseen = rule_rows(100)
    assert ndcg_at_10(Guard(0, 0.0), learned(unseen.features), unseen) > 0.9


def test_the_same_seed_gives_the_same_model(windows: list[Rows]) -> None:
    text = fitted(windows).booster.model_to_string()
    assert fitted(windows).booster.model_to_string() == text
    assert fitted(windows, seed=1).booster.model_to_string() != text


def test_threads_do_not_change_the_model(windows: list[Rows]) -> None:
    one, two = (fitted(windows, threads=threads, rounds=12) for threads in (1, 2))
    np.testing.assert_array_equal(one(windows[0].features), two(windows[0].features))


def test_onnx_scores_as_lightgbm_does(model: Ranker, exported: dict[str, Path], windows: list[Rows]) -> None:
    served = OnnxRanker.load(exported["some.onnx"])
    rows = stack(windows).features
    np.testing.assert_allclose(served(rows), model(rows), atol=1e-5)
    assert len(np.unique(model(rows))) > 50, "a constant would agree with anything"


def test_the_same_trees_are_the_same_bytes(exported: dict[str, Path]) -> None:
    """The converter collects operator domains in a set, whose order changes from process to process."""
    domains = [each.domain for each in onnx.load(str(exported["some.onnx"])).opset_import]
    assert domains == sorted(domains)
    assert "ai.onnx.ml" in domains


def test_onnx_agrees_on_extreme_rows(model: Ranker, exported: dict[str, Path]) -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([EXTREMES, rng.normal(size=50).astype(np.float32), around(thresholds(model))])
    rows: Floats = rng.choice(values, size=(20_000, len(NAMES))).astype(np.float32)
    np.testing.assert_allclose(OnnxRanker.load(exported["some.onnx"])(rows), model(rows), atol=1e-5)


def thresholds(model: Ranker) -> np.ndarray:
    """Every number that a tree compares with, as LightGBM has it: float64."""
    return np.array(list(_numbers(model.booster.dump_model()["tree_info"])))


def _numbers(tree: Any) -> Iterator[float]:
    if isinstance(tree, dict):
        yield from ([tree["threshold"]] if "threshold" in tree else [])
        yield from _numbers(list(tree.values()))
    elif isinstance(tree, list):
        for part in tree:
            yield from _numbers(part)


def around(values: np.ndarray) -> Floats:
    """The float32 numbers next to each value, where a comparison rounded the wrong way would show."""
    near = values.astype(np.float32)
    below, above = np.float32(-np.inf), np.float32(np.inf)
    around: Floats = np.concatenate([near, np.nextafter(near, below), np.nextafter(near, above)])
    return around


def test_a_row_more_or_less_does_not_change_a_score(exported: dict[str, Path], windows: list[Rows]) -> None:
    served, rows = OnnxRanker.load(exported["some.onnx"]), windows[0].features[:64]
    np.testing.assert_array_equal(served(rows), np.concatenate([served(rows[at : at + 1]) for at in range(len(rows))]))
    assert served(rows[:0]).shape == (0,)


def test_the_text_file_is_the_model(model: Ranker, exported: dict[str, Path], windows: list[Rows]) -> None:
    import lightgbm as lgb

    back = lgb.Booster(model_file=str(exported["some.txt"]))
    np.testing.assert_array_equal(
        back.predict(windows[0].features, raw_score=True), model.booster.predict(windows[0].features, raw_score=True)
    )
    assert list(exported) == ["some.txt", "some.onnx"]


def test_an_export_that_scores_otherwise_is_refused(
    model: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranker, "TOLERANCE", -1.0)
    with pytest.raises(ValueError, match=r"odd\.onnx scores differ from LightGBM's by up to .*e-.*allowed: -1e\+00"):
        ranker.export(model, tmp_path, "odd", rule_rows(9).features)


def test_importance_names_every_feature_the_most_useful_first(model: Ranker) -> None:
    table = model.importance()
    assert sorted(table["feature"]) == sorted(NAMES)
    assert table["gain"].is_monotonic_decreasing
    assert (table["splits"] >= 0).all()


def test_a_ranker_that_found_nothing_to_split_on_is_exported_too(windows: list[Rows], tmp_path: Path) -> None:
    params = ranker.NEW | {"min_data_in_leaf": 10**6}
    flat = ranker.fit(windows, NAMES, params, simple="simple.score", seed=0, threads=1)
    rows = windows[0].features[:10]
    served = OnnxRanker.load(ranker.export(flat, tmp_path, "flat", rows)["flat.onnx"])
    assert len(np.unique(flat(rows))) == 1
    np.testing.assert_allclose(served(rows), flat(rows), atol=1e-6)
