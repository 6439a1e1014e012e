"""SKUs and promotions as they really are, with the sizes that shelves need."""

from experiments.simulator.accounts import STORE_CHAIN
from experiments.simulator.ground import Ground
from experiments.simulator.shelves import depth_cm, width_cm
from features.sql import count, parquet

_REAL = "sku, name, product, brand, category_path, attributes, pack, launched_on, discontinued_on, image"


def price_skus(ground: Ground) -> None:
    """The table `unit_prices`: sku and the median of what one unit was sold for; 1 where nothing says."""
    purchases = parquet(ground.warehouse.purchases)
    ground.run(f"""
        CREATE TABLE unit_prices AS
        SELECT sku, coalesce(nullif(CAST(median(coalesce(list_price, paid / nullif(units, 0))) AS DOUBLE), 0), 1)
            AS unit_price
        FROM real_skus LEFT JOIN {purchases} USING (sku) GROUP BY sku
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
    """The contract table `promotions`; a store has those of the real one that it is modelled on."""
    promotions = parquet(ground.warehouse.promotions)
    if not count(ground.connection, promotions):
        return 0
    columns = f'sku, channel, "from", "to", price, display, mailer, depth, event_id FROM {promotions} AS promotions'
    return ground.write(
        "promotions",
        f"""SELECT '{STORE_CHAIN}' AS party, NULL::VARCHAR AS store_id, {columns} WHERE store_id IS NULL
        UNION ALL SELECT '{STORE_CHAIN}', planted_stores.store_id, {columns}
        JOIN real_stores USING (store_id) JOIN planted_stores ON real_store = store""",
    )
