"""The request-time feature vector: the one function that makes training rows and answers requests.

A row is one candidate SKU for one shopper. Its columns are every column of every grain of the facts
(as of the request, so that ages have grown since the cutoff), the scores of the candidate sources,
and the combinations below, which need more than one grain at a time.

"Here" is the channel of the request. Where it does not say, it is the customer's usual one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contracts.columns import STORE, WEB
from features.facts.facts import NEVER_DAYS, Codes, Columns, Facts, Floats, Grouped

DUE_CAP = 20.0
"""A SKU twenty intervals overdue is given up on; more says nothing more."""


FARTHEST_KM = 1_000.0
EARTH_RADIUS_KM = 6_371.0
UNKNOWN_KM = -1.0

ON_WEB = 1
IN_STORE = 0
UNKNOWN_CHANNEL = -1
CHANNELS = {WEB: ON_WEB, STORE: IN_STORE}
"""Codes of the channels of a request."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """For whom and where: codes (-1 = unknown) and how many days have passed since the cutoff.

    channel  ON_WEB or IN_STORE: where the customer shops right now
    """

    customer: int = -1
    store: int = -1
    elapsed_days: float = 0.0
    channel: int = UNKNOWN_CHANNEL


def usual_channel(facts: Facts, customer: int) -> int:
    """The channel that the customer is more likely to use; the store for nobody in particular."""
    if customer < 0:
        return IN_STORE
    return ON_WEB if facts.customer["web_propensity"][customer] >= 0.5 else IN_STORE


DERIVED_FROM = {
    "due": "rhythm",
    "due_shrunk": "rhythm",
    "overdue_days": "rhythm",
    "due_last": "rhythm",
    "basket_rate": "frequency",
    "basket_rate_28": "frequency",
    "basket_rate_91": "frequency",
    "decayed_share": "frequency",
    "trips_since": "rhythm",
    "subcategory_share": "affinity",
    "subcategory_share_28": "affinity",
    "sku_in_subcategory": "affinity",
    "subcategory_due": "affinity",
    "bought_instead": "affinity",
    "category_share": "affinity",
    "brand_share": "affinity",
    "brand_in_category": "affinity",
    "sku_trend_7": "popularity",
    "sku_trend_28": "popularity",
    "sku_trend_91": "popularity",
    "store_share_28": "store",
    "store_share_91": "store",
    "store_lift": "store",
    "price_now": "price",
    "discount_now": "price",
    "is_new": "frequency",
    "on_web": "channel",
    "propensity_here": "channel",
    "since_here_days": "channel",
    "sku_here": "channel",
    "only_elsewhere": "channel",
    "subcategory_here": "channel",
    "category_here": "channel",
    "sku_skew_here": "channel",
    "sku_share_here_28": "channel",
    "distance_km": "store",
    "at_home_store": "store",
}
"""Combinations, each with the family that it mostly speaks of."""

DERIVED = tuple(DERIVED_FROM)

SOURCE_PREFIX = "source."
"""Before the names of candidate sources' scores."""


