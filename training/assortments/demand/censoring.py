"""Primary demand from sales that stock-outs cut short: what shoppers came for first, had everything been there.

Sales `u` of a SKU that was on the shelf for a share `a` of the week come from a Poisson process whose rate is gamma
distributed around `w`, the primary demand of the pair and week (shape `k`: small is erratic). Where other SKUs are out,
a part of their demand comes over: under multinomial logit with the share `o` of shoppers who take nothing although all
is there, the rate is `κ w`, κ = (w0 + W) / (w0 + W_A), with W and W_A the sums of w over all and over the available
SKUs of the store's category, and w0 = W o / (1 − o); SKUs are out independently of each other within a week. (Vulcano,
van Ryzin and Ratliff 2012, Operations Research 60(2), give the EM of one product set; here its rates are explained by
pair, week and promotion.) o = 1: whoever misses a SKU walks.

Sales stop when the shelf is empty. A stopped Poisson process has the likelihood of one that was watched for as long
(its stopping rule says nothing of the rate), so that exposure is all that is needed, also where stock runs out
*because* demand was high. The M-step maximises the negative binomial likelihood, factor by factor:

    effect ← effect · Σ ω u / Σ ω a κ w,   ω = 1 / (1 + a κ w / k)

and the E-step gives what was not seen: demand = u/κ + (1 − a) (k + u) / (k/w + a κ).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from features.clock import Cutoff
from features.errors import DataError
from training.assortments.demand.cube import Codes, Cube, cube

Doubles = NDArray[np.float64]

ROUNDS = 60
TOLERANCE = 1e-4
"""Largest relative change of total demand at which the rounds end."""
PRIOR_WEEKS = 2.0
"""A pair's rate is drawn to its SKU's mean rate as if it had been watched for so many weeks at it."""
SHAPES = tuple(float(2.0**power) for power in range(-2, 9))
OUTSIDE_SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Primary:
    """Primary demand of the known weeks, (pairs, weeks), in units.

    cube           whose pairs and weeks they are
    demand         expected, given what was sold: sums of it are demand had nothing been out
    expected       the model's own, given pair, week and promotion alone
    shape          k; large: Poisson
    outside_share  o
    log_likelihood of the sales
    is_counted     availability is from counts; else nothing was untruncated
    """

    cube: Cube
    demand: Doubles
    expected: Doubles
    shape: float
    outside_share: float
    log_likelihood: float
    is_counted: bool

    def table(self) -> pd.DataFrame:
        """The columns store_id, sku, week, units, available_share, demand and missed, a row per listed pair and week.

        demand and missed in units; missed is demand less sales, below 0 where sales stood in for other SKUs.
        """
        row, week = np.nonzero(self.cube.is_listed[:, : self.cube.known] > 0)
        units, exposure = (getattr(self.cube, name)[row, week] for name in ("units", "exposure"))
        missed = self.demand[row, week] - units
        return self.cube.pairs.iloc[row].assign(
            week=self.cube.weeks[week], units=units, available_share=exposure, demand=self.demand[row, week],
            missed=missed,
        ).reset_index(drop=True)  # fmt: skip


def untruncate(panel: pd.DataFrame, cutoff: Cutoff, outside_share: float | None = 1.0) -> Primary:
    """Primary demand of a category's panel.

    `outside_share` is not identified without footfall, unless stores' traffic follows a pattern of store and week: None
    chooses the likeliest of OUTSIDE_SHARES under that assumption; 1 claims that nothing is substituted.

    Raises DataError where it is not above 0 and at most 1, or the panel cannot be used.
    """
    if outside_share is not None and not 0 < outside_share <= 1:
        raise DataError(f"outside_share is {outside_share}. Next: give a share above 0 and at most 1, or none.")
    return untruncated(cube(panel, cutoff), outside_share)


def untruncated(sold: Cube, outside_share: float | None = 1.0, rounds: int = ROUNDS) -> Primary:
    """`untruncate` of a cube."""
    if outside_share is not None:
        return _fit(sold, outside_share, rounds)
    tried = [_fit(sold, share, rounds // 3) for share in OUTSIDE_SHARES]
    best = max(tried, key=lambda one: one.log_likelihood)
    return _fit(sold, best.outside_share, rounds)


def _fit(sold: Cube, outside_share: float, rounds: int) -> Primary:
    known = slice(0, sold.known)
    units, available = (matrix[:, known].astype(np.float64) for matrix in (sold.units, sold.exposure))
    listed = sold.is_listed[:, known] > 0
    stores = _Groups(sold.store, listed.shape[1])
    factors = _factors(sold)
    rate = np.where(listed, _first_rate(units, available, sold.sku), 0.0)
    shape, total = SHAPES[-1], 0.0
    exposure = available
    for nth in range(rounds):
        exposure = available * _inflow(rate, available, stores, outside_share)
        if nth % 5 == 4:
            shape = _likeliest_shape(units, exposure, rate)
        rate = _m_step(units, exposure, rate, shape, factors, sold.sku)
        before, total = total, float(rate.sum())
        if nth > 10 and abs(total - before) < TOLERANCE * total:
            break
    inflow = _inflow(rate, available, stores, outside_share)
    exposure = available * inflow
    posterior = (shape + units) / (shape / np.maximum(rate, _LEAST) + exposure)
    demand = np.where(listed, units / inflow + (1 - available) * posterior, 0.0)
    likelihood = _log_likelihood(units, exposure, rate, shape)
    is_counted = bool(sold.counted[:, known].any())
    return Primary(sold, demand, rate, shape, outside_share, likelihood, is_counted)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Sums over the pairs of a store, week by week."""

    store: Codes
    weeks: int

    def sums(self, matrix: Doubles) -> Doubles:
        """(pairs, weeks): each pair has the sum over its store."""
        totals = np.zeros((int(self.store.max()) + 1, self.weeks))
        np.add.at(totals, self.store, matrix)
        return np.asarray(totals[self.store])


