"""The causal stage: how demand answers to price, by double machine learning.

A price that follows demand (dearer in rich stores, cheaper in slow weeks) makes a plain regression answer the wrong
question. Here LightGBM foretells both log units and log price from what a price setter could know; what neither
foretold is left, and its regression is the response (Chernozhukov et al. 2018, the partially linear model, score 4.4).
Where an instrument is given (a cost), it takes the place of the price residual (the same, score 4.8).

With log units and log price measured against their mean over the alternatives of the same shelf, the response is the
logit's coefficient of log price itself (Berry 1994): it can be frozen in a utility.
"""

from dataclasses import dataclass

import lightgbm
import numpy as np

from features.errors import DataError
from training.assortments.choice.panel import Codes, Floats

FOLDS = 5
TREES = 300
WIDE = 1.959964
"""Half the width of a 95 % interval in standard errors."""
LEAST_ROWS = 50
_TRUSTED = 0.01
"""Least share of the log price's variance that has to be left after foretelling, to learn anything from."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceData:
    """R observations of a SKU on a shelf in a week.

    log_units    (R,) natural logarithm of what was sold
    log_price    (R,) natural logarithm of what a unit cost
    confounders  (R, C) what may move both, known to whoever set the price; NaN where not known
    sku          (R,) index of the SKU
    cluster      (R,) rows of one cluster share their shocks: they stay in one fold, and errors are robust to it
    instrument   (R,) what moves the price and not the demand, such as log cost; None without one
    """

    log_units: Floats
    log_price: Floats
    confounders: Floats
    sku: Codes
    cluster: Codes
    instrument: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PriceResponse:
    """d log units / d log price with everything else held: below 0 where demand is normal.

    elasticity   of all SKUs together, and its standard error
    by_sku       (n,) partially pooled: each SKU's own estimate drawn towards `elasticity` by as much as it is unsure
    errors       (n,) their standard errors
    own          (n,) estimates before pooling, NaN where a SKU's rows say nothing
    spread       standard deviation of true responses over SKUs
    price_left   share of the variance of log price that confounders do not foretell
    """

    elasticity: float
    error: float
    by_sku: Floats
    errors: Floats
    own: Floats
    spread: float
    price_left: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, for all SKUs together."""
        return self.elasticity - WIDE * self.error, self.elasticity + WIDE * self.error

    def frozen_utility(self, log_price: Floats) -> Floats:
        """(N, n) the part of utility that price has, −β log price with β ≥ 0, to freeze in a choice model."""
        return np.minimum(self.by_sku, 0.0) * log_price


def price_response(data: PriceData, seed: int, folds: int = FOLDS) -> PriceResponse:
    """Cross-fitted response to price.

    Raises DataError where prices hardly move, or there is too little to learn from.
    """
    _check(data, folds)
    fold = _folds(data.cluster, folds, seed)
    units = data.log_units - _foretold(data.confounders, data.log_units, fold, seed)
    price = data.log_price - _foretold(data.confounders, data.log_price, fold, seed)
    left = float(price.var() / data.log_price.var())
    if left < _TRUSTED:
        raise DataError(
            f"prices: {1 - left:.1%} of the variance of log price is foretold by the confounders; no response can be "
            "learned from what is left. Next: bring weeks in which prices moved for other reasons."
        )
    source = price
    if data.instrument is not None:
        source = data.instrument - _foretold(data.confounders, data.instrument, fold, seed)
    together, error = _slope(units, price, source, data.cluster)
    own, own_error = _own_slopes(data, units, price, source)
    by_sku, errors, spread = shrunk(own, own_error, together, error)
    return PriceResponse(together, error, by_sku, errors, own, spread, left)


def ordinary(data: PriceData) -> tuple[float, float]:
    """What a plain regression of log units on log price within SKUs says, and its clustered standard error."""
    units, price = (_demeaned(values, data.sku) for values in (data.log_units, data.log_price))
    return _slope(units, price, price, data.cluster)


def _demeaned(values: Floats, group: Codes) -> Floats:
    means = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return np.asarray(values - means[group], dtype=np.float64)


def against_shelf(values: Floats, shelf: Codes) -> Floats:
    """(R,) values minus their mean over the rows of the same shelf and week (Berry 1994)."""
    return _demeaned(values, shelf)


