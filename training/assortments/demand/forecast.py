"""Demand of the weeks to come: LightGBM, one model for all horizons, each forecast straight from what is known now.

The mean is Poisson with the base rate as offset; quantiles are learned as multiples of the base and calibrated on a
later window (`conformal`). Both are brought to the level of the last weeks (`level`).

Where stock was counted, labels are primary demand: what was sold plus what an empty shelf did not sell
(`censoring`), so that the forecast is of demand on a full shelf. Where it was not, it is a forecast of sales under
the usual availability.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.errors import DataError
from training.assortments.demand.censoring import Primary, untruncated
from training.assortments.demand.conformal import Calibration, calibrate
from training.assortments.demand.cube import Cube, cube
from training.assortments.demand.features import AsOf, Doubles, Features, Past, as_of, past, rows

QUANTILES = (0.1, 0.5, 0.9)
COLUMNS = ("store_id", "sku", "week", "mean", "p10", "p50", "p90")

LEAST_PAST = 8
"""Weeks before the first origin that is learned from."""
LEAST_CALIBRATION, MOST_CALIBRATION = 4, 13
ORIGINS = 52
"""The latest origins are learned from: older weeks say little about the next ones."""
ROWS = 50_000
SHARED: dict[str, Any] = {
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
MEAN_TREES, QUANTILE_TREES = 100, 60

LEVEL_WEEKS = 4
DRIFT = 0.15
"""Standard deviation of levels around 1. Both chosen on 24 categories of Complete Journey before September."""

_NOTHING = 1e-9
"""Units that are none: what divisions leave of zero, whose square is no number."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a model learns from or is judged on.

    features  (rows, names)
    base      offset, units a week
    expected  primary demand, expected given what was sold
    drawn     primary demand with chance in it: whole units where the shelf was full
    week      that they are of, a column of the cube
    """

    features: Features
    base: Doubles
    expected: Doubles
    drawn: Doubles
    week: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Fitted models of a category.

    level        factor of means and quantiles (`level`)
    names        of the features
    calibration  of the quantiles, from the last weeks before the cutoff
    is_demand    labels were primary demand (stock was counted), else sales
    """

    mean: lgb.Booster
    quantiles: tuple[lgb.Booster, ...]
    level: float
    calibration: Calibration
    names: tuple[str, ...]
    horizon_weeks: int
    is_demand: bool

    def predict(self, known: Cube) -> pd.DataFrame:
        """The columns COLUMNS for every pair that is listed in the week, sorted by store, SKU and week."""
        history = past(known)
        now = as_of(history, known.known)
        return pd.concat(
            [self._ahead(history, now, horizon) for horizon in range(1, self.horizon_weeks + 1)], ignore_index=True
        ).sort_values(["store_id", "sku", "week"], ignore_index=True)

    def _ahead(self, history: Past, now: AsOf, horizon: int) -> pd.DataFrame:
        week = history.cube.known + horizon - 1
        pairs = np.flatnonzero(history.cube.is_listed[:, week] > 0)
        features, base = rows(history, now, horizon, pairs), now.base[pairs]
        mean = self.level * _mean(self.mean, features, base)
        spread = self.calibration.apply(mean, self.level * _spread(self.quantiles, features, base))
        table = history.cube.pairs.iloc[pairs].reset_index(drop=True)
        table["week"] = history.cube.weeks[week]
        return table.assign(mean=mean, p10=spread[:, 0], p50=spread[:, 1], p90=spread[:, 2])


def forecast(
    panel: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int, seed: int, *, threads: int = 1, outside_share: float = 1.0
) -> pd.DataFrame:
    """Demand by store, SKU and week for `horizon_weeks` from the cutoff on, all in units a week.

    Columns: store_id, sku, week (first instant), mean, p10, p50, p90. Means add up: the mean of a store, a SKU or the
    chain is the sum of its rows; quantiles do not add up. A plan in the panel (weeks from the
    cutoff on) has to reach over all of these weeks to be used; without one, promotions are taken to be as usual, and so
    they are where a plan is silent on a week of a category that was promoted in every week of late. Same panel, same
    seed: same forecast.

    Raises DataError where the panel cannot be used or its history is too short.
    """
    known = cube(panel, cutoff, horizon_weeks)
    return fit(known, horizon_weeks, seed, threads=threads, outside_share=outside_share).predict(known)


