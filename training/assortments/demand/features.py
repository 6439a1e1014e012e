"""What a forecast looks at: a pair's past as of an origin, and what the plan says of the week that is forecast.

An origin `o` is a column of the cube: the first week that may not be seen. A forecast `h` weeks ahead is of week o + h
− 1. Rates are units per week on the shelf. Most features are relative to the base, a smoothed rate of the pair, so that
one model serves small stores and large ones. What all pairs of a week share, such as the category's own rate, is left
out: a history has fifty such values, and trees would remember the weeks that had them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.assortments.demand.cube import Codes, Cube

Doubles = NDArray[np.float64]
Features = NDArray[np.float32]

WINDOWS = (1, 2, 4, 8, 13, 26, 52)
YEAR_WEEKS = 52
KEEP = 0.9
"""A week's weight in the base, relative to the week after it."""
PRIOR_WEEKS = 2.0
"""How many weeks of its own a pair needs to count as much as what its SKU and store suggest."""
SKU_PRIOR_WEEKS = 1.0
"""How many store-weeks on the shelf a SKU needs to count as much as what its category suggests."""
LEAST_RATE = 1e-3
LONG_LISTED = 13
"""Weeks after which a pair is no longer new. Where all pairs begin together, more would tell one week from another."""

PAST = (
    "log_base",
    "log_prior",
    *(f"rate_{window}" for window in WINDOWS),
    "weeks_since_sale",
    "weeks_listed",
    "spread_13",
    "shelf_share_4",
    "sku_rate_4",
    "sku_rate_1",
    "sku_weeks_since_sale",
    "sku_share_of_stores_4",
    "store_rate_4",
    "discount_last",
    "price_trend",
    "price_rank",
)
AHEAD = ("horizon", "year_ago", "sku_year_ago", "category_year_ago")
PROMOTED = ("display", "mailer", "store_display", "store_mailer")
EVENTS = ("is_event", "event_lift")
PRICED = ("discount", "price_change")


