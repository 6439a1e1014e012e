"""Forecasts that anyone could make: the measure of whether a model is worth its trouble.

Both answer like `training.assortments.demand.forecast`. Their quantiles are those of Poisson counts around their mean.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.clock import Cutoff
from training.assortments.demand.cube import Cube, cube
from training.assortments.demand.features import YEAR_WEEKS, past

AVERAGED_WEEKS = 8

Doubles = NDArray[np.float64]


def seasonal_naive(panel: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int, _seed: int = 0) -> pd.DataFrame:
    """What was sold in the same week a year ago; without a year of history, what was sold in the last week."""
    known = cube(panel, cutoff, horizon_weeks)
    means = []
    for ahead in range(horizon_weeks):
        week = known.known + ahead - YEAR_WEEKS
        means.append(known.units[:, week if 0 <= week < known.known else known.known - 1])
    return _answer(known, np.column_stack(means).astype(np.float64))


def moving_average(panel: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int, _seed: int = 0) -> pd.DataFrame:
    """The mean of the last AVERAGED_WEEKS weeks, the same for every week to come.

    Weeks from the one after a pair's first: the first is there because something was sold. A pair without such a
    week has the mean of its SKU.
    """
    known = cube(panel, cutoff, horizon_weeks)
    history = past(known)
    first = max(known.known - AVERAGED_WEEKS, 0)
    sold, weeks = (sums[:, known.known] - sums[:, first] for sums in (history.sold, history.listed))
    of_sku = np.bincount(known.sku, sold) / np.maximum(np.bincount(known.sku, weeks), 1)
    mean = np.where(weeks > 0, sold / np.maximum(weeks, 1), of_sku[known.sku])
    return _answer(known, np.repeat(mean[:, None], horizon_weeks, axis=1))


def _answer(known: Cube, means: Doubles) -> pd.DataFrame:
    """means: (pairs, weeks to come)."""
    pair, ahead = np.nonzero(known.is_listed[:, known.known : known.known + means.shape[1]] > 0)
    table = known.pairs.iloc[pair].reset_index(drop=True)
    table["week"] = known.weeks[known.known + ahead]
    mean = means[pair, ahead]
    low, middle, high = (stats.poisson.ppf(level, np.maximum(mean, 1e-9)) for level in (0.1, 0.5, 0.9))
    return table.assign(mean=mean, p10=low, p50=middle, p90=high)
