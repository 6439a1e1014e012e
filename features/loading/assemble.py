"""The tables of the warehouse, written from the merged input tables."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import ibis
from duckdb import DuckDBPyConnection

from features.catalogue import complete_skus, complete_stores
from features.contracts.inputs import PROMOTIONS, SKUS, STORES, TILL_RECEIPTS, WEB_ORDERS
from features.contracts.outputs import OUTPUTS
from features.contracts.outputs import PURCHASES as PURCHASES_OUTPUT
from features.contracts.table import Table
from features.purchases import purchases
from features.sql import count, parquet, quoted, write_parquet

_IBIS_TYPES = {
    "VARCHAR": "string",
    "TIMESTAMP": "timestamp(6)",
    "DATE": "date",
    "DECIMAL(18,4)": "decimal(18, 4)",
    "DOUBLE": "float64",
    "INTEGER": "int32",
}


def ibis_table(table: Table, name: str | None = None) -> ibis.Table:
    """A contract table as an unbound Ibis table."""
    schema = {column.name: _IBIS_TYPES[column.sql_type] for column in table.columns}
    return ibis.table(schema, name=name or table.name)


def assemble(connection: DuckDBPyConnection, inputs: Path, folder: Path, step: Callable[[str], None]) -> dict[str, int]:
    """Write all output tables to `folder` from the Parquet files in `inputs`; the rows of each."""
    present = {table.name for table in (WEB_ORDERS, TILL_RECEIPTS) if (inputs / f"{table.name}.parquet").is_file()}
    for table in (WEB_ORDERS, TILL_RECEIPTS, SKUS, STORES, PROMOTIONS):
        _view(connection, table, inputs / f"{table.name}.parquet")
    step("One purchase history")
    orders, receipts = (ibis_table(t) if t.name in present else None for t in (WEB_ORDERS, TILL_RECEIPTS))
    _write(connection, purchases(orders, receipts), folder / "purchases.parquet")
    step("Catalogue")
    bought = parquet(folder / "purchases.parquet")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW purchases AS SELECT * FROM {bought}").fetchall()
    history = ibis_table(PURCHASES_OUTPUT)
    _write(connection, complete_skus(ibis_table(SKUS), history), folder / "skus.parquet")
    _write(connection, complete_stores(ibis_table(STORES), history), folder / "stores.parquet")
    _promotions(connection, inputs, folder / "promotions.parquet")
    return {table.name: count(connection, parquet(folder / f"{table.name}.parquet")) for table in OUTPUTS}


def _view(connection: DuckDBPyConnection, table: Table, path: Path) -> None:
    """The table under its own name in the session; empty where there is no file."""
    columns = (f"CAST(NULL AS {column.sql_type}) AS {quoted(column.name)}" for column in table.columns)
    rows = f"SELECT * FROM {parquet(path)}" if path.is_file() else f"SELECT {', '.join(columns)} WHERE false"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {table.name} AS {rows}").fetchall()


def _write(connection: DuckDBPyConnection, expression: ibis.Table, path: Path) -> None:
    write_parquet(connection, ibis.to_sql(expression, dialect="duckdb"), path)


def _promotions(connection: DuckDBPyConnection, inputs: Path, path: Path) -> None:
    merged = inputs / "promotions.parquet"
    if merged.is_file():
        link(merged, path)
    else:
        write_parquet(connection, "FROM promotions", path)


def link(source: Path, path: Path) -> None:
    """The same immutable file under a second name; a copy where the file system has no links."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