def fit(known: Cube, horizon_weeks: int, seed: int, *, threads: int = 1, outside_share: float = 1.0) -> Forecaster:
    """Models of a cube. Raises DataError where the history is too short to learn from and to calibrate on."""
    window = _window(known, horizon_weeks)
    history = past(known)
    primary = untruncated(known, outside_share) if known.counted.any() else None
    rng = np.random.default_rng([seed, 1])
    drawn = _drawn(known, primary, rng)
    expected = known.units.astype(np.float64) if primary is None else primary.demand
    labels = (expected, drawn)
    early, late = ((LEAST_PAST, known.known - window), (known.known - window, known.known))
    params = SHARED | {"seed": seed, "num_threads": threads}
    first = _sampled(history, labels, early, horizon_weeks, rng)
    held = _sampled(history, labels, late, horizon_weeks, rng)
    quantiles = tuple(_fit_quantile(first, level, params) for level in QUANTILES)
    learned = _fit_mean(first, params)
    then = _level(learned, _rows(history, labels, _latest(early), horizon_weeks, rng), horizon_weeks)
    mean, spread = _mean(learned, held.features, held.base), _spread(quantiles, held.features, held.base)
    calibration = calibrate(then * mean, then * spread, held.drawn, QUANTILES)
    whole = (LEAST_PAST, known.known)
    final = _fit_mean(_sampled(history, labels, whole, horizon_weeks, rng), params)
    now = _level(final, _rows(history, labels, _latest(whole), horizon_weeks, rng), horizon_weeks)
    return Forecaster(final, quantiles, now, calibration, history.names, horizon_weeks, primary is not None)


def _latest(weeks: tuple[int, int]) -> tuple[int, int]:
    return max(weeks[0], weeks[1] - LEVEL_WEEKS), weeks[1]


def _level(model: lgb.Booster, recent: Rows | None, horizon_weeks: int) -> float:
    if recent is None:
        return 1.0
    return level(recent.week, recent.expected, _mean(model, recent.features, recent.base), horizon_weeks)


