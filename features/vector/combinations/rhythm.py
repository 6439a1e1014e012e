"""Rhythm: how far a SKU is from when it is usually bought again."""

from collections.abc import Mapping

import numpy as np

from features.facts.facts import NEVER_DAYS
from features.vector.looked_up import DUE_CAP, Column, Combination, LookedUp, ratio


def due(found: LookedUp) -> Column:
    """Days since the last purchase, in intervals: the customer's own, or everybody's where there is none."""
    return ratio(found["customer_sku"]["days_since"], _expected(found), DUE_CAP)


def due_shrunk(found: LookedUp) -> Column:
    """The same, with the customer's own interval pulled towards everybody's by one interval."""
    pair, everybody = found["customer_sku"], found["sku"]["sku_interval_days"]
    own, bought = pair["interval_days"], pair["baskets"]
    pulled = (own * (bought - 1) + np.minimum(everybody, 364.0)) / np.maximum(bought, 1)
    return ratio(pair["days_since"], np.where(own < NEVER_DAYS, pulled, everybody), DUE_CAP)


def overdue_days(found: LookedUp) -> Column:
    days: Column = np.clip(found["customer_sku"]["days_since"] - _expected(found), -364, 364)
    return days


def due_last(found: LookedUp) -> Column:
    """Days since the last purchase, in intervals as long as the latest."""
    pair = found["customer_sku"]
    return ratio(pair["days_since"], pair["last_interval_days"], DUE_CAP)


def trips_since(found: LookedUp) -> Column:
    """Trips that the customer has made since they last bought it, at their usual pace."""
    customer = found["customer"]
    days = found["customer_sku"]["days_since"] - customer["days_since_basket"]
    trips: Column = np.minimum(days / np.clip(customer["basket_interval_days"], 0.5, 364), 364)
    return trips


def _expected(found: LookedUp) -> Column:
    own = found["customer_sku"]["interval_days"]
    days: Column = np.where(own < NEVER_DAYS, own, found["sku"]["sku_interval_days"])
    return days


INTERVALS: Mapping[str, Combination] = {
    "due": due,
    "due_shrunk": due_shrunk,
    "overdue_days": overdue_days,
    "due_last": due_last,
}
TRIPS: Mapping[str, Combination] = {"trips_since": trips_since}
