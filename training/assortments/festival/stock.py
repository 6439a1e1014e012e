"""How much of each SKU a store should have for an event: a newsvendor quantile of what may be asked for.

Demand of a SKU in a store is usual units × uplift × what its share of choice becomes at event prices. It is uncertain
three times over: the uplift (log-normal), whether this store is like others, and chance (Poisson); the quantile is
that of a log-normal with the same mean and variance, as the mix has no closed form.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from features.errors import DataError
from training.assortments.festival.uplift import INTERVAL

Floats = NDArray[np.float64]

BETWEEN_STORES = 0.15
"""Relative standard deviation of a store's uplift around that of its channel, where nothing better is known."""


@dataclass(frozen=True, slots=True)
class Stock:
    """All (S, N): units to have, expected demand and its 80 % interval, risk of selling out, units left over."""

    units: Floats
    demand: Floats
    low: Floats
    high: Floats
    risk: Floats
    left_over: Floats


def shares(weights: Floats) -> Floats:
    """(…, N) choice probabilities of a multinomial logit with weights u/u0; the rest leaves without any."""
    return np.asarray(weights / (1 + weights.sum(axis=-1, keepdims=True)), dtype=np.float64)


def substitution(usual_weights: Floats, event_weights: Floats) -> Floats:
    """(…, N) what a SKU's share becomes at event prices, as a multiple of the usual one; 1 for what is not carried.

    The total is left to the uplift: multiples are divided by that of the category, so that visits are not counted
    twice.
    """
    usual, event = shares(usual_weights), shares(event_weights)
    usual_mix = usual / np.maximum(usual.sum(axis=-1, keepdims=True), 1e-12)
    event_mix = event / np.maximum(event.sum(axis=-1, keepdims=True), 1e-12)
    return np.asarray(np.divide(event_mix, usual_mix, out=np.ones_like(usual_mix), where=usual_mix > 0))


def newsvendor_stock(
    usual_units: Floats,
    log_mean: Floats,
    log_variance: Floats,
    margin: Floats,
    loss: Floats,
    ratio: Floats | None = None,
) -> Stock:
    """Stock at the critical ratio margin / (margin + loss) of each SKU's demand in each store, in whole units.

    usual_units             (S, N) over the event's days, without it
    log_mean, log_variance  (N,) of the uplift; an unknown one (variance inf) has to be replaced by the caller
    margin                  (N,) earned by a unit that is sold
    loss                    (N,) lost on a unit that is left over: markdown and holding
    ratio                   (S, N) `substitution`; None: shares stay as they are

    Raises DataError for amounts that are negative or missing, or a SKU with neither margin nor loss.
    """
    for name, part in (("usual units", usual_units), ("margins", margin), ("losses", loss), ("uplifts", log_variance)):
        if not np.isfinite(part).all() or (part < 0).any():
            raise DataError(f"festival stock: {name} hold amounts that are missing or negative. Next: correct them.")
    if (margin + loss <= 0).any():
        raise DataError(
            f"festival stock: {int((margin + loss <= 0).sum())} SKUs have neither a margin nor a loss on what is left "
            "over. Next: bring prices and unit costs, or leave these SKUs out."
        )
    mean = usual_units * np.exp(log_mean + log_variance / 2) * (1.0 if ratio is None else ratio)
    spread = np.expm1(log_variance) + BETWEEN_STORES**2
    variance = mean + mean**2 * spread
    critical = margin / (margin + loss)
    units = np.ceil(_quantile(mean, variance, critical) - 1e-9)
    low, high = (_quantile(mean, variance, np.full_like(critical, (1 + side * INTERVAL) / 2)) for side in (-1, 1))
    risk = 1 - _below(mean, variance, units)
    return Stock(units, mean, low, high, risk, _left_over(mean, variance, units))


def _log_moments(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    safe = np.maximum(mean, 1e-12)
    squared = np.log1p(variance / safe**2)
    return np.log(safe) - squared / 2, np.sqrt(squared)


def _quantile(mean: Floats, variance: Floats, at: Floats) -> Floats:
    centre, deviation = _log_moments(mean, variance)
    found = np.exp(centre + deviation * norm.ppf(np.clip(at, 1e-9, 1 - 1e-9)))
    return np.asarray(np.where(mean > 0, found, 0.0), dtype=np.float64)


def _below(mean: Floats, variance: Floats, units: Floats) -> Floats:
    centre, deviation = _log_moments(mean, variance)
    found = norm.cdf((np.log(np.maximum(units, 1e-12)) - centre) / np.maximum(deviation, 1e-12))
    return np.asarray(np.where(mean > 0, found, 1.0), dtype=np.float64)


def _left_over(mean: Floats, variance: Floats, units: Floats) -> Floats:
    """E max(units − D, 0) of a log-normal D: the payoff of a put (Black & Scholes 1973, undiscounted)."""
    centre, deviation = _log_moments(mean, variance)
    deviation = np.maximum(deviation, 1e-12)
    high = (np.log(np.maximum(units, 1e-12)) - centre) / deviation
    left = units * norm.cdf(high) - np.maximum(mean, 1e-12) * norm.cdf(high - deviation)
    return np.asarray(np.where(mean > 0, np.maximum(left, 0), units), dtype=np.float64)
