"""Facts: a snapshot as arrays, the form in which training and serving look features up.

Everything is a plain numpy array, so that it can be saved as one `.npy` a piece, memory-mapped and
shared by workers. Rows are known by their *code*: the position of an id in a sorted id array.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.facts.grains import Key, levels, pairs

Floats = NDArray[np.float32]
Codes = NDArray[np.int32]

NEVER_DAYS = 9_999.0
"""What a number of days is where the thing never happened."""


def missing_value(column: str) -> float:
    """What a column holds where nothing is known: `NEVER_DAYS` for days, 0 for anything else."""
    return NEVER_DAYS if "days" in column.split("_") else 0.0


def is_age(column: str) -> bool:
    """Whether the column grows by a day each day (`days_since`, `days_known`, …)."""
    return column.startswith("days_")


@dataclass(frozen=True, slots=True)
class Ids:
    """A sorted id array; the code of an id is its position, -1 where it is unknown."""

    values: NDArray[np.bytes_]

    def code(self, text: str | None) -> int:
        # numpy drops zeros at the end of bytes: such a text would be taken for another id.
        if not text or not len(self.values) or text[-1] == "\0":
            return -1
        key = np.bytes_(text.encode(errors="surrogatepass"))
        if len(key) > self.values.itemsize:  # numpy would first copy all ids into that width
            return -1
        at = int(np.searchsorted(self.values, key))
        return at if at < len(self.values) and self.values[at] == key else -1

    def codes(self, keys: NDArray[np.bytes_]) -> Codes:
        """The code of each key, -1 where it is unknown."""
        if not len(self.values) or not len(keys):
            return np.full(len(keys), -1, dtype=np.int32)
        at = np.minimum(np.searchsorted(self.values, keys), len(self.values) - 1)
        return np.where(self.values[at] == keys, at, -1).astype(np.int32)

    def text(self, code: int) -> str:
        return bytes(self.values[code]).decode()

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Columns:
    """Named float columns of one grain: `values` is (rows, columns), float32, without NaN."""

    names: tuple[str, ...]
    values: Floats

    def __getitem__(self, name: str) -> Floats:
        column: Floats = self.values[:, self.names.index(name)]
        return column

    def blank(self) -> Floats:
        """The row of something that nothing is known about; read-only."""
        return _blank(self.names)

    def ages(self) -> NDArray[np.bool_]:
        """Whether each column is an age; read-only."""
        return _ages(self.names)


# Once for each set of names: every request asks for those of every grain.
@cache
def _blank(names: tuple[str, ...]) -> Floats:
    row = np.array([missing_value(name) for name in names], dtype=np.float32)
    row.flags.writeable = False
    return row


@cache
def _ages(names: tuple[str, ...]) -> NDArray[np.bool_]:
    ages = np.array([is_age(name) for name in names], dtype=bool)
    ages.flags.writeable = False
    return ages


@dataclass(frozen=True, slots=True)
class Grouped:
    """Rows of a two-part key, such as (customer, SKU): group g holds rows starts[g]:starts[g+1], keys ascending."""

    starts: NDArray[np.int64]
    keys: Codes
    columns: Columns

    def rows(self, group: int) -> slice:
        if group < 0:
            return slice(0, 0)
        return slice(int(self.starts[group]), int(self.starts[group + 1]))

    def find(self, group: int, keys: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Row numbers of `keys` in the group, and whether each is there (row 0 where it is not)."""
        rows = self.rows(group)
        mine = self.keys[rows]
        if not len(mine):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        at = np.minimum(np.searchsorted(mine, keys), len(mine) - 1)
        found = mine[at] == keys
        return np.where(found, at + rows.start, 0), found


@dataclass(frozen=True, slots=True)
class Level:
    """A way to sort SKUs, such as by category: its ids, and its code of each SKU (-1 where it has none)."""

    ids: Ids
    of_sku: Codes


@dataclass(frozen=True, slots=True)
class Facts:
    """Every fact as of `cutoff_days` (days since 1970-01-01 UTC).

    levels                by column of the warehouse's SKUs: `subcategory`, `category`, …
    store_lat, store_lon  where stores stand, in degrees (WGS 84); NaN where it is not known
    pairs                 by the name of a grain of two keys: `customer_sku`, `store_category`, …
    """

    cutoff_days: float
    customers: Ids
    skus: Ids
    stores: Ids
    levels: dict[str, Level]
    home_store: Codes
    store_lat: Floats
    store_lon: Floats
    customer: Columns
    sku: Columns
    store: Columns
    pairs: dict[str, Grouped]


IDS = ("customers", "skus", "stores")
ARRAYS = ("home_store", "store_lat", "store_lon")
COLUMNS = ("customer", "sku", "store")


def save(facts: Facts, folder: Path) -> None:
    """Write one `.npy` per array, and `facts.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in IDS:
        np.save(folder / f"{part}.npy", getattr(facts, part).values)
    for key in levels():
        level = facts.levels[key.column]
        np.save(folder / f"{key.ids}.npy", level.ids.values)
        np.save(folder / f"sku_{key.column}.npy", level.of_sku)
    for part in ARRAYS:
        np.save(folder / f"{part}.npy", getattr(facts, part))
    for part in COLUMNS:
        save_columns(getattr(facts, part), folder, part)
    for name in pairs():
        save_grouped(facts.pairs[name], folder, name)
    (folder / "facts.json").write_text(json.dumps({"cutoff_days": facts.cutoff_days}))


def load(folder: Path) -> Facts:
    """Open saved facts; arrays are memory-mapped and read-only."""
    meta = json.loads((folder / "facts.json").read_text())
    parts: dict[str, Any] = {name: Ids(load_array(folder, name)) for name in IDS}
    parts |= {name: load_array(folder, name) for name in ARRAYS}
    parts |= {name: load_columns(folder, name) for name in COLUMNS}
    return Facts(
        cutoff_days=float(meta["cutoff_days"]),
        levels={key.column: _load_level(folder, key) for key in levels()},
        pairs={name: load_grouped(folder, name) for name in pairs()},
        **parts,
    )


def _load_level(folder: Path, key: Key) -> Level:
    return Level(Ids(load_array(folder, key.ids)), load_array(folder, f"sku_{key.column}"))


def save_columns(columns: Columns, folder: Path, name: str) -> None:
    np.save(folder / f"{name}.npy", np.ascontiguousarray(columns.values))
    (folder / f"{name}.json").write_text(json.dumps(columns.names))


def load_columns(folder: Path, name: str) -> Columns:
    return Columns(tuple(json.loads((folder / f"{name}.json").read_text())), load_array(folder, name))


def save_grouped(grouped: Grouped, folder: Path, name: str) -> None:
    np.save(folder / f"{name}.starts.npy", grouped.starts)
    np.save(folder / f"{name}.keys.npy", grouped.keys)
    save_columns(grouped.columns, folder, name)


def load_grouped(folder: Path, name: str) -> Grouped:
    return Grouped(load_array(folder, f"{name}.starts"), load_array(folder, f"{name}.keys"), load_columns(folder, name))


def load_array(folder: Path, name: str) -> NDArray[Any]:
    """A memory-mapped array as a plain view: a memmap object would cost thrice as much at every small slice.

    Raises ValueError or OSError where the file is damaged.
    """
    try:
        opened: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
    except (TokenError, SyntaxError, OverflowError) as error:  # numpy reads the header as Python
        raise ValueError(f"{name}.npy has no header that numpy can read: {error}") from error
    return opened
