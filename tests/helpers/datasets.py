"""A small shop that behaves like one: rhythms, complements, favourite brands and stores, both channels.

`tiny_dataset` writes its tables and a mapping file; `ingested` loads them. The same arguments give the
same rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from features.ingest import ingest
from features.settings import Settings
from features.warehouse.warehouse import Warehouse

START = datetime(2025, 1, 1)
LOADED_AT = datetime(2030, 1, 1)
BRANDS = ("Acorn", "Brook", "Cedar")
SHELVES = (
    ("Grocery", "Pasta", "Spaghetti"),
    ("Grocery", "Sauces", "Pasta sauce"),
    ("Grocery", "Breakfast", "Cereal"),
    ("Dairy", "Milk", "Whole milk"),
    ("Grocery", "Snacks", "Crisps"),
    ("Grocery", "Sauces", "Salsa"),
    ("Bakery", "Bread", "Sliced bread"),
    ("Dairy", "Spreads", "Butter"),
    ("Household", "Laundry", "Detergent"),
    ("Household", "Laundry", "Softener"),
    ("Drinks", "Hot drinks", "Coffee"),
    ("Drinks", "Hot drinks", "Filters"),
)
"""Category levels; a shelf with an even number and the one after it are bought together."""
STORES = ("store-1", "store-2", "store-3")
MAPPING = """\
time_zone = "UTC"

[till_receipts]
files = "till_receipts.parquet"

[web_orders]
files = "web_orders.parquet"

[skus]
files = "skus.parquet"

[stores]
files = "stores.parquet"

[promotions]
files = "promotions.parquet"
"""


@dataclass(frozen=True, slots=True)
class _Line:
    customer: str
    at: datetime
    is_web: bool
    store: str
    sku: int
    units: int


def tiny_dataset(folder: Path, seed: int = 0, customers: int = 60, skus: int = 48, days: int = 120) -> Path:
    """Write the tables of a small shop and `dataset.toml` to `folder`; the path of the mapping file.

    Customers `c-000` …, SKUs `sku-000` …, days from 2025-01-01. Three of four customers have a few
    staples that they buy at an interval of their own, most with what goes with it; the last of them
    buy rarely. About one trip in five is online, and one receipt in twenty is anonymous.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    prices = np.round(rng.uniform(1, 9, skus), 2)
    lines = [line for nth in range(customers) for line in _customer_lines(rng, nth, customers, skus, days)]
    promotions = _promotions(rng, prices, days)
    tables = {
        "till_receipts": _receipts(rng, [line for line in lines if not line.is_web], prices),
        "web_orders": _orders([line for line in lines if line.is_web], prices),
        "skus": _skus(skus),
        "stores": _stores(),
        "promotions": promotions,
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    path = folder / "dataset.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def ingested(
    settings: Settings, seed: int = 0, customers: int = 60, skus: int = 48, days: int = 120, *, replace: bool = False
) -> Warehouse:
    """The warehouse of a small shop, made in `settings.work`."""
    dataset = tiny_dataset(settings.work / "tiny", seed, customers, skus, days)
    ingest(settings, "tables", dataset, loaded_at=LOADED_AT, replace=replace)
    return Warehouse.open(settings)


def settings_for(folder: Path) -> Settings:
    """Settings of a test: everything below `folder`, two threads, little memory."""
    return Settings(work=folder, memory_limit="512MB", threads=2)


