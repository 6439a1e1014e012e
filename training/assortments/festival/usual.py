"""What would have been sold without the event: a weekday profile and a trend, fitted on the days around it.

Quasi-Poisson regression of a channel's daily sales on weekday and time (McCullagh & Nelder 1989, ch. 6.2), by
iteratively reweighted least squares. A category's share of the channel is that of the reference days.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ITERATIONS = 50
_LEAST_DAYS = 14
"""Fewer reference days say nothing about a weekday."""


@dataclass(frozen=True, slots=True)
class Usual:
    """ratio: sales of a window over those of all reference days, usually; its log has `variance`.

    dispersion  variance of a window's sales over their mean, ≥ 1
    """

    ratio: float
    variance: float
    dispersion: float


def usual(sales: pd.Series, window: pd.Series, of: str) -> Usual | None:
    """The usual sales of the window `of`, against the reference days; None where there are too few of these.

    sales   by day, of one channel; days without sales count as 0
    window  what each of these days is (`events.windows`)
    """
    is_reference, is_wanted = (window == "reference").to_numpy(), (window == of).to_numpy()
    if is_reference.sum() < _LEAST_DAYS or not is_wanted.any() or not sales[is_reference].sum() > 0:
        return None
    days = pd.DatetimeIndex(sales.index)
    time = (days - days[is_reference].mean()) / pd.Timedelta(days=28)
    columns = [np.ones(len(days)), np.asarray(time, dtype=float)]
    columns += [(days.day_of_week == nth).astype(float) for nth in range(1, 7)]
    design = np.stack(columns, axis=1)
    counts = sales.to_numpy(dtype=float)
    beta = _fitted(design[is_reference], counts[is_reference])
    mean = np.exp(design @ beta)
    dispersion = _dispersion(counts[is_reference], mean[is_reference], days[is_reference], design.shape[1])
    weighted = design * mean[:, None]
    covariance = dispersion * np.linalg.pinv(design[is_reference].T @ weighted[is_reference])
    slope = weighted[is_wanted].sum(axis=0) / mean[is_wanted].sum()
    slope = slope - weighted[is_reference].sum(axis=0) / mean[is_reference].sum()
    ratio = float(mean[is_wanted].sum() / mean[is_reference].sum())
    return Usual(ratio, float(slope @ covariance @ slope), dispersion)


def _fitted(design: Floats, counts: Floats) -> Floats:
    """Coefficients of a Poisson regression with a log link."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(max(counts.mean(), 1e-6))
    for _ in range(_ITERATIONS):
        mean = np.exp(np.clip(design @ beta, -30, 30))
        step = np.linalg.pinv(design.T @ (design * mean[:, None])) @ (design.T @ (counts - mean))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(beta, dtype=np.float64)


def _dispersion(counts: Floats, mean: Floats, days: pd.DatetimeIndex, parameters: int) -> float:
    """Pearson's estimate by day, or by week where weeks differ more than their days do: windows are long."""
    by_day = ((counts - mean) ** 2 / mean).sum() / max(len(counts) - parameters, 1)
    weeks = pd.DataFrame({"counts": counts, "mean": mean}).groupby(days.to_period("W")).sum()
    by_week = ((weeks["counts"] - weeks["mean"]) ** 2 / weeks["mean"]).sum() / max(len(weeks) - 2, 1)
    return float(max(by_day, by_week, 1.0))
