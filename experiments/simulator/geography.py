"""Where stores stand: provinces, cities and coordinates, formats, and the day each opened.

Stores that the same customers really go to stand in one city, or in cities near each other, as far as there is room:
so the way from a customer's home store to another one means something.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from experiments.simulator.chance import below
from experiments.simulator.ground import Ground
from features.sql import literal

FORMATS = ("hypermarket", "supermarket", "convenience")
FORMAT_SHARES = (0.15, 0.55, 0.3)
"""By sales: the largest stores are hypermarkets."""
_CITY_STARTS = ("Ash", "Birch", "Cold", "Dun", "East", "Fair", "Glen", "High", "Iron", "King", "Lang", "Mill")
_CITY_ENDS = ("bridge", "brook", "bury", "field", "ford", "gate", "ham", "haven", "mouth", "port", "ton", "wick")
_KM_PER_DEGREE = 111.2


Codes = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cities:
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
    stores = ground.all_stores
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
    stores = ground.all_stores
    if not copy or stores <= ground.stores:
        return
    groups = -(-stores // ground.stores)
    # each person keeps to one group of stores: a home region
    group = below(str(groups), ground.seed, "region", "coalesce(person, basket)")
    moved = f"store + {ground.stores} * {group}"
    ground.keep(
        "baskets", f"SELECT * REPLACE (CASE WHEN {moved} < {stores} THEN {moved} ELSE store END AS store) FROM baskets"
    )


def _places(ground: Ground, stores: int) -> dict[str, pa.Array]:
    random = np.random.default_rng([ground.seed, 1])
    cities = draw_cities(random, ground.dials.cities, ground.dials.provinces)
    city = settle(_shared_customers(ground), stores, cities, random)
    spread_km = 3 + 30 * cities.weights[city] ** 0.5
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


def settle(shared: Shares, stores: int, cities: Cities, random: np.random.Generator) -> Codes:
    """The city of each store: the most visited settle first, each where most of its customers go already.

    `shared` has, for each two real stores, how many customers they share; on the diagonal, how many each has.
    A city has room for its share of the stores. Where it is full the nearest one with room is taken, and a store
    whose customers go nowhere else settles anywhere. Modelled stores settle like the real ones, group by group.
    """
    real, visitors = len(shared), np.diag(shared)
    room = np.ceil(stores * cities.weights).astype(np.int64)
    city = np.full(stores, -1, dtype=np.int64)
    for first in range(0, stores, max(real, 1)):
        group = np.arange(first, min(first + real, stores))
        ties = np.zeros((len(group), len(cities.names)))  # customers that a store shares with each city
        for at in np.argsort(-visitors[: len(group)], kind="stable"):
            best = int(ties[at].argmax()) if ties[at].any() else int(random.choice(len(room), p=cities.weights))
            free = np.flatnonzero(room > 0)
            chosen = free[np.argmin(np.hypot(cities.lat[free] - cities.lat[best], cities.lon[free] - cities.lon[best]))]
            city[group[at]] = chosen
            room[chosen] -= 1
            ties[:, chosen] += shared[: len(group), at]
    return city


def _shared_customers(ground: Ground) -> Shares:
    """How many customers each two real stores share."""
    files = ", ".join(literal(path) for path in ground.blocks)
    visits = ground.connection.execute(
        f"SELECT DISTINCT customer, store FROM read_parquet([{files}]) "
        "WHERE customer IS NOT NULL AND store IS NOT NULL ORDER BY ALL"
    ).fetchnumpy()
    went = sparse.csr_matrix(
        (np.ones(len(visits["store"])), (visits["customer"], visits["store"])), shape=(ground.customers, ground.stores)
    )
    return np.asarray((went.T @ went).todense(), dtype=np.float64)


def draw_cities(random: np.random.Generator, cities: int, provinces: int) -> Cities:
    """Cities around the middle of their province; few are large (the n-th has a weight of 1 / n)."""
    names = [f"{start}{end}" for end in _CITY_ENDS for start in _CITY_STARTS]
    again = [nth // len(names) for nth in range(cities)]
    chosen = [names[nth % len(names)] + (f" {times + 1}" if times else "") for nth, times in enumerate(again)]
    province = np.arange(cities) % provinces
    middle_lat, middle_lon = random.uniform(24, 44, provinces), random.uniform(98, 120, provinces)
    weights = 1 / (np.arange(cities) + 1.0)
    return Cities(
        names=np.asarray(chosen, dtype=object),
        provinces=np.asarray([f"Province {nth + 1:02}" for nth in province], dtype=object),
        lat=middle_lat[province] + random.normal(0, 1, cities),
        lon=middle_lon[province] + random.normal(0, 1, cities),
        weights=weights / weights.sum(),
    )


def write_stores(ground: Ground) -> int:
    """The contract table `stores`, with the tables `shelf_metres` and `carried`; how many rows.

    The northern stores, down to where half of all lines are sold, are one store group, the others are the other.
    """
    return ground.write(
        "stores",
        """SELECT 'store-chain' AS party, store_id, name, province, city, lat, lon, format, opened_on,
            metres AS shelf_metres,
            CASE WHEN sum(coalesce(sold, 0)) OVER (ORDER BY lat DESC, store_nth) * 2 <= sum(coalesce(sold, 0)) OVER ()
                THEN 'north' ELSE 'south' END AS store_group
        FROM planted_stores LEFT JOIN shelf_metres USING (store_nth)
            LEFT JOIN (SELECT store_nth, sum(lines) AS sold FROM carried GROUP BY ALL) USING (store_nth)
        ORDER BY store_id""",
    )
