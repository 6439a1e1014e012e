"""The mapping file `dataset.toml`: where a user's tables lie and which of their columns is which of ours."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from features.contracts.inputs import INPUTS
from features.contracts.table import Table
from features.errors import UserError

SCALES = {"cents": "0.01", "thousandths": "0.001", "thousands": "1000", "percent": "0.01"}
"""Unit of a number -> what it is multiplied by to be in the contract's unit."""
EPOCH_UNITS = ("s", "ms", "us", "days")
"""Units of a whole number that counts from 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Where one of our columns comes from: exactly one of the first four.

    column   one of their columns
    columns  several, joined by ' > ' (a category path)
    value    the same in every row
    sql      an expression over their columns, for what the rest cannot say
    formats  of dates and times, `%Y-%m-%d` style; the first that fits; empty: ISO 8601
    unit     one of SCALES or EPOCH_UNITS; empty: the contract's own
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    value: str = ""
    sql: str = ""
    formats: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How a table's CSV files are written."""

    delimiter: str = ""
    """Empty: a comma, or a tab in `.tsv` files."""
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: str = "."
    null: tuple[str, ...] = ()
    """Cells that mean that there is no value, besides empty ones: NA, NULL, …"""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One of our tables in a user's files; columns that are not named map to those with the same name."""

    table: Table
    files: tuple[str, ...]
    """Paths and globs, relative to the mapping file."""
    columns: Mapping[str, ColumnMapping]
    csv: CsvOptions
    time_zone: str
    party: str
    region: str = ""
    """The country of phone numbers that name none, ISO 3166."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A user's tables, as the mapping file describes them."""

    path: Path
    tables: tuple[TableMapping, ...]


def read_dataset(path: Path | None) -> Dataset:
    """Read a mapping file.

    Raises UserError where there is none, where it is not TOML, or where it names something that we
    do not know; the message says what and the nearest that we know.
    """
    if path is None or not path.is_file():
        message = f"There is no mapping file{f' {path}' if path else ''}. Next: name one with --dataset dataset.toml."
        raise UserError(message)
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not TOML: {error}. Next: mend that line."
        raise UserError(message) from error
    names = [table.name for table in INPUTS]
    _know(path, "", text, ["name", "time_zone", "party", "region", "csv", *names])
    tables = tuple(_table(path, table, text) for table in INPUTS if table.name in text)
    if not tables:
        message = f'{path} describes no table. Next: add [till_receipts] or [web_orders] with files = "…".'
        raise UserError(message)
    return Dataset(path, tables)


def _know(path: Path, where: str, given: Iterable[str], known: list[str]) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.0)[0]
            message = f"{path}: {where or 'the file'} has {name!r}, which means nothing here. Nearest: {near!r}."
            raise UserError(f"{message} Known: {', '.join(known)}.")


def _table(path: Path, table: Table, text: Mapping[str, Any]) -> TableMapping:
    given, where = text[table.name], f"[{table.name}]"
    if not isinstance(given, dict):
        message = f"{path}: {where} is not a table. Next: write {where} on a line of its own, and files below it."
        raise UserError(message)
    _know(path, where, given, ["files", "time_zone", "party", "region", "csv", "columns"])
    files = _texts(given.get("files", ()))
    if not files:
        message = f'{path}: {where} names no files. Next: add files = "folder/*.csv", relative to {path.name}.'
        raise UserError(message)
    columns = given.get("columns", {})
    _know(path, f"[{table.name}.columns]", columns, list(dict.fromkeys((*table.names, *table.identifiers))))
    zone = str(given.get("time_zone", text.get("time_zone", "UTC")))
    _need_zone(path, zone)
    csv = text.get("csv", {}) | given.get("csv", {})
    _know(path, f"[{table.name}.csv]", csv, ["delimiter", "quote", "encoding", "decimal", "null"])
    csv["null"] = _texts(csv.get("null", ()))
    mapped = {name: _column(path, f"{table.name}.columns.{name}", one) for name, one in columns.items()}
    party, region = (str(given.get(name, text.get(name, ""))) for name in ("party", "region"))
    return TableMapping(table, files, mapped, CsvOptions(**csv), zone, party, region)


def _texts(one_or_many: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (one_or_many,) if isinstance(one_or_many, str) else tuple(one_or_many)


def _need_zone(path: Path, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{path}: there is no time zone {zone!r}. Next: write one such as 'Asia/Shanghai' or 'UTC'."
        raise UserError(message) from error


def _column(path: Path, where: str, given: object) -> ColumnMapping:
    if isinstance(given, str):
        return ColumnMapping(column=given)
    if not isinstance(given, dict):
        message = f'{path}: {where} is {given!r}. Next: name one of their columns, or write {{ value = "{given}" }}.'
        raise UserError(message)
    _know(path, where, given, ["column", "columns", "value", "sql", "format", "unit"])
    if len({"column", "columns", "value", "sql"} & set(given)) != 1:
        message = f"{path}: {where} needs one of column, columns, value and sql, and has {sorted(given)}."
        raise UserError(message)
    unit = str(given.get("unit", ""))
    if unit and unit not in {*SCALES, *EPOCH_UNITS}:
        message = f"{path}: {where} has unit {unit!r}. Units: {', '.join([*SCALES, *EPOCH_UNITS])}."
        raise UserError(message)
    return ColumnMapping(
        column=str(given.get("column", "")),
        columns=tuple(given.get("columns", ())),
        value=str(given.get("value", "")),
        sql=str(given.get("sql", "")),
        formats=_texts(given.get("format", ())),
        unit=unit,
    )