def _window(known: Cube, horizon_weeks: int) -> int:
    """Weeks kept for calibration. Raises DataError where too few are left to learn from."""
    if horizon_weeks < 1:
        raise DataError(f"horizon_weeks is {horizon_weeks}. Next: ask for one week or more.")
    least = LEAST_PAST + LEAST_CALIBRATION + horizon_weeks
    if known.known < least:
        raise DataError(
            f"panel.week: {known.known} weeks before the cutoff; a forecast of {horizon_weeks} weeks needs {least} to "
            "learn from and to be checked on. Next: load more history, or ask for fewer weeks."
        )
    return int(np.clip(known.known // 4, LEAST_CALIBRATION, MOST_CALIBRATION))


def _drawn(known: Cube, primary: Primary | None, rng: np.random.Generator) -> Doubles:
    """Demand of the known weeks with chance in it: what an empty shelf did not sell is drawn.

    Single imputation from the gamma posterior of the week's rate (see training.assortments.demand.censoring).
    """
    units = known.units[:, : known.known].astype(np.float64)
    if primary is None:
        return units
    missing = 1 - known.exposure[:, : known.known]
    rate = rng.gamma(primary.shape + units) / (primary.shape / np.maximum(primary.expected, 1e-9) + 1 - missing)
    return np.asarray(units + rng.poisson(np.where(known.is_listed[:, : known.known] > 0, missing * rate, 0.0)))


def _sampled(
    history: Past, labels: tuple[Doubles, Doubles], weeks: tuple[int, int], horizon_weeks: int, rng: np.random.Generator
) -> Rows:
    """`_rows`. Raises DataError where there are none."""
    found = _rows(history, labels, weeks, horizon_weeks, rng)
    if found is None:
        raise DataError("panel: no SKU was on a shelf in the weeks to learn from. Next: check listings and stock.")
    return found


def _rows(
    history: Past, labels: tuple[Doubles, Doubles], weeks: tuple[int, int], horizon_weeks: int, rng: np.random.Generator
) -> Rows | None:
    """At most ROWS rows whose week lies in `weeks`; a week without any time on the shelf teaches nothing."""
    first, after = weeks
    origins = range(max(LEAST_PAST, first - horizon_weeks + 1, after - ORIGINS), after)
    found: list[Rows] = []
    for origin in origins:
        now = as_of(history, origin)
        horizons = range(max(first - origin + 1, 1), min(after - origin, horizon_weeks) + 1)
        quota = max(ROWS // (len(origins) * len(horizons)), 1)
        for horizon in horizons:
            week = origin + horizon - 1
            is_known = history.cube.is_listed[:, :origin].any(axis=1)
            pairs = np.flatnonzero((history.cube.exposure[:, week] > 0) & is_known)
            if len(pairs) > quota:
                pairs = np.sort(rng.choice(pairs, quota, replace=False))
            if len(pairs):
                features = rows(history, now, horizon, pairs)
                expected, drawn = (label[pairs, week] for label in labels)
                found.append(Rows(features, now.base[pairs], expected, drawn, np.full(len(pairs), week)))
    if not found:
        return None
    return Rows(*(np.concatenate([getattr(one, name) for one in found]) for name in Rows.__dataclass_fields__))


def _fit_mean(learned: Rows, params: dict[str, Any]) -> lgb.Booster:
    data = lgb.Dataset(learned.features, learned.expected, init_score=np.log(learned.base))
    return lgb.train(params | {"objective": "poisson"}, data, MEAN_TREES)


def _fit_quantile(learned: Rows, level: float, params: dict[str, Any]) -> lgb.Booster:
    """Of demand / base, weighted by the base: the pinball loss of demand itself."""
    data = lgb.Dataset(learned.features, learned.drawn / learned.base, weight=learned.base)
    return lgb.train(params | {"objective": "quantile", "alpha": level}, data, QUANTILE_TREES)


def _mean(model: lgb.Booster, features: Features, base: Doubles) -> Doubles:
    if not len(base):
        return np.empty(0)
    return np.asarray(base * np.exp(np.asarray(model.predict(features, raw_score=True), dtype=np.float64)))


def _spread(models: tuple[lgb.Booster, ...], features: Features, base: Doubles) -> Doubles:
    """(rows, quantiles), as the models say."""
    if not len(base):
        return np.empty((0, len(models)))
    return np.column_stack([base * np.asarray(model.predict(features), dtype=np.float64) for model in models])


def level(week: NDArray[np.int64], seen: Doubles, meant: Doubles, copies: int = 1) -> float:
    """The factor that brings forecasts to the level of late; 1 where it cannot be told.

    Trees remember the mean of the weeks that they learned from; where a category has moved since, all rows are off by
    about the same factor. It is the ratio of both sums over the last LEVEL_WEEKS weeks, each week forecast from earlier
    ones, and drawn to 1 by how noisy it is: an empirical Bayes estimate (Efron and Morris 1975, JASA 70(350)) with the
    drift of such levels as prior. Rows are scaled by one factor, so that means still add up (top-down, Hyndman and
    Athanasopoulos 2021, "Forecasting: principles and practice", 11.3). Unlike a forecast of the sum itself it knows
    promotions and listings.

    week   of each row
    seen   what came, units
    meant  what the model says of it
    copies how many rows may speak of the same week of a pair, forecast at several horizons
    """
    weeks, nth = np.unique(week, return_inverse=True)
    came, said = np.bincount(nth, seen), np.bincount(nth, meant)
    count = len(weeks)
    if count < 2 or not came.sum() > _NOTHING or not said.sum() > _NOTHING:
        return 1.0
    ratio = float(came.sum() / said.sum())
    spread = float(((came - ratio * said) ** 2).sum() / (count - 1))
    noise = max(count * spread / float(came.sum()) ** 2, copies / float(came.sum()))
    return 1 + DRIFT**2 / (DRIFT**2 + noise) * (ratio - 1)