def _folds(cluster: Codes, folds: int, seed: int) -> Codes:
    """(R,) fold of each row; a cluster stays together."""
    names, codes = np.unique(cluster, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % folds)[codes], dtype=np.int64)


def _foretold(confounders: Floats, target: Floats, fold: Codes, seed: int) -> Floats:
    """(R,) predictions by models that have not seen the row's fold: a line, and trees for what it leaves.

    Trees alone shrink a straight slope, and what they leave of it would be taken for a response to price.
    """
    found = np.empty(len(target))
    settings = {
        "objective": "regression",
        "learning_rate": 0.1,
        "num_leaves": 4,
        "min_data_in_leaf": 10,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbose": -1,
    }
    known = np.where(np.isnan(confounders), np.nanmean(confounders, axis=0), confounders)
    straight = np.column_stack([np.ones(len(target)), known])
    for each in np.unique(fold):
        inside = fold == each
        line = np.linalg.lstsq(straight[~inside], target[~inside], rcond=None)[0]
        rows = lightgbm.Dataset(confounders[~inside], label=target[~inside] - straight[~inside] @ line)
        trees = lightgbm.train(settings, rows, TREES).predict(confounders[inside], num_threads=1)
        found[inside] = straight[inside] @ line + np.asarray(trees, dtype=np.float64)
    return found


def _slope(units: Floats, price: Floats, source: Floats, cluster: Codes) -> tuple[float, float]:
    """Σ z u / Σ z d and its standard error, robust to clusters."""
    weight = float(source @ price)
    slope = float(source @ units) / weight
    codes = np.unique(cluster, return_inverse=True)[1]
    moments = np.bincount(codes, source * (units - slope * price))
    clusters = len(moments)
    return slope, float(np.sqrt((moments**2).sum() * clusters / max(clusters - 1, 1)) / abs(weight))


def _own_slopes(data: PriceData, units: Floats, price: Floats, source: Floats) -> tuple[Floats, Floats]:
    """(n,) slopes and errors from each SKU's rows; NaN and infinite where they say nothing."""
    count = int(data.sku.max()) + 1
    own, errors = np.full(count, np.nan), np.full(count, np.inf)
    for sku in range(count):
        rows = data.sku == sku
        if len(np.unique(data.cluster[rows])) >= FOLDS and abs(float(source[rows] @ price[rows])) > 1e-9:
            own[sku], errors[sku] = _slope(units[rows], price[rows], source[rows], data.cluster[rows])
    return own, errors


def shrunk(own: Floats, errors: Floats, together: float, error: float) -> tuple[Floats, Floats, float]:
    """Estimates drawn towards the common one, their errors, and the spread of truths.

    Empirical Bayes with normal estimates around normal truths; the spread by moments (DerSimonian & Laird 1986).
    An estimate that is missing becomes the common one.
    """
    told = np.isfinite(own) & np.isfinite(errors) & (errors > 0)
    weight = np.where(told, 1 / np.where(told, errors, 1.0) ** 2, 0.0)
    total = float(weight.sum())
    variance = 0.0
    if told.sum() > 1:
        middle = float(weight[told] @ own[told]) / total
        excess = float(weight[told] @ (own[told] - middle) ** 2) - (told.sum() - 1)
        variance = max(0.0, excess / (total - float((weight**2).sum()) / total))
    share = np.where(told, variance / (variance + 1 / np.where(told, weight, 1.0)), 0.0)
    pooled = share * np.where(told, own, together) + (1 - share) * together
    pooled_error = np.sqrt(share**2 / np.where(told, weight, 1.0) + (1 - share) ** 2 * (variance + error**2))
    return pooled, pooled_error, float(np.sqrt(variance))


def _check(data: PriceData, folds: int) -> None:
    clusters = len(np.unique(data.cluster))
    if len(data.log_units) < LEAST_ROWS or clusters < folds:
        raise DataError(
            f"prices: {len(data.log_units)} rows in {clusters} clusters; a price response needs {LEAST_ROWS} rows in "
            f"{folds} clusters at least. Next: bring more weeks or stores."
        )
    if not data.log_price.var() > 0:
        raise DataError("prices: every price is the same. Next: bring weeks in which prices moved.")
    for name, values in (("log_units", data.log_units), ("log_price", data.log_price)):
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise DataError(
                f"prices: {bad} of {len(values)} {name} are no numbers. Next: leave out what sold 0 or cost 0."
            )
