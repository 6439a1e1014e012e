"""Shares of brands by store and week: what a logit leaves unexplained, learned by boosted trees.

Trees add to the logit's utilities; gradient and curvature are those of a store-week's multinomial likelihood, the
curvature without its terms between brands (Friedman 2001, "Greedy function approximation"). They find what a linear
utility cannot say: the cheapest of the shelf, a deal soon after the last one, a price far from the chain's. Recent
weeks weigh more, and utilities are means over fits that draw other rows and columns.
"""

from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np

from experiments.models.store_shares import ShareModel, StoreWeeks, by_store, chain_mean, history
from training.assortments.choice.panel import Flags, Floats

FITS = 3
TREES = 300
HALF_LIFE_WEEKS = 52.0
NEVER_WEEKS = 20.0
"""Longer ago says nothing more; also where a brand was never cut."""
CUT = -0.05
"""Log price against the dearest of earlier weeks from which a price counts as cut."""
PARAMS: dict[str, Any] = {
    "num_leaves": 15,
    "learning_rate": 0.05,
    "lambda_l2": 20.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "min_data_in_leaf": 200,
    "min_sum_hessian_in_leaf": 2.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_LEAST_CURVATURE = 1e-4


def boosted_nats(data: StoreWeeks, logit: ShareModel, held_out: Flags, burn_in: Flags, seed: int = 0) -> Floats:
    """(held-out store-weeks,) of the logit with trees on top, fitted on weeks that are neither held out nor burn-in.

    logit  fitted on the same weeks; a held-out week is foretold as there
    """
    learned, brands = ~held_out & ~burn_in, data.share.shape[1]
    columns = _columns(data, logit)
    rows, judged = (columns[which].reshape(-1, columns.shape[2]) for which in (learned, held_out))
    age = data.week[learned].max() - data.week[learned]
    objective = _multinomial(data.share[learned], 0.5 ** (age / HALF_LIFE_WEEKS))
    added = np.zeros(len(judged))
    for nth in range(FITS):
        shelf = lgb.Dataset(
            rows,
            label=data.share[learned].ravel(),
            init_score=logit.log_probability[learned].ravel(),
            categorical_feature=[columns.shape[2] - 1],
        )
        model = lgb.train(PARAMS | {"objective": objective, "seed": seed + nth}, shelf, TREES)
        added += np.asarray(model.predict(judged, raw_score=True)) / FITS
    utility = logit.log_probability[held_out] + added.reshape(-1, brands)
    return np.asarray(-(data.share[held_out] * np.log(_softmax(utility))).sum(axis=1))


def _multinomial(share: Floats, weight: Floats) -> Callable[[Floats, lgb.Dataset], tuple[Floats, Floats]]:
    """LightGBM's objective: rows are brands of store-weeks, in order; weight (store-weeks,)."""
    brands = share.shape[1]

    def objective(utility: Floats, _shelf: lgb.Dataset) -> tuple[Floats, Floats]:
        chance = _softmax(utility.reshape(-1, brands))
        curvature = np.maximum(chance * (1 - chance), _LEAST_CURVATURE)
        return ((chance - share) * weight[:, None]).ravel(), (curvature * weight[:, None]).ravel()

    return objective


def _columns(data: StoreWeeks, logit: ShareModel) -> Floats:
    """(R, n, F): the logit's utility and memory, the brand against its shelf, chain and past; last, which brand."""
    brands, price = data.share.shape[1], data.log_price
    discount, before = history(data)
    left = np.log(data.share) - logit.log_probability
    people = [np.repeat(column[:, None], brands, axis=1) for column in data.demographics.T]
    columns = [
        logit.log_probability,
        price,
        price - price.mean(axis=1, keepdims=True),
        price - chain_mean(price, data.week),
        discount,
        data.deal,
        data.feature,
        _of_rivals(price, lambda rivals: rivals.min(axis=1)),
        _of_rivals(price, lambda rivals: np.sort(rivals, axis=1)[:, min(1, brands - 2)]),
        _of_rivals(discount, lambda rivals: rivals.min(axis=1)),
        _of_rivals(data.feature, lambda rivals: rivals.sum(axis=1)),
        _of_rivals(data.deal, lambda rivals: rivals.sum(axis=1)),
        _rank(price),
        _rank(discount),
        *before,
        *(chain_mean(values, data.week) for values in (data.feature, data.deal, discount)),
        *np.moveaxis(logit.memory, 2, 0),
        *(_lagged(data, left, weeks) for weeks in (1, 2)),
        *(_lagged(data, discount, weeks) for weeks in (1, 2)),
        _lagged(data, np.log(data.share), 1),
        _since_cut(data, discount),
        *people,
        np.tile(np.arange(brands, dtype=np.float64), (len(price), 1)),
    ]
    return np.stack(columns, axis=2)


def _of_rivals(values: Floats, over: Callable[[Floats], Floats]) -> Floats:
    """(R, n) of all brands but the one."""
    return np.stack([over(np.delete(values, brand, axis=1)) for brand in range(values.shape[1])], axis=1)


def _rank(values: Floats) -> Floats:
    return np.argsort(np.argsort(values, axis=1, kind="stable"), axis=1, kind="stable").astype(np.float64)


def _lagged(data: StoreWeeks, values: Floats, weeks: int) -> Floats:
    """(R, n) of so many of the store's weeks before; 0 in its first."""
    found = np.zeros_like(values)
    for rows in by_store(data.store, data.week):
        found[rows[weeks:]] = values[rows[:-weeks]]
    return found


def _since_cut(data: StoreWeeks, discount: Floats) -> Floats:
    """(R, n) of the store's weeks since the brand was on a deal or its price was cut, this week not counted."""
    found = np.zeros_like(discount)
    for rows in by_store(data.store, data.week):
        weeks = np.full(discount.shape[1], NEVER_WEEKS)
        for row in rows:
            found[row] = weeks
            is_cut = (data.deal[row] > 0.5) | (discount[row] < CUT)
            weeks = np.where(is_cut, 0.0, np.minimum(weeks + 1, NEVER_WEEKS))
    return found


def _softmax(utility: Floats) -> Floats:
    raised = np.exp(utility - utility.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
