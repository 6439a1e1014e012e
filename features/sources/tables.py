"""The user's own tables, Parquet or CSV, through a mapping file.

    # dataset.toml
    time_zone = "Asia/Shanghai"              # of instants that carry none; UTC where not said

    [till_receipts]
    files = "receipts/2025-*.csv"            # paths and globs, relative to this file
    csv = { delimiter = ";", encoding = "gb18030", decimal = "," }

    [till_receipts.columns]                  # ours = theirs; columns of the same name need no line
    receipt_id = "bon"
    sold_at = { column = "when", format = ["%d.%m.%Y %H:%M", "%Y-%m-%d"] }
    paid = { column = "amount", unit = "cents" }
    store_id = { value = "S1" }              # the same in every row
    units = { sql = "coalesce(pieces, 1)" }  # an expression over their columns; null where it fails

    [skus]
    files = ["articles.parquet"]
    [skus.columns]
    category_path = { columns = ["dept", "group", "subgroup"] }

Only one of `web_orders` and `till_receipts` is needed, and of it only `sku`, the instant, and either
the customer or the order. A file of customer_id, sku and time is loaded by:

    [web_orders]
    files = "purchases.csv"
    [web_orders.columns]
    account_id = "customer_id"
    ordered_at = "time"

Tables of persons are brought with identifiers as they are; only keyed hashes of them are kept, under the
key of OMNISHELF_IDENTITY_KEY:

    region = "CN"                            # of phone numbers without a calling code
    [accounts]
    files = "members.csv"
    [accounts.columns]
    account_id = "member"
    email = "mail"                           # stored as email_hash and mailbox_hash

`features/contracts/inputs.py` says which tables there are; the files that it names say which columns
there are and what stands in for those that are left out. Cells of CSV files are text: ids that all read
as whole numbers are taken to be whole numbers.
"""

from difflib import get_close_matches
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract, Value
from features.contracts.inputs import LEVEL_SEPARATOR
from features.contracts.table import Column, Kind
from features.errors import UserError
from features.reading.convert import converted, is_float, is_integer
from features.reading.files import found, rows_of
from features.reading.mapping import ColumnMapping, TableMapping, read_dataset
from features.reading.raw_rows import RawRows
from features.sql import literal, quoted


def extracts(connection: DuckDBPyConnection, dataset: Path | None, scratch: Path) -> tuple[Extract, ...]:
    """One extract per table of the mapping file `dataset`.

    Raises UserError for a wrong mapping and DataError for files that cannot be read.
    """
    read = read_dataset(dataset)
    return tuple(_extract(connection, read.path, mapping, scratch) for mapping in read.tables)


def _extract(connection: DuckDBPyConnection, path: Path, mapping: TableMapping, scratch: Path) -> Extract:
    table = mapping.table
    files = found(path.parent, mapping.files)
    folder = scratch / table.name
    folder.mkdir()
    raw = rows_of(connection, files, mapping.csv, folder)
    values: dict[str, Value] = {}
    types: dict[str, str] = {}
    for column in table.columns:
        if column.name in table.identifiers:
            continue
        said = _said(mapping, column, raw)
        if said is not None:
            source, types[column.name] = _source(connection, path, mapping, said, raw)
            values[column.name] = _value(path, mapping, column, said, source, types[column.name])
    ids = [column.name for column in table.columns if column.kind is Kind.ID and column.name in values]
    return Extract(
        table=table,
        rows=raw.rows,
        values=values,
        raw_columns=tuple(raw.types),
        files=files,
        time_zone=mapping.time_zone,
        integer_ids=frozenset(name for name in ids if is_integer(types[name])),
        untyped_ids=frozenset(name for name in ids if not raw.is_typed or is_float(types[name])),
        malformed=raw.malformed,
        identifiers=_identifiers(connection, path, mapping, raw),
        region=mapping.region,
    )


