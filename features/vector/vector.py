"""The request-time feature vector: the one function that makes training rows and answers requests.

A row is one candidate SKU for one shopper. Its columns are every column of every grain of the facts
(as of the request, so that ages have grown since the cutoff), the scores of the candidate sources,
and the combinations below, which need more than one grain at a time.
"""

from typing import Any

import numpy as np

from features.facts.facts import NEVER_DAYS, Codes, Facts, Floats
from features.vector.here import here_of
from features.vector.looked_up import Known, View, aged, lookup, most_decayed, ratio, row
from features.vector.shopper import Shopper

DUE_CAP = 20.0
"""A SKU twenty intervals overdue is given up on; more says nothing more."""


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
    customer = row(facts.customer, shopper.customer, elapsed)
    store = row(facts.store, shopper.store, elapsed)
    sku = facts.sku.values[skus]
    if elapsed:
        sku = aged(sku, facts.sku, elapsed)
    pair = lookup(facts.customer_sku, shopper.customer, skus, elapsed)
    subcategory = lookup(facts.customer_subcategory, shopper.customer, facts.sku_subcategory[skus], elapsed)
    category = lookup(facts.customer_category, shopper.customer, facts.sku_category[skus], elapsed)
    brand = lookup(facts.customer_brand, shopper.customer, facts.sku_brand[skus], elapsed)
    shelf = lookup(facts.store_sku, shopper.store, skus, elapsed)
    aisle = lookup(facts.store_category, shopper.store, facts.sku_category[skus], elapsed)
    known = Known(
        customer=View(facts.customer, customer[None, :]),
        store=View(facts.store, store[None, :]),
        sku=View(facts.sku, sku),
        pair=View(facts.customer_sku.columns, pair),
        subcategory=View(facts.customer_subcategory.columns, subcategory),
        category=View(facts.customer_category.columns, category),
        brand=View(facts.customer_brand.columns, brand),
        shelf=View(facts.store_sku.columns, shelf),
        most_decayed=most_decayed(facts, shopper.customer),
        here=here_of(facts, shopper),
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


def _derived(known: Known) -> Floats:
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
        ratio(since, expected, DUE_CAP),
        ratio(since, shrunk, DUE_CAP),
        np.clip(since - expected, -364, 364),
        ratio(since, pair["last_interval_days"], DUE_CAP),
        bought / trips,
        pair["baskets_28"] / np.maximum(customer["baskets_28"], 1),
        pair["baskets_91"] / np.maximum(customer["baskets_91"], 1),
        pair["decayed"] / max(known.most_decayed, 1e-6),
        np.minimum((since - customer["days_since_basket"]) / np.clip(customer["basket_interval_days"], 0.5, 364), 364),
        subcategory["lines"] / np.maximum(customer["lines"], 1),
        subcategory["lines_28"] / np.maximum(customer["baskets_28"], 1),
        bought / np.maximum(subcategory["lines"], 1),
        ratio(subcategory["days_since"], sub_interval, DUE_CAP),
        (subcategory["days_since"] < since) & (bought > 0),
        category["lines"] / np.maximum(customer["lines"], 1),
        brand["lines"] / np.maximum(customer["lines"], 1),
        np.minimum(brand["lines"] / np.maximum(category["lines"], 1), 10),
        ratio(sku["sku_baskets_7"] * 4, sku["sku_baskets_28"], 10),
        ratio(sku["sku_baskets_28"] * 3.25, sku["sku_baskets_91"], 10),
        ratio(sku["sku_baskets_91"] * 4, sku["sku_baskets_364"], 10),
        shelf["store_baskets_28"] / np.maximum(store["store_total_91"], 1),
        shelf["store_baskets_91"] / np.maximum(store["store_total_91"], 1),
        ratio(shelf["store_baskets_91"], sku["sku_baskets_91"], 1),
        ratio(sku["price_28"], sku["price_364"], 5),
        sku["discount_7"] - sku["discount_364"],
        bought == 0,
    )
    out: Floats = np.empty((len(since), len(DERIVED)), dtype=np.float32)
    for at, column in enumerate((*columns, *_of_here(known))):
        out[:, at] = column
    return out


def _of_here(known: Known) -> tuple[Any, ...]:
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


def _share_here(level: View, propensity: Floats, *, is_web: bool) -> Floats:
    lines = level["lines"]
    here = level["web_lines"] if is_web else lines - level["web_lines"]
    shrunk: Floats = (here + propensity) / (lines + 1)
    return shrunk
