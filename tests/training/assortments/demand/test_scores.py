"""Scores, calibration and backtests: by hand, and that quantiles hold where nothing changes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import Cutoff
from features.errors import DataError
from tests.helpers.demand_panels import CUTOFF, panel_of
from training.assortments.demand.backtest import backtest, store_tiers, unforeseen
from training.assortments.demand.baselines import moving_average, seasonal_naive
from training.assortments.demand.conformal import calibrate
from training.assortments.demand.scores import added_up, calibration_curve, point_scores, scores


def judged() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": ["a", "a", "b"],
            "units": [4.0, 0, 2],
            "mean": [3.0, 1, 2],
            "p10": [1.0, 0, 3],
            "p50": [3.0, 1, 4],
            "p90": [3.5, 2, 5],
        }
    )


def test_scores_by_hand() -> None:
    table = scores(judged(), ["model"]).set_index("model")
    assert table.loc["a", "wmape"] == pytest.approx(2 / 4)
    assert table.loc["a", "bias"] == pytest.approx(0)
    assert table.loc["a", "coverage"] == pytest.approx(1 / 2)
    assert table.loc["a", "above"] == pytest.approx(1 / 2)
    losses = (0.1 * 3 + 0.5 * 1 + 0.9 * 0.5) / 3 + (0 + 0.5 * 1 + 0.1 * 2) / 3
    assert table.loc["a", "pinball"] == pytest.approx(losses / 4)
    assert table.loc["b", ["wmape", "below", "coverage"]].tolist() == [0, 1, 0]


def test_scores_of_nothing_sold_are_not_known() -> None:
    table = scores(judged().assign(units=0.0))
    assert table[["wmape", "bias", "pinball"]].isna().all(axis=None)


def test_a_forecast_that_is_missing_is_not_passed_over() -> None:
    missing = judged().assign(mean=[3.0, np.nan, 2])
    with pytest.raises(DataError, match=r"1 of 3 forecasts lack a value \(mean\)"):
        scores(missing)


def test_sums_have_no_quantiles() -> None:
    added = added_up(judged().assign(week=1), ["week"])
    assert added.to_dict("records") == [{"week": 1, "units": 6, "mean": 6}]
    assert point_scores(added)["wmape"].tolist() == [0]


def test_ties_count_half_in_the_calibration_curve() -> None:
    rows = judged().assign(units=0.0, p10=0.0, p50=0.0, p90=1.0)
    curve = calibration_curve(rows)
    assert curve[curve["model"] == "a"]["share"].tolist() == [0.5, 0.5, 1.0]


@given(st.integers(0, 10_000), st.floats(0.3, 3.0))
def test_calibrated_quantiles_hold_on_rows_of_the_same_kind(seed: int, wrong: float) -> None:
    rng = np.random.default_rng(seed)
    mean = rng.uniform(5, 50, 4000)
    seen = rng.gamma(4, mean / 4)
    quantiles = np.column_stack([mean * wrong * share for share in (0.5, 0.9, 1.4)])
    found = calibrate(mean[:2000], quantiles[:2000], seen[:2000], (0.1, 0.5, 0.9)).apply(mean[2000:], quantiles[2000:])
    shares = (seen[2000:, None] <= found).mean(axis=0)
    assert shares == pytest.approx([0.1, 0.5, 0.9], abs=0.07)
    assert (np.diff(found, axis=1) >= 0).all()


def test_a_backtest_judges_every_model_on_the_same_rows() -> None:
    truth = panel_of(np.arange(1.0, 41).reshape(4, 10))
    cutoffs = [CUTOFF.minus_days(28), CUTOFF.minus_days(14)]

    def known(cutoff: Cutoff) -> pd.DataFrame:
        return truth[truth["week"] < cutoff.at]

    models = {"naive": seasonal_naive, "average": moving_average}
    rows = backtest(known, truth, cutoffs, 2, models)
    assert len(rows) == 2 * 2 * 4 * 2
    naive = rows[(rows["model"] == "naive") & (rows["cutoff"] == cutoffs[0].at) & (rows["store_id"] == "000")]
    assert naive[["horizon", "units", "mean"]].to_numpy().tolist() == [[1, 7, 6], [2, 8, 6]]
    assert rows.groupby("store_id")["tier"].first().tolist() == ["small", "small", "middle", "large"]
    assert unforeseen(rows, truth, cutoffs[0], 2) == pytest.approx(0)
    with pytest.raises(DataError, match=r"truth\.week: ends before"):
        backtest(known, truth, [CUTOFF], 2, models)


def test_tiers_are_thirds_of_stores_by_sales() -> None:
    assert store_tiers(panel_of([[3.0], [1], [2]])).to_dict() == {"001": "small", "002": "middle", "000": "large"}