def _identifiers(connection: DuckDBPyConnection, path: Path, mapping: TableMapping, raw: RawRows) -> dict[str, str]:
    """Identifiers of persons that the file has, as texts; those that it does not have are left out."""
    found: dict[str, str] = {}
    for name in mapping.table.identifiers:
        said = _said(mapping, Column(name, Kind.TEXT, ""), raw)
        if said is not None:
            source, physical = _source(connection, path, mapping, said, raw)
            kind = Kind.ID if is_float(physical) else Kind.TEXT
            found[name] = converted(source, physical, kind, said, mapping.time_zone, mapping.csv.decimal)
    return found


def _said(mapping: TableMapping, column: Column, raw: RawRows) -> ColumnMapping | None:
    """Where the column comes from: what the file says, else their column of the same name, else nowhere."""
    if column.name in mapping.columns:
        return mapping.columns[column.name]
    if column.name == "party" and mapping.party:
        return ColumnMapping(value=mapping.party)
    return ColumnMapping(column=column.name) if raw.named(column.name) else None


def _source(
    connection: DuckDBPyConnection, path: Path, mapping: TableMapping, said: ColumnMapping, raw: RawRows
) -> tuple[str, str]:
    """The expression over their columns that is meant, and its type."""
    if said.value:
        return literal(said.value), "VARCHAR"
    if said.column:
        name = _spelt(path, mapping, said.column, raw)
        return quoted(name), raw.types[name]
    if said.columns:
        names = [_spelt(path, mapping, name, raw) for name in said.columns]
        parts = ", ".join(f"nullif(trim(CAST({quoted(name)} AS VARCHAR)), '')" for name in names)
        return f"nullif(concat_ws({literal(LEVEL_SEPARATOR)}, {parts}), '')", "VARCHAR"
    return f"TRY({said.sql})", _type_of(connection, path, mapping, said.sql, raw)


def _spelt(path: Path, mapping: TableMapping, name: str, raw: RawRows) -> str:
    """Their column of that name. Raises UserError where they have none."""
    spelt = raw.named(name)
    if spelt is None:
        near = get_close_matches(name, raw.types, n=1, cutoff=0.0)[0]
        message = (
            f"{path}: [{mapping.table.name}.columns] names {name!r}, which {', '.join(mapping.files)} does not have: "
            f"{', '.join(raw.types)}. Next: name one of these; nearest: {near!r}."
        )
        raise UserError(message)
    return spelt


def _type_of(connection: DuckDBPyConnection, path: Path, mapping: TableMapping, sql: str, raw: RawRows) -> str:
    try:
        described = connection.execute(f"DESCRIBE SELECT ({sql}) AS it FROM {raw.rows}").fetchall()
    except duckdb.Error as error:
        message = f"{path}: [{mapping.table.name}.columns] has sql = {sql!r}, which fails: {str(error).splitlines()[0]}"
        raise UserError(message) from error
    return str(described[0][1])


def _value(path: Path, mapping: TableMapping, column: Column, said: ColumnMapping, source: str, physical: str) -> Value:
    try:
        sql = converted(source, physical, column.kind, said, mapping.time_zone, mapping.csv.decimal)
    except UserError as error:
        message = f"{path}: [{mapping.table.name}.columns] {column.name}: {error}"
        raise UserError(message) from error
    if column.kind in {Kind.ID, Kind.TEXT}:
        return Value(sql)
    return Value(sql, raw=f"nullif(trim(CAST({source} AS VARCHAR)), '')", hint=_hint(path, mapping, column))


def _hint(path: Path, mapping: TableMapping, column: Column) -> str:
    where = f"under [{mapping.table.name}.columns] in {path}"
    if column.kind in {Kind.INSTANT, Kind.DATE}:
        return f'say how they are written, {column.name} = {{ column = "…", format = "%d/%m/%Y %H:%M" }}, {where}'
    return f'map another column {where}, or say csv = {{ decimal = "," }}'
