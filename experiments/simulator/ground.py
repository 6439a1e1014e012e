"""The ground that is planted on: real baskets with everything numbered, in blocks of customers, repeated by the scale.

Tables of the session: `real_customers`, `real_baskets`, `real_skus` and `real_stores`, each a number to an id.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from experiments.simulator.chance import below, uniform
from experiments.simulator.dials import Dials
from features.errors import DataError
from features.sql import count, literal, parquet
from features.warehouse import Warehouse

LINES_AT_ONCE = 2_000_000
"""Lines of a block: what a few hundred megabytes hold with all that is planted on them."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where and from what is planted.

    customers, baskets, stores   how many real ones there are
    first, last                  instants of the first and the last real purchase
    blocks                       real lines as numbers, each customer in one file
    tables, truth                the folder of contract tables and the one that no pipeline reads
    """

    connection: DuckDBPyConnection
    warehouse: Warehouse
    seed: int
    scale: int
    dials: Dials
    customers: int
    baskets: int
    stores: int
    first: datetime
    last: datetime
    blocks: tuple[Path, ...]
    tables: Path
    truth: Path

    @property
    def people(self) -> int:
        """Planted people: every real customer, `scale` times."""
        return self.customers * self.scale

    def run(self, sql: str) -> None:
        self.connection.execute(sql).fetchall()

    def write(self, table: str, select: str, part: int = 0) -> int:
        """Write a part of a contract table; how many rows it has."""
        return _written(self.connection, select, self.tables / table / f"part-{part:05}.parquet")

    def tell(self, name: str, select: str, part: int = 0) -> int:
        """Write a part of the truth; how many rows it has."""
        return _written(self.connection, select, self.truth / name / f"part-{part:05}.parquet")


def _written(connection: DuckDBPyConnection, select: str, path: Path) -> int:
    """Write rows; a part without rows is left out unless it is the first, which says what the columns are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    to = f"TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
    ((rows,),) = connection.execute(f"COPY ({select}) {to}").fetchall()
    if not rows and path.stem != "part-00000":
        path.unlink()
    return int(rows)


def prepare(connection: DuckDBPyConnection, warehouse: Warehouse, folder: Path, scratch: Path) -> tuple[Path, ...]:
    """Number what the warehouse holds and write its lines to `scratch` in blocks of customers.

    Makes the folder of tables in `folder`. Raises DataError where the purchases are planted ones already.
    """
    purchases = parquet(warehouse.purchases)
    _number(connection, "real_customers", "customer", f"SELECT DISTINCT customer_id FROM {purchases}", "customer_id")
    _number(
        connection,
        "real_baskets",
        "basket",
        f"SELECT basket_id, min(customer_id) AS holder FROM {purchases} GROUP BY basket_id",
        "basket_id",
    )
    _number(connection, "real_stores", "store", f"SELECT * FROM {parquet(warehouse.stores)}", "store_id")
    skus = f"SELECT *, coalesce(subcategory, '') AS shelf FROM {parquet(warehouse.skus)}"
    _number(connection, "numbered_skus", "sku_nth", skus, "sku")
    connection.execute("""
        CREATE TABLE real_skus AS SELECT *, row_number() OVER shelf_mates - 1 AS nth_of_shelf,
            count(*) OVER (PARTITION BY shelf) AS skus_of_shelf, dense_rank() OVER (ORDER BY shelf) AS shelf_nth
        FROM numbered_skus WINDOW shelf_mates AS (PARTITION BY shelf ORDER BY sku)
    """).fetchall()
    if count(connection, f"{purchases} WHERE party IN ('web-shop', 'store-chain')"):
        message = f"{warehouse.folder} has planted purchases. Next: name a work folder with real ones with --from."
        raise DataError(message)
    (folder / "tables").mkdir(parents=True)
    blocks = count(connection, purchases) // LINES_AT_ONCE + 1
    return tuple(_block(connection, purchases, nth, blocks, scratch) for nth in range(blocks))


def _number(connection: DuckDBPyConnection, table: str, number: str, rows: str, key: str) -> None:
    """A table of rows numbered from 0 in the order of their key; rows without a key are left out."""
    connection.execute(f"""
        CREATE TABLE {table} AS SELECT *, row_number() OVER (ORDER BY {key}) - 1 AS {number}
        FROM ({rows}) WHERE {key} IS NOT NULL
    """).fetchall()


def _block(connection: DuckDBPyConnection, purchases: str, nth: int, blocks: int, scratch: Path) -> Path:
    path = scratch / f"real-{nth:05}.parquet"
    select = f"""
        SELECT customer, basket, line, channel = 'web' AS was_web, store, sku_nth, shelf_nth, shelf, nth_of_shelf,
            skus_of_shelf, bought_at, units, paid, list_price, promotion_id
        FROM {purchases} JOIN real_baskets USING (basket_id)
        LEFT JOIN real_customers ON real_customers.customer_id = holder
        LEFT JOIN real_stores USING (store_id) JOIN real_skus USING (sku)
        WHERE coalesce(customer, basket) % {blocks} = {nth} ORDER BY basket, line
    """
    _written(connection, select, path)
    return path


def lay(ground: Ground, block: Path, copy: int) -> None:
    """The tables `lines` and `baskets` of one block, for the `copy`-th time.

    Copy 0 is the real block. In later ones every person shops some days earlier or later, in other
    stores, and takes another SKU of the same category now and then.
    """
    changed = f"{uniform(ground.seed, 'changed', 'basket', 'line')} < {ground.dials.repeats_changed}"
    other = below("skus_of_shelf", ground.seed, "another", "basket", "line")
    ground.run(f"""
        CREATE OR REPLACE TABLE lines AS
        WITH numbered AS (SELECT * REPLACE (basket + {2 * copy * ground.baskets} AS basket) FROM {parquet(block)}),
        taken AS (SELECT *, CASE WHEN {copy} > 0 AND {changed} THEN {other} ELSE nth_of_shelf END AS nth FROM numbered)
        SELECT taken.* EXCLUDE (sku_nth, nth_of_shelf, nth), real_skus.sku_nth FROM taken
        JOIN real_skus ON real_skus.shelf_nth = taken.shelf_nth AND real_skus.nth_of_shelf = taken.nth
    """)
    days = f"{below('7', ground.seed, 'days', 'basket')} - 3" if copy else "0"
    moved = f"bought_at + to_days(CAST({days} AS INTEGER))"
    within = f"BETWEEN TIMESTAMP '{ground.first}' AND TIMESTAMP '{ground.last}'"
    ground.run(f"""
        CREATE OR REPLACE TABLE baskets AS
        SELECT basket, customer + {copy * ground.customers} AS person, was_web, store,
            CASE WHEN {moved} {within} THEN {moved} ELSE bought_at END AS bought_at,
            'real' AS origin, NULL::TIMESTAMP AS moved_from
        FROM (SELECT basket, min(customer) AS customer, bool_or(was_web) AS was_web, min(store) AS store,
                     min(bought_at) AS bought_at FROM lines GROUP BY basket)
    """)
    for column in ("customer", "was_web", "store", "bought_at"):
        ground.run(f"ALTER TABLE lines DROP COLUMN {column}")
