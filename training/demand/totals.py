"""Sums of a forecast: of a store, a SKU, a category, a chain. Means add up; what new pairs will sell is told apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.clock import Cutoff
from training.demand.cube import cube

LOOK_BACK_WEEKS = 8


def totals(forecast: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """`mean` of groups of rows, units: exactly the sum of the rows, so that every level agrees with every other.

    Quantiles are left out: those of a sum are not sums of quantiles, and rows err together.
    """
    return forecast.groupby(list(by), observed=True, sort=True)["mean"].sum().reset_index()


def entering_shares(panel: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int) -> list[float]:
    """Share of a week's units sold by pairs that were not known at the origin, for 1 to `horizon_weeks` weeks ahead.

    Means of the last LOOK_BACK_WEEKS origins before the cutoff. A total that is to stand for all sales, not only for
    those of known pairs, is the sum of the forecast over 1 minus this share.
    """
    known = cube(panel, cutoff)
    units = known.units[:, : known.known].astype(np.float64)
    began = np.argmax(known.is_listed[:, : known.known] > 0, axis=1)
    shares = []
    for ahead in range(1, horizon_weeks + 1):
        weeks = range(max(known.known - LOOK_BACK_WEEKS, ahead), known.known)
        new = sum(float(units[began > week - ahead, week].sum()) for week in weeks)
        every = sum(float(units[:, week].sum()) for week in weeks)
        shares.append(new / every if every > 0 else 0.0)
    return shares