def _inflow(rate: Doubles, available: Doubles, stores: _Groups, outside_share: float) -> Doubles:
    """κ: how much more is sold of what is there, because other SKUs are not."""
    if outside_share >= 1:
        return np.ones_like(rate)
    everything = stores.sums(rate)
    nothing = everything * outside_share / (1 - outside_share)
    there = stores.sums(rate * available)
    return np.asarray((nothing + everything) / np.maximum(nothing + there, _LEAST))


def _first_rate(units: Doubles, available: Doubles, sku: Codes) -> Doubles:
    """A pair's own sales per week on the shelf, drawn to its SKU's."""
    return _shrunk(units.sum(axis=1), available.sum(axis=1), sku)[:, None] * np.ones_like(units)


def _shrunk(sold: Doubles, expected: Doubles, sku: Codes) -> Doubles:
    """The ratio sold / expected of each pair, drawn to its SKU's ratio by PRIOR_WEEKS."""
    per_sku = np.bincount(sku, sold) / np.maximum(np.bincount(sku, expected), _LEAST)
    return np.asarray((sold + PRIOR_WEEKS * per_sku[sku]) / (expected + PRIOR_WEEKS))


def _factors(sold: Cube) -> tuple[NDArray[np.int64], ...]:
    """Codes (pairs, weeks) of what explains the rate beside the pair: the week, and the promotion and discount."""
    known = slice(0, sold.known)
    week = np.broadcast_to(np.arange(sold.known), (len(sold.pairs), sold.known))
    with np.errstate(invalid="ignore", divide="ignore"):
        off = 1 - sold.price[:, known] / sold.list_price[:, known]
    discount = np.digitize(np.nan_to_num(off), (0.05, 0.15, 0.25, 0.4))
    promotion = (sold.display[:, known] > 0.5) * 2 + (sold.mailer[:, known] > 0.5)
    return np.ascontiguousarray(week), (discount * 4 + promotion).astype(np.int64)


def _m_step(
    units: Doubles, exposure: Doubles, rate: Doubles, shape: float, factors: tuple[NDArray[np.int64], ...], sku: Codes
) -> Doubles:
    """One round of multiplicative updates: pairs, drawn to their SKU, then every factor."""
    seen, weight = _weighted(units, exposure, rate, shape)
    mean = rate.sum(axis=1) / np.maximum((rate > 0).sum(axis=1), 1)
    expected = (weight * exposure * rate).sum(axis=1) / np.maximum(mean, _LEAST)
    level = _shrunk(seen.sum(axis=1), expected, sku)
    rate = rate * (level / np.maximum(mean, _LEAST))[:, None]
    for codes in factors:
        seen, weight = _weighted(units, exposure, rate, shape)
        up = np.bincount(codes.ravel(), seen.ravel())
        down = np.bincount(codes.ravel(), (weight * exposure * rate).ravel())
        rate = rate * np.where(down > _LEAST, np.maximum(up, _LEAST) / np.maximum(down, _LEAST), 1.0)[codes]
    return rate


def _weighted(units: Doubles, exposure: Doubles, rate: Doubles, shape: float) -> tuple[Doubles, Doubles]:
    weight = 1 / (1 + exposure * rate / shape)
    return weight * units, weight


def _likeliest_shape(units: Doubles, exposure: Doubles, rate: Doubles) -> float:
    return max(SHAPES, key=lambda shape: _log_likelihood(units, exposure, rate, shape))


def _log_likelihood(units: Doubles, exposure: Doubles, rate: Doubles, shape: float) -> float:
    """Of the negative binomial, less what depends on the units alone."""
    watched = (exposure > 0) & (rate > 0)
    sold, scale, watch = units[watched], shape / rate[watched], exposure[watched]
    terms = gammaln(shape + sold) - gammaln(shape) + shape * np.log(scale) - (shape + sold) * np.log(scale + watch)
    return float((terms + sold * np.log(watch)).sum())
