"""The ground that is planted on: real baskets with everything numbered, in blocks of customers, repeated by the scale.

Tables of the session: `real_customers`, `real_baskets`, `real_skus` and `real_stores`, each a number to an id. SKUs
have a second number: `seat`, in the order of their categories, so that the SKUs of one are `skus_of_shelf` numbers from
`shelf_seat` on.

The same seed gives the same bytes, with any number of threads: what is written is put in order where it was joined or
grouped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from experiments.simulator.chance import below
from experiments.simulator.dials import Dials
from features.engine import Session
from features.errors import DataError
from features.sql import count, literal, parquet
from features.warehouse.warehouse import Warehouse

LINES_AT_ONCE = 2_000_000
"""Lines of a block: what a few hundred megabytes hold with all that is planted on them."""

SHIFT_SECONDS = 45 * 60
"""By how much at most the hour of a repeated basket is another."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where and from what is planted.

    customers, baskets, stores   how many real ones there are
    first, last                  instants of the first and the last real purchase
    blocks                       real lines as numbers, each customer in one file
    tables, truth                the folder of contract tables and the one that no pipeline reads
    """

    connection: Session
    threads: int
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

    @property
    def all_stores(self) -> int:
        """Planted stores: the real ones, and those modelled on them."""
        return max(self.stores, self.dials.store_count) if self.stores else 0

    def run(self, sql: str) -> None:
        self.connection.execute(sql).fetchall()

    def keep(self, table: str, select: str) -> None:
        """Make a table anew that the session forgets at its end."""
        self.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}")

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Inside, the session has one thread."""
        self.run("SET threads = 1")
        try:
            yield
        finally:
            self.run(f"SET threads = {self.threads}")

    def write(self, table: str, select: str, part: int = 0) -> int:
        """Write a part of a contract table; how many rows it has."""
        return _written(self.connection, select, self.tables / table / f"part-{part:05}.parquet")

    def tell(self, name: str, select: str, part: int = 0) -> int:
        """Write a part of the truth; how many rows it has."""
        return _written(self.connection, select, self.truth / name / f"part-{part:05}.parquet")


def _written(connection: Session, select: str, path: Path) -> int:
    """Write rows; a part without rows is left out unless it is the first, which says what the columns are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    to = f"TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
    ((rows,),) = connection.execute(f"COPY ({select}) {to}").fetchall()
    if not rows and path.stem != "part-00000":
        path.unlink()
    return int(rows)


def prepare(connection: Session, warehouse: Warehouse, folder: Path, scratch: Path) -> tuple[Path, ...]:
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
        CREATE TABLE real_skus AS SELECT *, seat - (row_number() OVER shelf_mates - 1) AS shelf_seat,
            count(*) OVER (PARTITION BY shelf) AS skus_of_shelf, dense_rank() OVER (ORDER BY shelf) AS shelf_nth
        FROM (SELECT *, row_number() OVER (ORDER BY shelf, sku) - 1 AS seat FROM numbered_skus)
        WINDOW shelf_mates AS (PARTITION BY shelf ORDER BY sku) ORDER BY sku_nth
    """).fetchall()
    if count(connection, f"{purchases} WHERE party IN ('web-shop', 'store-chain')"):
        message = f"{warehouse.folder} has planted purchases. Next: name a work folder with real ones with --from."
        raise DataError(message)
    (folder / "tables").mkdir(parents=True)
    blocks = count(connection, purchases) // LINES_AT_ONCE + 1
    return tuple(_block(connection, purchases, nth, blocks, scratch) for nth in range(blocks))


def _number(connection: Session, table: str, number: str, rows: str, key: str) -> None:
    """A table of rows numbered from 0 in the order of their key; rows without a key are left out."""
    connection.execute(f"""
        CREATE TABLE {table} AS SELECT *, row_number() OVER (ORDER BY {key}) - 1 AS {number}
        FROM ({rows}) WHERE {key} IS NOT NULL
    """).fetchall()


def _block(connection: Session, purchases: str, nth: int, blocks: int, scratch: Path) -> Path:
    path = scratch / f"real-{nth:05}.parquet"
    select = f"""
        SELECT customer, basket, line, channel = 'web' AS was_web, store, seat, shelf_seat, skus_of_shelf, shelf_nth,
            bought_at, units, paid, list_price, promotion_id
        FROM {purchases} JOIN real_baskets USING (basket_id)
        LEFT JOIN real_customers ON real_customers.customer_id = holder
        LEFT JOIN real_stores USING (store_id) JOIN real_skus USING (sku)
        WHERE coalesce(customer, basket) % {blocks} = {nth} ORDER BY basket, line
    """
    _written(connection, select, path)
    return path


def open_block(ground: Ground, block: Path) -> None:
    """The tables `block_lines` and `block_baskets` of one block, as they really were; `source` numbers a basket."""
    ground.keep(
        "block_lines",
        f"""SELECT basket AS source, line, seat, shelf_seat, skus_of_shelf, shelf_nth, unit_price, units, paid,
            list_price, promotion_id FROM {parquet(block)} JOIN unit_prices USING (seat)""",
    )
    ground.keep(
        "block_baskets",
        f"""SELECT basket AS source, min(customer) AS customer, bool_or(was_web) AS was_web, min(store) AS store,
            min(bought_at) AS bought_at FROM {parquet(block)} GROUP BY basket ORDER BY basket""",
    )


def lay(ground: Ground, copy: int) -> None:
    """The table `baskets` of the open block, for the `copy`-th time.

    Copy 0 is the real block. In later ones every person is another, and shops some days and minutes earlier or later.
    """
    moved = "bought_at"
    if copy:
        number = first_number(ground, copy)
        days = f"{below('7', ground.seed, 'days', number)} - 3"
        seconds = f"{below(str(2 * SHIFT_SECONDS), ground.seed, 'seconds', number)} - {SHIFT_SECONDS}"
        at = f"bought_at + to_days(CAST({days} AS INTEGER)) + to_seconds({seconds})"
        within = f"BETWEEN TIMESTAMP '{ground.first}' AND TIMESTAMP '{ground.last}'"
        moved = f"CASE WHEN {at} {within} THEN {at} ELSE bought_at END"
    ground.keep(
        "baskets",
        f"""SELECT source, {first_number(ground, copy)} AS basket, customer + {copy * ground.customers} AS person,
            was_web, store, {moved} AS bought_at, 'real' AS origin, NULL::TIMESTAMP AS moved_from FROM block_baskets""",
    )


def first_number(ground: Ground, copy: int) -> str:
    """The number of the `copy`-th repetition of the basket `source`; that of the festival comes after all of them."""
    return f"(source + {2 * copy * ground.baskets})"
