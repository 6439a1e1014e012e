"""Conversion in SQL: from whatever type a user's column has to the type that the contract wants.

Every expression is null where the value cannot be read; it never raises.
"""

from features.contracts.table import SQL_TYPES, Kind
from features.errors import UserError
from features.reading.mapping import EPOCH_UNITS, SCALES, ColumnMapping
from features.sql import literal

_INTEGERS = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}
_FLOATS = {"DOUBLE", "FLOAT"}
_ZONED = "TIMESTAMP WITH TIME ZONE"
_OFFSET = r"\d\d:\d\d.*(Z|z|[+-]\d\d(:?\d\d)?)$"


def is_integer(physical: str) -> bool:
    return physical in _INTEGERS


def is_float(physical: str) -> bool:
    return physical in _FLOATS


def converted(source: str, physical: str, kind: Kind, mapping: ColumnMapping, zone: str, decimal: str) -> str:
    """SQL that reads `source`, an expression of the type `physical`, as a value of `kind`.

    `zone` is the time zone of instants that carry none. Raises UserError where the mapping does not
    say how to read the type (a whole number as an instant).
    """
    if kind in {Kind.INSTANT, Kind.DATE}:
        return _instant(source, physical, kind, mapping, zone)
    if kind is Kind.ID:
        return _id(source, physical)
    if kind is Kind.TEXT:
        return f"nullif(trim(CAST({source} AS VARCHAR)), '')"
    if kind is Kind.BOOLEAN:
        return f"TRY_CAST(trim(CAST({source} AS VARCHAR)) AS BOOLEAN)"
    return _number(source, physical, kind, mapping, decimal)


def _id(source: str, physical: str) -> str:
    """Ids stay as they came; whole numbers that a null turned into floats are whole numbers again."""
    text = f"CAST({source} AS VARCHAR)"
    if physical in _FLOATS:
        whole = f"{source} = trunc({source}) AND abs({source}) < 1e15"
        text = (
            f"CASE WHEN {whole} THEN CAST(CAST({source} AS BIGINT) AS VARCHAR) WHEN NOT isnan({source}) THEN {text} END"
        )
    return f"CASE WHEN trim({text}) <> '' THEN {text} END"


def _number(source: str, physical: str, kind: Kind, mapping: ColumnMapping, decimal: str) -> str:
    if is_integer(physical) or physical.startswith("DECIMAL"):
        value = source
    elif is_float(physical):
        value = f"CASE WHEN isfinite({source}) THEN {source} END"
    else:
        value = f"trim(CAST({source} AS VARCHAR))"
        value = f"replace(replace({value}, '.', ''), ',', '.')" if decimal == "," else value
    if mapping.unit in EPOCH_UNITS:
        message = f"unit {mapping.unit!r} is one of time, not of {kind}s"
        raise UserError(message)
    sql_type = SQL_TYPES[kind]
    number = f"TRY_CAST({value} AS {sql_type})"
    if kind in {Kind.UNITS, Kind.NUMBER}:
        number = f"CASE WHEN isfinite({number}) THEN {number} END"
    return f"TRY_CAST({number} * {SCALES[mapping.unit]} AS {sql_type})" if mapping.unit else number


def _instant(source: str, physical: str, kind: Kind, mapping: ColumnMapping, zone: str) -> str:
    local = f"timezone('UTC', timezone({literal(zone)}, {{}}))" if zone != "UTC" else "{}"
    if kind is Kind.DATE:
        local = "{}"
    if mapping.formats:
        instant = _by_format(f"trim(CAST({source} AS VARCHAR))", mapping.formats, local)
    elif physical == _ZONED:
        instant = f"timezone('UTC', {source})"
    elif is_integer(physical) or physical in _FLOATS:
        instant = _since_epoch(source, mapping)
    elif physical == "DATE" or physical.startswith("TIMESTAMP"):
        instant = local.format(f"TRY_CAST({source} AS TIMESTAMP)")
    else:
        instant = _iso(f"trim(CAST({source} AS VARCHAR))", local)
    tried = f"TRY({instant})"  # TRY inside CASE: DuckDB takes common parts of a CASE out of a TRY around it
    return f"CAST(CASE WHEN isfinite({tried}) THEN {tried} END AS {SQL_TYPES[kind]})"


def _by_format(text: str, formats: tuple[str, ...], local: str) -> str:
    zoned = [one for one in formats if "%z" in one or "%Z" in one]
    naive = [one for one in formats if one not in zoned]
    tries = [f"timezone('UTC', try_strptime({text}, {literal(one)}))" for one in zoned]
    tries += [local.format(f"CAST(try_strptime({text}, {literal(one)}) AS TIMESTAMP)") for one in naive]
    return f"coalesce({', '.join(tries)})"


def _iso(text: str, local: str) -> str:
    zoned = f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))"
    naive = local.format(f"TRY_CAST({text} AS TIMESTAMP)")
    return f"CASE WHEN regexp_matches({text}, {literal(_OFFSET)}) THEN {zoned} ELSE {naive} END"


def _since_epoch(source: str, mapping: ColumnMapping) -> str:
    scale = {"s": "1000000", "ms": "1000", "us": "1", "days": "86400000000"}.get(mapping.unit)
    if scale is None:
        message = (
            f'{mapping.column or mapping.sql} is a number where an instant is needed. Next: add unit = "s" '
            '(seconds since 1970; also ms, us, days) or, for numbers such as 20240131, format = "%Y%m%d"'
        )
        raise UserError(message)
    return f"make_timestamp(TRY_CAST({source} * {scale} AS BIGINT))"
