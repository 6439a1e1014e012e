"""Reasons: why a SKU is shown, each with evidence that the purchase history can confirm."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from features.clock import EPOCH
from features.facts.facts import NEVER_DAYS
from features.vector.shopper import Shopper
from serving.bundle.bundle import TOGETHER_DAYS, Bundle
from serving.recommender.answers import Reason

MOST = 2
"""Reasons an item: the strongest two; more is noise on a phone."""

THIS_YEAR_DAYS = 300.0
"""A day longer ago is told with its year."""


def reasons(bundle: Bundle, shopper: Shopper, sku: int, item_ids: tuple[str, ...] = ()) -> tuple[Reason, ...]:
    """The strongest reasons for one SKU, the most personal first; at least one where it was ever sold."""
    found: list[Reason] = []
    for reason in (_similar(bundle, sku, item_ids), *(make(bundle, shopper, sku) for make in _BY_STRENGTH)):
        if reason is not None:
            found.append(reason)
        if len(found) == MOST:
            break
    return tuple(found)


def _similar(bundle: Bundle, sku: int, item_ids: tuple[str, ...]) -> Reason | None:
    for item in item_ids:
        rows, found = bundle.lists.similar.find(bundle.facts.skus.code(item), np.array([sku], dtype=np.int32))
        if found[0]:
            buyers = int(bundle.lists.similar.columns["buyers"][rows[0]])
            name = bundle.catalogue.names[bundle.facts.skus.code(item)]
            return Reason("SIMILAR_ITEM", f"Similar to {name}", {"item_id": item, "customers_of_both": buyers})
    return None


def _bought_again(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    history = bundle.facts.pairs["customer_sku"]
    rows, found = history.find(shopper.customer, np.array([sku], dtype=np.int32))
    if not found[0]:
        return None
    row = rows[0]
    baskets, since = int(history.columns["baskets"][row]), float(history.columns["days_since"][row])
    interval = float(history.columns["interval_days"][row])
    last = _day(bundle.facts.cutoff_days, since)
    evidence: dict[str, object] = {"baskets": baskets, "last_bought_on": last.isoformat()}
    if baskets == 1:
        day = f"{last:%-d %B}" if since < THIS_YEAR_DAYS else f"{last:%-d %B %Y}"
        return Reason("BOUGHT_BEFORE", f"You bought this on {day}", evidence)
    text = f"You bought this {baskets} times"
    if interval < NEVER_DAYS and interval >= 1:
        evidence["interval_days"] = round(interval, 1)
        text += f", about every {interval:.0f} days" if interval >= 1.5 else ", almost daily"
    return Reason("BUY_AGAIN", text, evidence)


def _day(cutoff_days: float, since: float) -> date:
    """The UTC day that lies `since` days before the cutoff.

    Ages are float32: a purchase at midnight, as those known by their day are, may come out seconds earlier.
    """
    return (EPOCH + timedelta(days=cutoff_days - since + 2 * float(np.spacing(np.float32(since))))).date()


def _bought_together(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    facts, together = bundle.facts, bundle.lists.together
    rows = together.rows(sku)
    partners = together.keys[rows]
    known = facts.pairs["customer_sku"].find(shopper.customer, partners)[1]
    if not known.any():
        return None
    lift, baskets = together.columns["lift"][rows], together.columns["baskets"][rows]
    best = int(np.argmax(np.where(known, lift, -1)))
    partner = int(partners[best])
    evidence = {"item_id": facts.skus.text(partner), "baskets": int(baskets[best]), "days": TOGETHER_DAYS}
    return Reason("BOUGHT_TOGETHER", f"Often bought with {bundle.catalogue.names[partner]}", evidence)


def _favourite(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    facts = bundle.facts
    code = int(facts.levels["subcategory"].of_sku[sku])
    group = facts.pairs["customer_subcategory"]
    rows, found = group.find(shopper.customer, np.array([code], dtype=np.int32))
    if code < 0 or not found[0] or group.columns["lines"][rows[0]] < 3:  # twice may be chance
        return None
    lines = int(group.columns["lines"][rows[0]])
    name = bundle.catalogue.subcategories[code]
    return Reason("FAVOURITE_CATEGORY", f"You often buy {name}", {"category": name, "lines": lines})


def _popular_in_store(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    shelf = bundle.facts.pairs["store_sku"]
    rows, found = shelf.find(shopper.store, np.array([sku], dtype=np.int32))
    baskets = int(shelf.columns["store_baskets_28"][rows[0]]) if found[0] else 0
    if baskets < 2:  # one basket is not popularity
        return None
    store = bundle.facts.stores.text(shopper.store)
    evidence = {"store_id": store, "baskets": baskets, "days": 28}
    return Reason("POPULAR_IN_STORE", f"In {baskets:,} baskets of this store in four weeks", evidence)


def _trending(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    del shopper
    week = float(bundle.facts.sku["sku_baskets_7"][sku])
    month = float(bundle.facts.sku["sku_baskets_28"][sku])
    if week < 10 or week * 4 < 1.5 * month:  # half as much again, and not by chance
        return None
    evidence = {"baskets_7_days": int(week), "baskets_28_days": int(month)}
    return Reason("TRENDING", f"In {int(week):,} baskets this week, and rising", evidence)


def _popular(bundle: Bundle, shopper: Shopper, sku: int) -> Reason | None:
    del shopper
    for days in (28, 364):
        baskets = int(bundle.facts.sku[f"sku_baskets_{days}"][sku])
        if baskets:
            period = "four weeks" if days == 28 else "a year"
            text = f"In {baskets:,} baskets in {period}" if baskets > 1 else f"Bought once in {period}"
            return Reason("POPULAR", text, {"baskets": baskets, "days": days})
    return None


_BY_STRENGTH: tuple[Callable[[Bundle, Shopper, int], Reason | None], ...] = (
    _bought_again,
    _bought_together,
    _favourite,
    _popular_in_store,
    _trending,
    _popular,
)
