"""Where stores stand: provinces, cities and coordinates, formats, and the day each opened."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from experiments.simulator.chance import below
from experiments.simulator.ground import Ground

FORMATS = ("hypermarket", "supermarket", "convenience")
FORMAT_SHARES = (0.15, 0.55, 0.3)
"""By sales: the largest stores are hypermarkets."""
_CITY_STARTS = ("Ash", "Birch", "Cold", "Dun", "East", "Fair", "Glen", "High", "Iron", "King", "Lang", "Mill")
_CITY_ENDS = ("bridge", "brook", "bury", "field", "ford", "gate", "ham", "haven", "mouth", "port", "ton", "wick")
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class _Cities:
    names: npt.NDArray[np.object_]
    provinces: npt.NDArray[np.object_]
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]


def plant_stores(ground: Ground) -> int:
    """The table `planted_stores`: store_nth, store_id, real_store and what is known of each; how many there are.

    The first are the real ones under their own ids; store n beyond them is modelled on the real store n modulo
    their number. Without cities, what the real stores have stays.
    """
    stores = max(ground.stores, ground.dials.store_count) if ground.stores else 0
    number = pa.array(np.arange(stores), pa.int64())
    seen = {"store_nth": number, "real_store": pa.array(np.arange(stores) % max(ground.stores, 1), pa.int64())}
    if ground.dials.cities and ground.dials.provinces:
        seen |= _places(ground, stores)
    ground.connection.register("placed", pa.table(seen))
    known = "placed" if "city" in seen else "real_stores"
    where = ", ".join(f"{known}.{name}" for name in ("province", "city", "lat", "lon", "format", "opened_on"))
    is_real = f"store_nth < {ground.stores}"
    ground.run(f"""
        CREATE TABLE planted_stores AS
        SELECT store_nth, real_store, CASE WHEN {is_real} THEN store_id ELSE 'S' || store_nth END AS store_id,
            CASE WHEN {is_real} AND name IS NOT NULL THEN name ELSE 'Store ' || (store_nth + 1) END AS name, {where}
        FROM placed JOIN real_stores ON real_stores.store = real_store ORDER BY store_nth
    """)
    ground.connection.unregister("placed")
    return stores


def place_baskets(ground: Ground, copy: int) -> None:
    """Move the baskets of a repeated block to the stores that this copy fills."""
    stores = max(ground.stores, ground.dials.store_count)
    if not copy or stores <= ground.stores:
        return
    groups = -(-stores // ground.stores)
    # each person keeps to one group of stores: a home region
    group = below(str(groups), ground.seed, "region", "coalesce(person, basket)")
    moved = f"store + {ground.stores} * {group}"
    ground.run(f"UPDATE baskets SET store = CASE WHEN {moved} < {stores} THEN {moved} ELSE store END")


def _places(ground: Ground, stores: int) -> dict[str, pa.Array]:
    random = np.random.default_rng([ground.seed, 1])
    cities = _cities(random, ground.dials.cities, ground.dials.provinces)
    city = random.choice(len(cities.names), stores, p=cities.weights)
    spread_km = 4 + 60 * cities.weights[city] ** 0.5
    north, east = random.normal(0, 1, (2, stores)) * spread_km / _KM_PER_DEGREE
    lat = cities.lat[city] + north
    rank = random.permutation(stores) / max(stores, 1)
    kinds = np.searchsorted(np.cumsum(FORMAT_SHARES), rank, side="right").clip(0, len(FORMATS) - 1)
    age = random.integers(30, 30 * 365, stores).astype("timedelta64[D]")
    return {
        "province": pa.array(cities.provinces[city], pa.string()),
        "city": pa.array(cities.names[city], pa.string()),
        "lat": pa.array(np.round(lat, 5)),
        "lon": pa.array(np.round(cities.lon[city] + east / np.cos(np.radians(lat)), 5)),
        "format": pa.array(np.asarray(FORMATS, dtype=object)[kinds], pa.string()),
        "opened_on": pa.array(np.datetime64(ground.first.date()) - age, pa.date32()),
    }


def _cities(random: np.random.Generator, cities: int, provinces: int) -> _Cities:
    """Cities around the middle of their province; few are large (the n-th has a weight of 1 / n)."""
    names = [f"{start}{end}" for end in _CITY_ENDS for start in _CITY_STARTS]
    again = [nth // len(names) for nth in range(cities)]
    chosen = [names[nth % len(names)] + (f" {times + 1}" if times else "") for nth, times in enumerate(again)]
    province = np.arange(cities) % provinces
    middle_lat, middle_lon = random.uniform(24, 44, provinces), random.uniform(98, 120, provinces)
    weights = 1 / (np.arange(cities) + 1.0)
    return _Cities(
        names=np.asarray(chosen, dtype=object),
        provinces=np.asarray([f"Province {nth + 1:02}" for nth in province], dtype=object),
        lat=middle_lat[province] + random.normal(0, 1, cities),
        lon=middle_lon[province] + random.normal(0, 1, cities),
        weights=weights / weights.sum(),
    )


def write_stores(ground: Ground) -> int:
    """The contract table `stores`, with the table `shelf_metres`; how many rows."""
    return ground.write(
        "stores",
        """SELECT 'store-chain' AS party, store_id, name, province, city, lat, lon, format, opened_on,
            metres AS shelf_metres
        FROM planted_stores LEFT JOIN shelf_metres USING (store_nth) ORDER BY store_id""",
    )
