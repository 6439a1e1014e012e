"""Scrub: somebody's rows out of what trainings and experiments wrote for people: logged tables, records, examples.

Rows of tables go whole; elsewhere names become `erased`: in JSON where a member's name says that it is a person's id,
and in any text where a name cannot be taken for something else, as 7 could.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.files import whole_file, write_whole

ERASED = "erased"
OF_PERSONS = {"customer_id", "customer", "subject", "alias", "account_id", "loyalty_id", "visitor_id"}
"""Columns in which any of the names means the person."""
TEXTS = {".csv", ".txt", ".md", ".html", ".log", ".yaml", ".yml", ".toml", ""}


def scrub(files: Iterator[Path], names: frozenset[str]) -> int:
    """Take the names out of files, each rewritten whole or not at all; how many had any."""
    telling = frozenset(name for name in names if len(name) >= 8 or ":" in name)
    return sum(_scrubbed(path, names, telling) for path in files)


def _scrubbed(path: Path, names: frozenset[str], telling: frozenset[str]) -> bool:
    if path.suffix == ".parquet":
        return _parquet(path, names, telling)
    if path.suffix != ".json" and path.suffix not in TEXTS:
        return False
    try:
        before = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    after = _json(before, names, telling) if path.suffix == ".json" else None
    after = _text(before, telling) if after is None else after
    if after != before:
        write_whole(path, after)
    return after != before


def _parquet(path: Path, names: frozenset[str], telling: frozenset[str]) -> bool:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        return False
    hers = pa.chunked_array([pa.array([False] * table.num_rows)])
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            unwanted = pa.array(sorted(names if name in OF_PERSONS else telling), column.type)
            hers = pc.or_(hers, pc.is_in(column, value_set=unwanted))
    if not pc.any(hers).as_py():
        return False
    with whole_file(path) as partial:
        pq.write_table(table.filter(pc.invert(hers)), partial)
    return True


def _json(text: str, names: frozenset[str], telling: frozenset[str]) -> str | None:
    """The document without the names, as it was where it has none; None where it is no JSON."""
    try:
        before = json.loads(text)
    except ValueError:
        return None
    after = _cleaned(before, names, telling)
    return text if after == before else json.dumps(after)


def _cleaned(value: Any, names: frozenset[str], telling: frozenset[str]) -> Any:  # noqa: ANN401 - whatever JSON may hold
    if isinstance(value, dict):
        columns, rows = value.get("columns"), value.get("data")
        if isinstance(columns, list) and isinstance(rows, list):
            return _without_rows(value, columns, rows, names)
        return {
            key: _cleaned(each, names, names if key in OF_PERSONS else telling)
            for key, each in value.items()
            if key not in telling
        }
    if isinstance(value, list):
        return [_cleaned(each, names, telling) for each in value]
    return ERASED if isinstance(value, str) and value in telling else value


def _without_rows(table: dict[str, Any], columns: list[Any], rows: list[Any], names: frozenset[str]) -> dict[str, Any]:
    """A table in the form in which pandas splits it, without the rows that name the person."""
    at = [nth for nth, name in enumerate(columns) if name in OF_PERSONS]
    keep = [not any(str(row[nth]) in names for nth in at if nth < len(row)) for row in rows]
    kept = {**table, "data": [row for row, stays in zip(rows, keep, strict=True) if stays]}
    index = table.get("index")
    if isinstance(index, list) and len(index) == len(rows):
        kept["index"] = [each for each, stays in zip(index, keep, strict=True) if stays]
    return kept


def _text(text: str, telling: frozenset[str]) -> str:
    if not any(name in text for name in telling):
        return text
    some = "|".join(re.escape(name) for name in sorted(telling, key=len, reverse=True))
    return re.sub(rf"(?<![\w:-])(?:{some})(?![\w:-])", ERASED, text)