@dataclass(frozen=True, slots=True)
class Past:
    """A cube with running sums, from which features of any origin are read.

    sold, watched, listed    (pairs, weeks + 1): units, weeks on the shelf and weeks listed before each week
    faded_sold, faded_watched  the same, older weeks weighing less
    """

    cube: Cube
    sold: Doubles
    watched: Doubles
    listed: Doubles
    faded_sold: Doubles
    faded_watched: Doubles

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns; plans and prices are looked at only where they are known ahead."""
        promoted = PROMOTED if self.cube.has_promotions else ()
        priced = PRICED if has_price_plan(self.cube) else ()
        return PAST + AHEAD + promoted + (EVENTS if self.cube.has_plan else ()) + priced


def past(cube: Cube) -> Past:
    """Running sums over the known weeks but the first of each pair.

    Where nobody keeps listings a pair begins with a sale: counting that week would make every rate too high, while what
    comes after it is like any other week. With listings the first week is left out as well, which biases nothing.
    """
    units, watch, listed = (matrix[:, : cube.known].copy() for matrix in (cube.units, cube.exposure, cube.is_listed))
    pairs = np.arange(len(units))
    began = first_weeks(cube)
    units[pairs, began], watch[pairs, began], listed[pairs, began] = 0, 0, 0
    sold, watched, on_list = (_running(matrix, 1.0) for matrix in (units, watch, listed))
    return Past(cube, sold, watched, on_list, _running(units, KEEP), _running(watch, KEEP))


def first_weeks(cube: Cube) -> NDArray[np.int64]:
    """The column in which each pair was first listed; 0 for one that is listed in a plan only."""
    return np.asarray(np.argmax(cube.is_listed[:, : cube.known] > 0, axis=1), dtype=np.int64)


def _running(matrix: Features, keep: float) -> Doubles:
    sums = np.zeros((matrix.shape[0], matrix.shape[1] + 1))
    for week in range(matrix.shape[1]):
        sums[:, week + 1] = keep * sums[:, week] + matrix[:, week]
    return sums


def has_price_plan(cube: Cube) -> bool:
    """Whether prices of the weeks to come are known, promotions among them."""
    return cube.has_promotions and bool(np.isfinite(cube.price[:, cube.known :]).any())


@dataclass(frozen=True, slots=True)
class AsOf:
    """What is known at an origin: `base` (units per week) and the columns PAST, a row per pair."""

    origin: int
    base: Doubles
    columns: Features


def as_of(history: Past, origin: int) -> AsOf:
    """The past of every pair at an origin of at least one week."""
    cube = history.cube
    sold, watched = ({w: _window(sums, origin, w) for w in WINDOWS} for sums in (history.sold, history.watched))
    per_sku = {w: _ratio(_by(cube.sku, sold[w]), _by(cube.sku, watched[w])) for w in (1, 4, 13)}
    usual = _usual(cube.sku, sold[13], watched[13])
    expected = usual * watched[13]
    store_level = (_by(cube.store, sold[13]) + 1) / (_by(cube.store, expected) + 1)
    prior = np.maximum(usual * store_level, LEAST_RATE)
    base = history.faded_sold[:, origin] + PRIOR_WEEKS * prior
    base = np.maximum(base / (history.faded_watched[:, origin] + PRIOR_WEEKS), LEAST_RATE)
    seen = cube.units[:, :origin] > 0
    recent = cube.units[:, max(origin - 13, 0) : origin].astype(np.float64)
    columns = [
        np.log(base),
        np.log(prior),
        *(_ratio(sold[w], watched[w]) / base for w in WINDOWS),
        _weeks_since(seen, origin),
        np.minimum(_weeks_on_list(cube, origin), LONG_LISTED),
        recent.std(axis=1) / np.sqrt(base),
        watched[4] / 4,
        *(per_sku[w] / np.maximum(usual, LEAST_RATE) for w in (4, 1)),
        _by_largest(cube.sku, seen, origin),
        _by(cube.sku, (sold[4] > 0).astype(np.float64)) / _by(cube.sku, np.ones(len(base), dtype=np.float64)),
        _relative(_by(cube.store, sold[4]), _by(cube.store, usual * watched[4])),
        *_prices(cube, origin),
    ]
    return AsOf(origin, base, np.column_stack(columns).astype(np.float32))


def _usual(sku: Codes, sold: Doubles, watched: Doubles) -> Doubles:
    """The SKU's units per week on the shelf over all stores, drawn to the category's by SKU_PRIOR_WEEKS.

    A SKU that was on no shelf has the category's rate; so has one that only just came (see `past`).
    """
    category = max(float(sold.sum()) / max(float(watched.sum()), 1.0), LEAST_RATE)
    return (_by(sku, sold) + SKU_PRIOR_WEEKS * category) / (_by(sku, watched) + SKU_PRIOR_WEEKS)


def rows(history: Past, known: AsOf, horizon: int, pairs: NDArray[np.int64]) -> Features:
    """The columns `history.names` of some pairs, `horizon` weeks ahead (1: the origin's own week)."""
    cube, week = history.cube, known.origin + horizon - 1
    ahead = [np.full(len(pairs), float(horizon)), *_year_ago(history, known, week, pairs)]
    if cube.has_promotions:
        ahead += [cube.display[pairs, week], cube.mailer[pairs, week]]
        ahead += [_mean_by(cube.store, matrix[:, week])[pairs] for matrix in (cube.display, cube.mailer)]
    if cube.has_plan:
        ahead += _events(history, known, week, pairs)
    if has_price_plan(cube):
        usual = _mean(cube.price[:, max(known.origin - 8, 0) : known.origin])
        ahead += [_log_ratio(cube.price[pairs, week], cube.list_price[pairs, week])]
        ahead += [_log_ratio(cube.price[pairs, week], usual[pairs])]
    return np.column_stack([known.columns[pairs], *ahead]).astype(np.float32)


def _window(sums: Doubles, origin: int, weeks: int) -> Doubles:
    return np.asarray(sums[:, origin] - sums[:, max(origin - weeks, 0)])


def _by(codes: Codes, values: Doubles) -> Doubles:
    """Each pair has the sum over its group."""
    return np.asarray(np.bincount(codes, values)[codes])


def _mean_by(codes: Codes, values: Features) -> Doubles:
    return np.asarray((np.bincount(codes, values) / np.maximum(np.bincount(codes), 1))[codes])


def _ratio(above: Doubles, below: Doubles) -> Doubles:
    """NaN where there is nothing to divide by."""
    return np.asarray(above / np.where(below > 0, below, np.nan))


def _relative(seen: Doubles, expected: Doubles) -> Doubles:
    """Above 1 where more was sold than usual; drawn to 1 where little was expected."""
    return np.asarray((np.nan_to_num(seen) + 1) / (np.nan_to_num(expected) + 1))


def _weeks_since(seen: NDArray[np.bool_], origin: int) -> Doubles:
    """Since the last sale; 99 without one."""
    last = origin - 1 - np.argmax(seen[:, ::-1], axis=1)
    return np.where(seen.any(axis=1), origin - last, 99).astype(np.float64)


def _by_largest(codes: Codes, seen: NDArray[np.bool_], origin: int) -> Doubles:
    """Weeks since any store sold the SKU."""
    any_store = np.zeros((int(codes.max()) + 1, origin), dtype=bool)
    np.logical_or.at(any_store, codes, seen)
    return np.asarray(_weeks_since(any_store, origin)[codes])


def _weeks_on_list(cube: Cube, origin: int) -> Doubles:
    return np.asarray((cube.is_listed[:, :origin] > 0).sum(axis=1), dtype=np.float64)


def _prices(cube: Cube, origin: int) -> list[Doubles]:
    """Logarithms: last week's discount, four weeks' price to thirteen's, list price to the category's."""
    last = origin - 1
    lists = cube.list_price[:, last]
    middle = np.nanmedian(lists) if np.isfinite(lists).any() else np.nan
    four, thirteen = (_mean(cube.price[:, max(origin - weeks, 0) : origin]) for weeks in (4, 13))
    return [
        _log_ratio(cube.price[:, last], lists),
        _log_ratio(four, thirteen),
        _log_ratio(lists, np.full_like(lists, middle)),
    ]


def _mean(matrix: Features) -> Doubles:
    """Over the weeks with a value; NaN without one."""
    known = np.isfinite(matrix)
    return _ratio(np.where(known, matrix, 0).sum(axis=1, dtype=np.float64), known.sum(axis=1).astype(np.float64))


def _log_ratio(above: Features | Doubles, below: Features | Doubles) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(above.astype(np.float64) / below)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _year_ago(history: Past, known: AsOf, week: int, pairs: NDArray[np.int64]) -> list[Doubles]:
    """Rate of the three weeks around the same one a year before, relative to the base.

    Of the SKU and category: to their own eight weeks before that year's origin. NaN with less than a year of history.
    """
    cube, middle = history.cube, week - YEAR_WEEKS
    first, after, origin = middle - 1, middle + 2, known.origin - YEAR_WEEKS
    if first < 0 or origin < 4:
        return [np.full(len(pairs), np.nan)] * 3
    after = min(after, cube.known)
    sold, watched = (sums[:, after] - sums[:, first] for sums in (history.sold, history.watched))
    before = [_window(sums, origin, 8) for sums in (history.sold, history.watched)]
    own = _ratio(sold, watched) / known.base
    sku = _ratio(_ratio(_by(cube.sku, sold), _by(cube.sku, watched)), _ratio(*(_by(cube.sku, one) for one in before)))
    whole = (sold.sum() / max(watched.sum(), 1)) / max(before[0].sum() / max(before[1].sum(), 1), LEAST_RATE)
    return [own[pairs], sku[pairs], np.full(len(pairs), whole)]


def _events(history: Past, known: AsOf, week: int, pairs: NDArray[np.int64]) -> list[Doubles]:
    """Whether there is an event, and how much more the category sold in earlier weeks of the same event."""
    cube = history.cube
    codes = cube.event[pairs, week]
    lifts = np.full(len(cube.events) + 1, np.nan)
    for code in np.unique(codes[codes >= 0]):
        past_weeks = np.flatnonzero((cube.event[:, 4 : known.origin] == code).any(axis=0)) + 4
        ratios = [_lift(history, int(nth)) for nth in past_weeks]
        lifts[code] = float(np.mean(ratios)) if ratios else np.nan
    return [(codes >= 0).astype(np.float64), lifts[codes]]


def _lift(history: Past, week: int) -> float:
    """Category sales per week on the shelf, against the four weeks before."""
    now = [float((sums[:, week + 1] - sums[:, week]).sum()) for sums in (history.sold, history.watched)]
    before = [float((sums[:, week] - sums[:, week - 4]).sum()) for sums in (history.sold, history.watched)]
    return (now[0] + 1) / (now[1] + 1) / ((before[0] + 1) / (before[1] + 1))
