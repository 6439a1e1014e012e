"""Freeze a snapshot: its tables become the arrays of `Facts`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.clock import Cutoff
from features.facts.facts import Codes, Columns, Facts, Floats, Grouped, Ids, Level, missing_value
from features.facts.grains import levels, pairs


def freeze(
    snapshot: Path, skus: Path, cutoff: Cutoff, stores: Path | None = None, described: Path | None = None
) -> Facts:
    """Facts of a snapshot folder.

    skus       the warehouse's table of SKUs, for their categories and brands
    stores     that of stores, for where they stand; without it nothing is known of distances
    described  the table of SKUs as it was brought: one that was launched before the cutoff has a code without a sale,
               and columns that say so; without it, only SKUs of the snapshot have codes
    """
    tables = {path.stem: pq.read_table(path) for path in sorted(snapshot.glob("*.parquet"))}
    ids = {
        "customer_id": _ids(tables["customer"]["customer_id"]),
        "sku": _ids(_with_described(tables["sku"]["sku"], described, cutoff)),
        "store_id": _ids(tables["store"]["store_id"]),
    }
    by_level = _levels(skus, ids["sku"])
    ids |= {column: level.ids for column, level in by_level.items()}
    customers = _in_order(tables["customer"], ids["customer_id"], "customer_id")
    lat, lon = _places(stores, ids["store_id"])
    return Facts(
        cutoff_days=cutoff.days,
        customers=ids["customer_id"],
        skus=ids["sku"],
        stores=ids["store_id"],
        levels=by_level,
        home_store=codes(customers["home_store"], ids["store_id"]),
        store_lat=lat,
        store_lon=lon,
        customer=_columns(customers, exclude=("customer_id", "home_store")),
        sku=_columns(_in_order(tables["sku"], ids["sku"]), exclude=("sku",)),
        store=_columns(_in_order(tables["store"], ids["store_id"], "store_id"), exclude=("store_id",)),
        pairs={
            name: _grouped(tables[name], (of.column, about.column), ids[of.column], ids[about.column])
            for name, (of, about) in pairs().items()
        },
    )


def _levels(table: Path, skus: Ids) -> dict[str, Level]:
    """How the warehouse sorts the SKUs, for every level that a grain speaks of."""
    attributes = _in_order(pq.read_table(table, columns=["sku", *(key.column for key in levels())]), skus)
    ids = {key.column: _ids(attributes[key.column]) for key in levels()}
    return {column: Level(known, codes(attributes[column], known)) for column, known in ids.items()}


def _with_described(sold: pa.ChunkedArray, described: Path | None, cutoff: Cutoff) -> pa.ChunkedArray:
    """The SKUs of the snapshot and those of the catalogue, but for such as are launched at the cutoff or later."""
    if described is None:
        return sold
    catalogue = pq.read_table(described, columns=["sku", "launched_on"])
    launched = catalogue["launched_on"].cast(pa.timestamp("us"))
    known = pc.fill_null(pc.less(launched, pa.scalar(cutoff.at, pa.timestamp("us"))), fill_value=True)
    found = catalogue.filter(known)["sku"].cast(sold.type)
    return pa.chunked_array([*sold.chunks, *found.chunks], sold.type)


def codes(column: pa.ChunkedArray, ids: Ids) -> Codes:
    """The code of each value; -1 where it is null or unknown."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    # One more entry than the dictionary: where null indices point.
    table = np.full(len(encoded.dictionary) + 1, -1, dtype=np.int32)
    table[:-1] = ids.codes(_bytes(encoded.dictionary))
    index = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    result: Codes = table[index]
    return result


def _ids(column: pa.ChunkedArray) -> Ids:
    return Ids(np.sort(_bytes(pc.unique(column.drop_null()))))


def _bytes(texts: pa.Array) -> NDArray[np.bytes_]:
    encoded = texts.cast(pa.binary()).to_pylist()
    return np.array(encoded, dtype=np.bytes_) if encoded else np.zeros(0, dtype="S1")


def _in_order(table: pa.Table, ids: Ids, key: str = "sku") -> pa.Table:
    """The rows of the table in the order of the ids; null rows where an id has none."""
    position = np.full(len(ids), -1, dtype=np.int64)
    code = codes(table[key], ids)
    position[code[code >= 0]] = np.flatnonzero(code >= 0)
    return table.take(pa.array(position, mask=position < 0))


def _places(stores: Path | None, ids: Ids) -> tuple[Floats, Floats]:
    """Latitude and longitude of each store, NaN where the table does not say both."""
    if stores is None:
        return np.full(len(ids), np.nan, dtype=np.float32), np.full(len(ids), np.nan, dtype=np.float32)
    table = _in_order(pq.read_table(stores, columns=["store_id", "lat", "lon"]), ids, "store_id")
    lat, lon = (np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float32) for name in ("lat", "lon"))
    unknown = np.isnan(lat) | np.isnan(lon)
    return np.where(unknown, np.float32(np.nan), lat), np.where(unknown, np.float32(np.nan), lon)


def _columns(table: pa.Table, exclude: Sequence[str]) -> Columns:
    names = tuple(name for name in table.column_names if name not in exclude)
    values: Floats = np.empty((table.num_rows, len(names)), dtype=np.float32)
    for at, name in enumerate(names):
        column = table[name].cast(pa.float32(), safe=False).combine_chunks()
        filled = np.nan_to_num(column.to_numpy(zero_copy_only=False), nan=np.nan, posinf=np.nan, neginf=np.nan)
        values[:, at] = np.where(np.isnan(filled), missing_value(name), filled)
    return Columns(names, values)


def _grouped(table: pa.Table, key: tuple[str, str], groups: Ids, keys: Ids) -> Grouped:
    group, inner = codes(table[key[0]], groups), codes(table[key[1]], keys)
    order = np.lexsort((inner, group))
    order = order[(group[order] >= 0) & (inner[order] >= 0)]
    columns = _columns(table, exclude=key)
    starts = np.searchsorted(group[order], np.arange(len(groups) + 1)).astype(np.int64)
    return Grouped(starts, inner[order], Columns(columns.names, columns.values[order]))
