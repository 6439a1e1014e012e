"""Where a shopper is: the channel of the request, and how far the store at hand is from the home store.

"Here" is the channel of the request. Where it does not say, it is the customer's usual one.
"""

from dataclasses import dataclass

import numpy as np

from features.facts.facts import Facts
from features.vector.shopper import IN_STORE, ON_WEB, UNKNOWN_CHANNEL, Shopper

FARTHEST_KM = 1_000.0
EARTH_RADIUS_KM = 6_371.0
UNKNOWN_KM = -1.0


@dataclass(frozen=True, slots=True)
class Here:
    """Where a shopper is.

    is_web       online, or in a store
    distance_km  from the home store to the store at hand, at most FARTHEST_KM; UNKNOWN_KM where one is not known
    is_home      whether the store at hand is the home store
    """

    is_web: bool
    distance_km: float
    is_home: bool


def here_of(facts: Facts, shopper: Shopper) -> Here:
    channel = usual_channel(facts, shopper.customer) if shopper.channel == UNKNOWN_CHANNEL else shopper.channel
    home = int(facts.home_store[shopper.customer]) if shopper.customer >= 0 else -1
    is_known = home >= 0 and shopper.store >= 0
    return Here(
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


def usual_channel(facts: Facts, customer: int) -> int:
    """The channel that the customer is more likely to use; the store for nobody in particular."""
    if customer < 0:
        return IN_STORE
    return ON_WEB if facts.customer["web_propensity"][customer] >= 0.5 else IN_STORE
