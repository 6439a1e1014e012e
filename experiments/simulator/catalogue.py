"""SKUs and promotions as they really are, with the sizes that shelves need."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.simulator.accounts import STORE_CHAIN
from experiments.simulator.ground import Ground
from experiments.simulator.shelves import depth_cm, width_cm
from features.sql import count, parquet

_REAL = "sku, name, product, brand, category_path, attributes, pack, launched_on, discontinued_on, image"
PROMOTIONS_AT_ONCE = 20_000_000
_TEXTS = ("party", "store_id", "sku", "channel", "display", "mailer", "event_id")


def price_skus(ground: Ground) -> None:
    """The table `unit_prices`: sku, its numbers, and the median of what one unit was sold for; 1 where nothing says."""
    purchases = parquet(ground.warehouse.purchases)
    ground.run(f"""
        CREATE TABLE unit_prices AS
        SELECT sku, sku_nth, seat,
            coalesce(nullif(CAST(median(coalesce(list_price, paid / nullif(units, 0))) AS DOUBLE), 0), 1) AS unit_price
        FROM real_skus LEFT JOIN {purchases} USING (sku) GROUP BY sku, sku_nth, seat ORDER BY seat
    """)


def write_skus(ground: Ground) -> int:
    """The contract table `skus`; how many rows."""
    sizes = "width_cm, depth_cm"
    if ground.dials.metres:
        width, depth = width_cm(ground), depth_cm(ground)
        sizes = f"coalesce(width_cm, {width}) AS width_cm, coalesce(depth_cm, {depth}) AS depth_cm"
    return ground.write(
        "skus", f"SELECT '{STORE_CHAIN}' AS party, {_REAL}, {sizes}, unit_cost FROM real_skus ORDER BY sku"
    )


def write_promotions(ground: Ground) -> int:
    """The contract table `promotions`; a store has those of the real one that it is modelled on.

    The first part holds those of all stores and of the real ones, each later one those of some groups of modelled ones.
    """
    promotions = parquet(ground.warehouse.promotions)
    if not count(ground.connection, promotions):
        return 0
    columns = 'sku, channel, "from", "to", price, display, mailer, depth, event_id'
    known = "store_id IS NULL OR store_id IN (SELECT store_id FROM real_stores)"
    with ground.one_thread():  # so that the rows keep their order
        select = f"SELECT '{STORE_CHAIN}' AS party, store_id, {columns} FROM {promotions} WHERE {known}"
        rows = ground.write("promotions", select)
    groups, at_once = _names(ground), max(PROMOTIONS_AT_ONCE // max(rows, 1), 1)
    parts = [groups[at : at + at_once] for at in range(0, len(groups), at_once)]
    with ThreadPoolExecutor(ground.threads) as pool:
        copied = pool.map(lambda part: _modelled(ground.tables / "promotions", *part), enumerate(parts, start=1))
        return rows + sum(copied)


def _names(ground: Ground) -> list[dict[str, str]]:
    """For each group of modelled stores: id of a real store -> id of the one that is modelled on it."""
    pairs = ground.connection.execute(f"""
        SELECT store_nth // {max(ground.stores, 1)}, real_stores.store_id, planted_stores.store_id
        FROM planted_stores JOIN real_stores ON store = real_store WHERE store_nth >= {ground.stores} ORDER BY store_nth
    """).fetchall()
    names: dict[int, dict[str, str]] = {}
    for part, real, modelled in pairs:
        names.setdefault(int(part), {})[real] = modelled
    return list(names.values())


def _modelled(folder: Path, part: int, groups: list[dict[str, str]]) -> int:
    """Write the first part again for each group of modelled stores; how many rows.

    Rows are copied as they are encoded, with other names of stores: several times faster than a query.
    """
    rows = 0
    with pq.ParquetFile(folder / "part-00000.parquet", read_dictionary=list(_TEXTS)) as source:
        copy = folder / f"part-{part:05}.parquet"
        with pq.ParquetWriter(copy, source.schema_arrow, compression="zstd", store_schema=False) as written:
            for nth in range(source.num_row_groups):
                real = source.read_row_group(nth, use_threads=False)
                promotions = pa.concat_tables([_renamed(real, names) for names in groups]).unify_dictionaries()
                written.write_table(promotions)
                rows += promotions.num_rows
    return rows


def _renamed(promotions: pa.Table, names: dict[str, str]) -> pa.Table:
    """The promotions of the stores in `names`, under their other names."""
    column = promotions.column_names.index("store_id")
    stores = promotions["store_id"].combine_chunks()
    ids = [names.get(store) for store in stores.dictionary.to_pylist()]
    is_known = pa.array([name is not None for name in ids], pa.bool_()).take(stores.indices)
    renamed = pa.DictionaryArray.from_arrays(stores.indices, pa.array([name or "" for name in ids], pa.string()))
    return promotions.set_column(column, promotions.schema.field(column), renamed).filter(is_known)