def names(facts: Facts, sources: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the columns of `vector`, in order."""
    grains = (
        ("customer", facts.customer),
        ("store", facts.store),
        ("sku", facts.sku),
        ("customer_sku", facts.customer_sku.columns),
        ("customer_subcategory", facts.customer_subcategory.columns),
        ("customer_category", facts.customer_category.columns),
        ("customer_brand", facts.customer_brand.columns),
        ("store_sku", facts.store_sku.columns),
        ("store_category", facts.store_category.columns),
    )
    raw = tuple(f"{grain}.{name}" for grain, columns in grains for name in columns.names)
    return raw + tuple(f"{SOURCE_PREFIX}{name}" for name in sources) + DERIVED


def vector(facts: Facts, shopper: Shopper, skus: Codes, scores: Floats) -> Floats:
    """Features of the candidates of one shopper.

    skus    (n,) SKU codes
    scores  (n, sources) score of each candidate source, 0 where a source does not know the SKU
    returns (n, len(names(facts, sources))) float32, without NaN
    """
    n, elapsed = len(skus), shopper.elapsed_days
    customer = _row(facts.customer, shopper.customer, elapsed)
    store = _row(facts.store, shopper.store, elapsed)
    sku = facts.sku.values[skus]
    if elapsed:
        sku = _aged(sku, facts.sku, elapsed)
    pair = _lookup(facts.customer_sku, shopper.customer, skus, elapsed)
    subcategory = _lookup(facts.customer_subcategory, shopper.customer, facts.sku_subcategory[skus], elapsed)
    category = _lookup(facts.customer_category, shopper.customer, facts.sku_category[skus], elapsed)
    brand = _lookup(facts.customer_brand, shopper.customer, facts.sku_brand[skus], elapsed)
    shelf = _lookup(facts.store_sku, shopper.store, skus, elapsed)
    aisle = _lookup(facts.store_category, shopper.store, facts.sku_category[skus], elapsed)
    known = _Known(
        customer=_View(facts.customer, customer[None, :]),
        store=_View(facts.store, store[None, :]),
        sku=_View(facts.sku, sku),
        pair=_View(facts.customer_sku.columns, pair),
        subcategory=_View(facts.customer_subcategory.columns, subcategory),
        category=_View(facts.customer_category.columns, category),
        brand=_View(facts.customer_brand.columns, brand),
        shelf=_View(facts.store_sku.columns, shelf),
        most_decayed=_most_decayed(facts, shopper.customer),
        here=_here(facts, shopper),
    )
    parts = (
        np.broadcast_to(customer, (n, len(customer))),
        np.broadcast_to(store, (n, len(store))),
        sku,
        pair,
        subcategory,
        category,
        brand,
        shelf,
        aisle,
        scores,
        _derived(known),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _View:
    """Looked-up rows of one grain, by column name."""

    columns: Columns
    values: Floats

    def __getitem__(self, name: str) -> Floats:
        column: Floats = self.values[:, self.columns.names.index(name)]
        return column


@dataclass(frozen=True, slots=True)
class _Known:
    """What is looked up for one shopper's candidates; `most_decayed` is the customer's strongest habit.

    here  the channel and the place of the request
    """

    customer: _View
    store: _View
    sku: _View
    pair: _View
    subcategory: _View
    category: _View
    brand: _View
    shelf: _View
    most_decayed: float
    here: "_Here"


@dataclass(frozen=True, slots=True)
class _Here:
    """Where a shopper is.

    is_web       online, or in a store
    distance_km  from the home store to the store at hand, at most FARTHEST_KM; UNKNOWN_KM where one is not known
    is_home      whether the store at hand is the home store
    """

    is_web: bool
    distance_km: float
    is_home: bool


def _here(facts: Facts, shopper: Shopper) -> _Here:
    channel = usual_channel(facts, shopper.customer) if shopper.channel == UNKNOWN_CHANNEL else shopper.channel
    home = int(facts.home_store[shopper.customer]) if shopper.customer >= 0 else -1
    is_known = home >= 0 and shopper.store >= 0
    return _Here(
        is_web=channel == ON_WEB,
        distance_km=_distance_km(facts, home, shopper.store) if is_known else UNKNOWN_KM,
        is_home=is_known and home == shopper.store,
    )


def _distance_km(facts: Facts, one: int, other: int) -> float:
    """Along the surface of a sphere: haversine formula (Sinnott 1984); UNKNOWN_KM where a store has no coordinates."""
    lats, lons = facts.store_lat[[one, other]], facts.store_lon[[one, other]]
    if np.isnan(lats).any() or np.isnan(lons).any():
        return UNKNOWN_KM
    (lat, lat_other), (lon, lon_other) = np.radians(lats.astype(np.float64)), np.radians(lons.astype(np.float64))
    half = np.sin((lat_other - lat) / 2) ** 2
    half += np.cos(lat) * np.cos(lat_other) * np.sin((lon_other - lon) / 2) ** 2
    return min(float(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(min(half, 1.0)))), FARTHEST_KM)


def _derived(known: _Known) -> Floats:
    customer, store, sku, pair = known.customer, known.store, known.sku, known.pair
    subcategory, category, brand, shelf = known.subcategory, known.category, known.brand, known.shelf
    since, bought = pair["days_since"], pair["baskets"]
    own, everybody = pair["interval_days"], sku["sku_interval_days"]
    has_own = own < NEVER_DAYS
    expected = np.where(has_own, own, everybody)
    shrunk = np.where(has_own, (own * (bought - 1) + np.minimum(everybody, 364.0)) / np.maximum(bought, 1), everybody)
    known_share = np.minimum(pair["days_known"] / np.maximum(customer["days_known"], 1), 1)
    trips = np.maximum(customer["baskets"] * known_share, 1)
    sub_interval = subcategory["days_known"] / np.maximum(subcategory["baskets"], 1)
    columns = (
        _ratio(since, expected, DUE_CAP),
        _ratio(since, shrunk, DUE_CAP),
        np.clip(since - expected, -364, 364),
        _ratio(since, pair["last_interval_days"], DUE_CAP),
        bought / trips,
        pair["baskets_28"] / np.maximum(customer["baskets_28"], 1),
        pair["baskets_91"] / np.maximum(customer["baskets_91"], 1),
        pair["decayed"] / max(known.most_decayed, 1e-6),
        np.minimum((since - customer["days_since_basket"]) / np.clip(customer["basket_interval_days"], 0.5, 364), 364),
        subcategory["lines"] / np.maximum(customer["lines"], 1),
        subcategory["lines_28"] / np.maximum(customer["baskets_28"], 1),
        bought / np.maximum(subcategory["lines"], 1),
        _ratio(subcategory["days_since"], sub_interval, DUE_CAP),
        (subcategory["days_since"] < since) & (bought > 0),
        category["lines"] / np.maximum(customer["lines"], 1),
        brand["lines"] / np.maximum(customer["lines"], 1),
        np.minimum(brand["lines"] / np.maximum(category["lines"], 1), 10),
        _ratio(sku["sku_baskets_7"] * 4, sku["sku_baskets_28"], 10),
        _ratio(sku["sku_baskets_28"] * 3.25, sku["sku_baskets_91"], 10),
        _ratio(sku["sku_baskets_91"] * 4, sku["sku_baskets_364"], 10),
        shelf["store_baskets_28"] / np.maximum(store["store_total_91"], 1),
        shelf["store_baskets_91"] / np.maximum(store["store_total_91"], 1),
        _ratio(shelf["store_baskets_91"], sku["sku_baskets_91"], 1),
        _ratio(sku["price_28"], sku["price_364"], 5),
        sku["discount_7"] - sku["discount_364"],
        bought == 0,
    )
    out: Floats = np.empty((len(since), len(DERIVED)), dtype=np.float32)
    for at, column in enumerate((*columns, *_of_here(known))):
        out[:, at] = column
    return out


def _of_here(known: _Known) -> tuple[Any, ...]:
    """How the candidates stand to the channel and the store of the request.

    Shares of the customer's few purchases of something that were made here are shrunk by one purchase at the
    customer's propensity to buy here.
    """
    customer, sku, pair, is_web = known.customer, known.sku, known.pair, known.here.is_web
    propensity = customer["web_propensity"] if is_web else 1 - customer["web_propensity"]
    bought, of_sku = pair["baskets"], sku["sku_baskets_28"]
    bought_here = pair["web_baskets"] if is_web else bought - pair["web_baskets"]
    of_sku_here = sku["sku_web_baskets_28"] if is_web else of_sku - sku["sku_web_baskets_28"]
    return (
        float(is_web),
        propensity,
        customer["days_since_web"] if is_web else customer["days_since_store"],
        (bought_here + propensity) / (bought + 1),
        (bought > 0) & (bought_here == 0),
        _share_here(known.subcategory, propensity, is_web=is_web),
        _share_here(known.category, propensity, is_web=is_web),
        sku["sku_web_skew"] if is_web else -sku["sku_web_skew"],
        of_sku_here / np.maximum(of_sku, 1),
        known.here.distance_km,
        float(known.here.is_home),
    )


def _share_here(level: _View, propensity: Floats, *, is_web: bool) -> Floats:
    lines = level["lines"]
    here = level["web_lines"] if is_web else lines - level["web_lines"]
    shrunk: Floats = (here + propensity) / (lines + 1)
    return shrunk


def _ratio(part: Floats, whole: NDArray[np.floating[Any]], cap: float) -> Floats:
    result: Floats = np.minimum(part / np.maximum(whole, 1e-3), cap)
    return result


def _row(columns: Columns, code: int, elapsed: float) -> Floats:
    if code < 0:
        return columns.blank()
    row: Floats = columns.values[code]
    return _aged(row[None, :], columns, elapsed)[0] if elapsed else row


def _aged(values: Floats, columns: Columns, elapsed: float) -> Floats:
    aged: Floats = np.where(columns.ages() & (values < NEVER_DAYS), values + np.float32(elapsed), values)
    return aged


def _lookup(grouped: Grouped, group: int, keys: Codes, elapsed: float) -> Floats:
    blank = grouped.columns.blank()
    if group < 0 or not len(grouped.keys):
        return np.tile(blank, (len(keys), 1))
    rows, found = grouped.find(group, keys)
    values = grouped.columns.values[rows]
    values[~found] = blank
    return _aged(values, grouped.columns, elapsed) if elapsed else values


def _most_decayed(facts: Facts, customer: int) -> float:
    rows = facts.customer_sku.rows(customer)
    mine = facts.customer_sku.columns["decayed"][rows]
    return float(mine.max()) if len(mine) else 0.0
