"""The studies on real choices, removals and orange juice, on tiny data: their tables, goals and refusals."""

import numpy as np
import pandas as pd
import pytest

from experiments.definition import Definition
from experiments.studies import orange_juice, real_choice, removals
from features.errors import DataError, StateError
from features.settings import Settings
from tests.experiments.models.test_category_lines import _rows, warehouse


def nobody(text):
    """A listener who says nothing."""


@pytest.fixture
def shop(tmp_path) -> Settings:
    return warehouse(tmp_path, _rows())


def test_removals(shop):
    definition = Definition.load("removals").with_params(
        ["weeks_from='2017-01-02T00:00:00'", "window_weeks=4", "silent_weeks=4", "resamples=50", "registry=''"]
    )
    found = removals.study(shop, definition.params, nobody)
    assert found.tables["diversion"]["sku"].tolist() == ["gone"]
    assert found.tables["registry"]["reason"].tolist() == ["delisted", "same maker launched beside it"]
    assert found.goals == ()
    frozen = removals.study(shop, {**definition.params, "registry": "another"}, nobody)
    assert [goal.is_met for goal in frozen.goals] == [False]


def test_pooled_weighs_by_precision():
    rows = pd.DataFrame({"moved within category": [0.0, 1.0], "low": [-1.96, 0.02], "high": [1.96, 1.98]})
    # errors 1 and ½: weights 1 and 4
    assert removals.pooled(rows)[0] == pytest.approx(0.8)


def test_real_choice(shop):
    params = {
        **Definition.load("real-choice").params,
        "weeks_from": "2017-01-02T00:00:00",
        "held_out_from": 18,
        "memory_weeks": 12,
        "resamples": 50,
        "categories": [{"name": "tea", "category": "TEA", "reference": [1.4, 1.3, 1.2]}],
    }
    found = real_choice.study(shop, params, nobody)
    row = found.tables["held-out nats"].iloc[0]
    assert row["category"] == "tea"
    assert row["choices judged"] == 7 * 36
    assert row["household"] < row["promotion"] < row["uniform"]
    assert set(found.figures) == {"held-out nats"}
    assert [goal.name for goal in found.goals] == ["tea beats loyalty"]


def _juice(weeks: int = 24, stores: int = 4, brands: int = 3) -> dict[str, pd.DataFrame]:
    """Sales in the layout of the package's data."""
    generator = np.random.default_rng(3)
    rows = []
    for store in range(1, stores + 1):
        for week in range(1, weeks + 1):
            prices = 0.03 + 0.02 * generator.random(brands)
            for brand in range(1, brands + 1):
                deal = float(generator.random() < 0.3)
                units = 9 - 2 * np.log(prices[brand - 1]) + 0.4 * deal + 0.3 * brand * (store % 2)
                told = {f"price{nth + 1}": price for nth, price in enumerate(prices)}
                rows.append({"store": store, "brand": brand, "week": week, "logmove": units, **told, "deal": deal})
    sold = pd.DataFrame(rows)
    sold["feat"], sold["profit"] = generator.random(len(sold)), 20 + 10 * generator.random(len(sold))
    return {"yx": sold, "storedemo": pd.DataFrame({"STORE": range(1, stores + 1), "INCOME": [1.0, 2.0, 3.0, 4.0]})}


def test_orange_juice(tmp_path, monkeypatch):
    monkeypatch.setattr(orange_juice, "_read", lambda path: _juice())
    params = {**Definition.load("orange-juice").params, "held_out_from": 19, "burn_in_until": 3, "resamples": 50}
    found = orange_juice.study(Settings(work=tmp_path), params, nobody)
    nats = found.tables["held-out nats"].set_index("model")["mean"]
    assert nats["entropy floor"] < nats["store shares"] < nats["logit"]
    assert found.tables["price response"]["method"].tolist()[0] == "plain regression"


def test_orange_juice_says_what_to_install(tmp_path):
    params = {**Definition.load("orange-juice").params, "path": str(tmp_path / "orangeJuice.rda")}
    with pytest.raises(StateError, match="apt-get install r-cran-bayesm"):
        orange_juice.study(Settings(work=tmp_path), params, nobody)


def test_no_warehouse_is_told(tmp_path):
    with pytest.raises(StateError, match="omnishelf ingest"):
        removals.study(Settings(work=tmp_path), Definition.load("removals").params, nobody)
    with pytest.raises(StateError, match="omnishelf ingest"):
        real_choice.study(Settings(work=tmp_path), Definition.load("real-choice").params, nobody)


def test_a_category_that_nobody_bought_is_told(shop):
    params = {
        **Definition.load("real-choice").params,
        "categories": [{"name": "x", "category": "X", "reference": [1.0, 1.0, 1.0]}],
    }
    with pytest.raises(DataError, match="category 'X'"):
        real_choice.study(shop, params, nobody)