def _customer_lines(rng: np.random.Generator, nth: int, customers: int, skus: int, days: int) -> list[_Line]:
    customer, store = f"c-{nth:03d}", STORES[nth % len(STORES)]
    web_share = float(rng.choice([0.0, 0.1, 0.5]))
    is_regular = nth < customers * 3 // 4
    staples = rng.choice(skus, size=min(skus, 5 if is_regular else 1), replace=False)
    intervals = rng.uniform(6, 25, len(staples)) if is_regular else np.full(len(staples), days / 2)
    due = rng.uniform(0, intervals)
    lines: list[_Line] = []
    for day in np.unique(rng.integers(0, days, size=days // 6 if is_regular else 2)):
        wanted = set(staples[due <= day].tolist())
        due[due <= day] = day + intervals[due <= day] * rng.uniform(0.9, 1.1)
        wanted |= {_goes_with(sku, skus) for sku in list(wanted) if rng.random() < 0.7}
        wanted |= set(np.minimum(rng.geometric(0.08, size=rng.integers(0, 3)) - 1, skus - 1).tolist())
        customer_here = "" if rng.random() < 0.05 else customer
        is_web = bool(rng.random() < web_share) and customer_here != ""
        at = START + timedelta(days=int(day), minutes=int(rng.integers(8 * 60, 20 * 60)))
        lines += [_Line(customer_here, at, is_web, store, sku, int(rng.integers(1, 4))) for sku in sorted(wanted)]
    return lines


def _goes_with(sku: int, skus: int) -> int:
    """The SKU of the same rank on the partner shelf."""
    shelf = sku % len(SHELVES)
    partner = sku - shelf + (shelf ^ 1)
    return partner if partner < skus else sku


def _receipts(rng: np.random.Generator, lines: list[_Line], prices: np.ndarray) -> pd.DataFrame:
    table = _priced(lines, prices)
    table["receipt_id"] = "r-" + _orders_of(table).astype(str)
    table["loyalty_id"] = table["customer"].where(table["customer"] != "", None)
    columns = ["receipt_id", "line", "store_id", "sku", "at", "units", "paid", "list_price", "loyalty_id"]
    return table[columns].rename(columns={"at": "sold_at"})


def _orders(lines: list[_Line], prices: np.ndarray) -> pd.DataFrame:
    table = _priced(lines, prices)
    table["order_id"] = "o-" + _orders_of(table).astype(str)
    table["fulfilment"] = "ship"
    columns = ["order_id", "line", "customer", "sku", "at", "units", "paid", "list_price", "fulfilment"]
    return table[columns].rename(columns={"customer": "account_id", "at": "ordered_at"})


def _priced(lines: list[_Line], prices: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "customer": pd.array([line.customer for line in lines], dtype="str"),
            "at": pd.array([line.at for line in lines], dtype="datetime64[us]"),
            "store_id": pd.array([line.store for line in lines], dtype="str"),
            "sku": pd.array([f"sku-{line.sku:03d}" for line in lines], dtype="str"),
            "units": np.array([line.units for line in lines], dtype=float),
            "list_price": np.array([prices[line.sku] for line in lines], dtype=float),
        }
    )
    table["paid"] = (table["units"] * table["list_price"]).round(2)
    table["line"] = table.groupby(["customer", "at", "store_id"]).cumcount() + 1
    return table


def _orders_of(table: pd.DataFrame) -> pd.Series:
    return table.groupby(["customer", "at", "store_id"]).ngroup()


def _skus(skus: int) -> pd.DataFrame:
    shelves = [SHELVES[nth % len(SHELVES)] for nth in range(skus)]
    brands = [BRANDS[nth // len(SHELVES) % len(BRANDS)] for nth in range(skus)]
    return pd.DataFrame(
        {
            "sku": [f"sku-{nth:03d}" for nth in range(skus)],
            "name": [
                f"{brand} {shelf[-1].lower()} {nth}"
                for brand, shelf, nth in zip(brands, shelves, range(skus), strict=True)
            ],
            "brand": brands,
            "category_path": [" > ".join(shelf) for shelf in shelves],
        }
    )


def _stores() -> pd.DataFrame:
    nth = np.arange(len(STORES))
    return pd.DataFrame(
        {
            "store_id": STORES,
            "name": [f"Shop {number + 1}" for number in nth],
            "city": "Springfield",
            "lat": 31.2 + nth / 10,
            "lon": 121.4 + nth / 10,
            "format": "supermarket",
        }
    )


def _promotions(rng: np.random.Generator, prices: np.ndarray, days: int) -> pd.DataFrame:
    """A promotion of one SKU in one store a week, and one in every store each four weeks."""
    weeks = np.arange(max(days // 7, 1))
    skus = rng.integers(0, len(prices), len(weeks))
    first = [START + timedelta(weeks=int(week)) for week in weeks]
    return pd.DataFrame(
        {
            "sku": [f"sku-{sku:03d}" for sku in skus],
            "store_id": pd.array([None if week % 4 == 0 else STORES[week % 3] for week in weeks], dtype="str"),
            "from": pd.array(first, dtype="datetime64[us]"),
            "to": pd.array([one + timedelta(weeks=1) for one in first], dtype="datetime64[us]"),
            "price": np.round(prices[skus] * 0.8, 2),
            "display": "end of aisle",
            "depth": 0.2,
        }
    )
