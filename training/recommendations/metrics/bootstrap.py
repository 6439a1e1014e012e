"""How far a mean over customers can be trusted: percentile bootstrap (Efron & Tibshirani 1993, ch. 13)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 0

_AT_ONCE = 4_000_000
"""Draws held in memory at a time."""


def summary(
    figures: pd.DataFrame, clusters: pd.Series | None = None, resamples: int = RESAMPLES, seed: int = SEED
) -> pd.DataFrame:
    """A row per metric (the columns of `figures`): mean and the ends of its 95 % interval, low and high.

    A row of `figures` is one customer. Where customers stand in several rows (several cutoffs), `clusters`
    names the customer of each row, and customers are drawn with all their rows. Without rows all is NaN.
    """
    values = figures.to_numpy(dtype=float)
    if not len(values):
        return pd.DataFrame(np.nan, index=figures.columns, columns=["mean", "low", "high"])
    codes = np.arange(len(values)) if clusters is None else pd.factorize(clusters.to_numpy())[0]
    low, high = np.percentile(_means(values, codes, resamples, seed), [2.5, 97.5], axis=0)
    return pd.DataFrame({"mean": values.mean(axis=0), "low": low, "high": high}, index=figures.columns)


def paired(
    figures: pd.DataFrame,
    other: pd.DataFrame,
    clusters: pd.Series | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """`summary` of the differences figures − other: the same customers, drawn together.

    Raises ValueError where the two tables do not judge the same customers in the same order.
    """
    if not figures.index.equals(other.index):
        message = f"paired figures need the same customers: {len(figures)} against {len(other)} rows"
        raise ValueError(message)
    return summary(figures - other[figures.columns], clusters, resamples, seed)


def _means(values: NDArray[np.float64], codes: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.float64]:
    """(resamples, metrics) means; a resample draws as many clusters as there are, with replacement."""
    count = int(codes.max()) + 1
    sums = np.stack([np.bincount(codes, weights=column, minlength=count) for column in values.T], axis=1)
    rows = np.bincount(codes, minlength=count).astype(float)
    generator = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // count)
    means = []
    for done in range(0, resamples, step):
        drawn = _times_drawn(generator, min(step, resamples - done), count)
        means.append((drawn @ sums) / (drawn @ rows)[:, None])
    return np.concatenate(means)


def _times_drawn(generator: np.random.Generator, resamples: int, count: int) -> NDArray[np.float64]:
    """(resamples, count) how often each cluster was drawn."""
    drawn = generator.integers(0, count, (resamples, count))
    drawn += np.arange(resamples)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count).astype(float)
