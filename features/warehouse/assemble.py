"""The tables of the warehouse, written from the merged input tables."""

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import ibis
from duckdb import DuckDBPyConnection

from features.contracts.inputs import INPUTS, RETURNS, SKUS, STORES, TILL_RECEIPTS, WEB_ORDERS
from features.contracts.outputs import AS_BROUGHT, OUTPUTS, PURCHASES
from features.contracts.outputs import RETURNS as RETURNED
from features.contracts.table import Table
from features.sql import count, parquet, quoted, write_parquet
from features.warehouse.catalogue import complete_skus, complete_stores
from features.warehouse.purchases import purchases
from features.warehouse.returned import returned_lines

_IBIS_TYPES = {
    "VARCHAR": "string",
    "TIMESTAMP": "timestamp(6)",
    "DATE": "date",
    "DECIMAL(18,4)": "decimal(18, 4)",
    "DOUBLE": "float64",
    "INTEGER": "int32",
    "BOOLEAN": "boolean",
}


def ibis_table(table: Table) -> ibis.Table:
    """A contract table as an unbound Ibis table of its name."""
    return ibis.table({column.name: _IBIS_TYPES[column.sql_type] for column in table.columns}, name=table.name)


def assemble(connection: DuckDBPyConnection, inputs: Path, folder: Path, step: Callable[[str], None]) -> dict[str, int]:
    """Write all output tables to `folder` from the Parquet files in `inputs`; the rows of each."""
    for table in INPUTS:
        _view(connection, table, inputs / f"{table.name}.parquet")
    present = frozenset(table.name for table in INPUTS if (inputs / f"{table.name}.parquet").is_file())
    queries = _queries(present)
    step("One purchase history")
    write_parquet(connection, queries["purchases"], folder / "purchases.parquet")
    step("Catalogue")
    _view(connection, PURCHASES, folder / "purchases.parquet")
    for name in ("skus", "stores"):
        write_parquet(connection, queries[name], folder / f"{name}.parquet")
    _returns(connection, queries["returns"] if RETURNS.name in present else None, folder)
    for table in AS_BROUGHT:
        _as_brought(connection, table, inputs, folder)
    return {table.name: count(connection, parquet(folder / f"{table.name}.parquet")) for table in OUTPUTS}


@cache
def _queries(present: frozenset[str]) -> dict[str, str]:
    """Output table -> its query in DuckDB's SQL, for the input tables that are there."""
    orders, receipts = (ibis_table(one) if one.name in present else None for one in (WEB_ORDERS, TILL_RECEIPTS))
    history = ibis_table(PURCHASES)
    expressions = {
        "purchases": purchases(orders, receipts),
        "skus": complete_skus(ibis_table(SKUS), history),
        "stores": complete_stores(ibis_table(STORES), history),
        "returns": returned_lines(ibis_table(RETURNS), history),
    }
    return {name: str(ibis.to_sql(expression, dialect="duckdb")) for name, expression in expressions.items()}


def _view(connection: DuckDBPyConnection, table: Table, path: Path) -> None:
    """The table under its own name in the session; empty where there is no file."""
    columns = (f"CAST(NULL AS {column.sql_type}) AS {quoted(column.name)}" for column in table.columns)
    rows = f"SELECT * FROM {parquet(path)}" if path.is_file() else f"SELECT {', '.join(columns)} WHERE false"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(table.name)} AS {rows}").fetchall()


def _returns(connection: DuckDBPyConnection, query: str | None, folder: Path) -> None:
    path = folder / f"{RETURNED.name}.parquet"
    columns = ", ".join(
        f"CAST({quoted(column.name)} AS {column.sql_type}) AS {quoted(column.name)}" for column in RETURNED.columns
    )
    if query:
        write_parquet(connection, f"SELECT {columns} FROM ({query})", path)
    else:
        nothing = ", ".join(f"CAST(NULL AS {column.sql_type}) AS {quoted(column.name)}" for column in RETURNED.columns)
        write_parquet(connection, f"SELECT {nothing} WHERE false", path)


def _as_brought(connection: DuckDBPyConnection, table: Table, inputs: Path, folder: Path) -> None:
    merged, path = (place / f"{table.name}.parquet" for place in (inputs, folder))
    if merged.is_file():
        link(merged, path)
    else:
        write_parquet(connection, f"FROM {quoted(table.name)}", path)


def link(source: Path, path: Path) -> None:
    """The same immutable file under a second name; a copy where the file system has no links."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
