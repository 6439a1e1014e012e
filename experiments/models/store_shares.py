"""Shares of brands by store and week: a logit with store effects that are shrunk, and what each store did before.

Utility of a brand: its intercept; price, discount, deal and feature, each with a part of its own for every brand; how
widely the chain promotes it this week; the discounts and features of its rivals; store demographics by brand and by
price; and what the same model left unexplained before, in this store and in the chain. Parts that are many (brand by
demographics, brand by rival) are drawn hard towards 0: a ridge is a normal prior, and a store's own effect is the
shrunk mean of its earlier residuals. A second fit weighs those residuals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.models.conditional_logit import ChoiceRows, ConditionalLogit, fit, rows_of
from features.errors import DataError
from training.assortments.choice.panel import Codes, Flags, Floats

DISCOUNT_WEEKS = 8
"""Discount is against the dearest price of so many earlier weeks of the store."""
STORE_HALF_LIVES_WEEKS = (1.0, 3.0, 8.0, 15.0, 40.0, 1e6)
STORE_STRENGTH = 3.0
CHAIN_HALF_LIVES_WEEKS = (1.0, 3.0, 8.0, 30.0)
CHAIN_STRENGTH = 1.0
"""Weeks that the prior, no effect, counts as."""
FREE, LIGHT, FIRM, HARD = 1e-3, 1.0, 10.0, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class StoreWeeks:
    """R store-weeks of n brands, all of them always there.

    share         (R, n) of the category's units, above 0, adding up to 1
    log_price     (R, n)
    deal, feature (R, n) 0 to 1
    demographics  (R, Z) of the store, standardised
    store, week   (R,)
    """

    share: Floats
    log_price: Floats
    deal: Floats
    feature: Floats
    demographics: Floats
    store: Codes
    week: Codes


@dataclass(frozen=True, slots=True, eq=False)
class ShareModel:
    """What was fitted: first without, then with the residuals of earlier weeks; and its mean nats a store-week.

    nats             (held-out store-weeks,)
    log_probability  (R, n) of the second fit, of every store-week
    memory           (R, n, half-lives) residuals of earlier weeks, as the second fit sees them
    """

    first: ConditionalLogit
    second: ConditionalLogit
    nats: Floats
    log_probability: Floats
    memory: Floats


def plain_nats(data: StoreWeeks, held_out: Flags) -> Floats:
    """(held-out store-weeks,) of a logit of log price, deal and feature with an intercept a brand."""
    traits = np.stack([data.log_price, data.deal, data.feature], axis=2)
    model = fit(_rows(traits, data, ~held_out), data.share.shape[1], np.full(3, FREE), FREE)
    return model.nats(_rows(traits, data, held_out))


def popularity_nats(data: StoreWeeks, held_out: Flags) -> Floats:
    """(held-out store-weeks,) of the mean shares of earlier weeks."""
    nats: Floats = -(data.share[held_out] * np.log(data.share[~held_out].mean(axis=0))).sum(axis=1)
    return nats


def floor_nats(data: StoreWeeks, held_out: Flags) -> Floats:
    """(held-out store-weeks,) entropy of the shares: what knowing them would cost."""
    nats: Floats = -(data.share[held_out] * np.log(data.share[held_out])).sum(axis=1)
    return nats


def share_model(data: StoreWeeks, held_out: Flags, burn_in: Flags) -> ShareModel:
    """Fit on weeks that are neither held out nor burn-in, judge on those held out.

    A held-out week is foretold from its prices and promotions and from what was sold in weeks before it.
    """
    _check(data, held_out)
    traits, ridge = _traits(data)
    learned = ~held_out & ~burn_in
    brands = data.share.shape[1]
    first = fit(_rows(traits, data, learned), brands, ridge, FREE)
    everything = np.ones(len(data.week), dtype=np.bool_)
    left = np.log(data.share) - first.log_probability(_rows(traits, data, everything)).reshape(data.share.shape)
    echoes = residual_memory(left, data.store, data.week)
    traits = np.concatenate([traits, echoes.astype(np.float32)], axis=2)
    ridge = np.r_[ridge, np.full(echoes.shape[2], LIGHT)]
    second = fit(_rows(traits, data, learned), brands, ridge, FREE)
    foretold = second.log_probability(_rows(traits, data, everything)).reshape(data.share.shape)
    return ShareModel(first, second, second.nats(_rows(traits, data, held_out)), foretold, echoes)


def residual_memory(left: Floats, store: Codes, week: Codes) -> Floats:
    """(R, n, half-lives) faded, shrunk means of earlier residuals (R, n): of the store, then of the chain."""
    of_store = [np.zeros(left.shape) for _ in STORE_HALF_LIVES_WEEKS]
    for rows in by_store(store, week):
        for into, half in zip(of_store, STORE_HALF_LIVES_WEEKS, strict=True):
            into[rows] = _faded(left[rows], week[rows], half, STORE_STRENGTH)
    weeks, codes = np.unique(week, return_inverse=True)
    chain = np.stack([left[codes == each].mean(axis=0) for each in range(len(weeks))])
    of_chain = [_faded(chain, weeks, half, CHAIN_STRENGTH)[codes] for half in CHAIN_HALF_LIVES_WEEKS]
    return np.stack([*of_store, *of_chain], axis=2)


def _faded(values: Floats, week: Codes, half_life: float, strength: float) -> Floats:
    """(T, n) weighted means of the rows before each, `strength` rows of 0 among them; rows by ascending week."""
    found, total, weight = np.zeros(values.shape), np.zeros(values.shape[1]), 0.0
    for row in range(len(values)):
        factor = 0.5 ** ((week[row] - week[row - 1]) / half_life) if row else 1.0
        total, weight = total * factor, weight * factor
        found[row] = total / (strength + weight)
        total, weight = total + values[row], weight + 1.0
    return found


def by_store(store: Codes, week: Codes) -> list[Codes]:
    """Rows of each store by week."""
    order = np.lexsort((week, store))
    return np.split(order, np.flatnonzero(np.diff(store[order])) + 1)


def _traits(data: StoreWeeks) -> tuple[NDArray[np.float32], Floats]:
    """(R, n, F) traits and the ridge of each."""
    rows, brands = data.share.shape
    own = np.eye(brands)
    discount, before = history(data)
    wide = [chain_mean(values, data.week) for values in (data.feature, data.deal, discount)]
    singles = {
        FREE: [data.log_price, data.deal, data.feature],
        LIGHT: [
            discount,
            discount**2,
            data.log_price**2,
            *before,
            data.feature * discount,
            data.deal * discount,
            data.deal * data.feature,
            data.deal * data.deal.sum(axis=1, keepdims=True),
            data.feature * data.feature.sum(axis=1, keepdims=True),
            *wide,
            wide[2] ** 2,
            wide[0] * wide[2],
        ],
    }
    blocks = [(np.stack(values, axis=2), ridge) for ridge, values in singles.items()]
    blocks += [(v[:, :, None] * own, FIRM) for v in (data.log_price, data.deal, data.feature, discount)]
    people = data.demographics[:, None, :]
    blocks.append(((people[:, :, None, :] * own[None, :, :, None]).reshape(rows, brands, -1), HARD))
    blocks += [(v[:, :, None] * people, HARD) for v in (data.log_price, discount, data.deal, data.feature)]
    for rival in (discount, data.feature):
        blocks.append(((rival[:, None, None, :] * own[None, :, :, None]).reshape(rows, brands, -1), HARD))
    ridge = np.concatenate([np.full(block.shape[2], strength) for block, strength in blocks])
    return np.concatenate([block.astype(np.float32) for block, _ in blocks], axis=2), ridge


def history(data: StoreWeeks) -> tuple[Floats, list[Floats]]:
    """Discount against the dearest earlier price, and what the week before had: price change, deal, feature."""
    discount = np.zeros(data.share.shape)
    change, deal, feature = (np.zeros(data.share.shape) for _ in range(3))
    for rows in by_store(data.store, data.week):
        price = data.log_price[rows]
        for nth in range(1, len(rows)):
            discount[rows[nth]] = price[nth] - price[max(0, nth - DISCOUNT_WEEKS) : nth].max(axis=0)
        change[rows[1:]] = price[:-1] - price[1:]
        deal[rows[1:]], feature[rows[1:]] = data.deal[rows[:-1]], data.feature[rows[:-1]]
    return discount, [change, deal, feature]


def chain_mean(values: Floats, week: Codes) -> Floats:
    """(R, n) mean over all stores of the same week: how widely something is planned."""
    codes = np.unique(week, return_inverse=True)[1]
    means = np.stack([values[codes == each].mean(axis=0) for each in range(int(codes.max()) + 1)])
    return np.asarray(means[codes], dtype=np.float64)


def _rows(traits: NDArray[np.floating], data: StoreWeeks, which: Flags) -> ChoiceRows:
    return rows_of(traits[which], np.ones((int(which.sum()), data.share.shape[1]), dtype=np.bool_), data.share[which])


def _check(data: StoreWeeks, held_out: Flags) -> None:
    if not held_out.any() or held_out.all() or not (data.share > 0).all():
        raise DataError(
            f"shares: {int(held_out.sum())} of {len(held_out)} store-weeks are held out, and "
            f"{int((data.share <= 0).sum())} shares are not above 0. Next: hold out some weeks, and leave "
            "out brands that a store does not sell."
        )
