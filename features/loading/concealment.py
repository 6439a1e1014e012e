"""Identifiers of persons at the door: an extract goes on with keyed hashes, and nothing raw goes further.

Of a table with identifiers the quarantine has our columns, not theirs: any column of theirs, and any
line that is no row, may hold somebody's name.
"""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract, Value
from features.errors import UserError
from features.identity.entry import hash_identifiers
from features.identity.keyed_hash import KeyedHash
from features.identity.normalise import REGIONS, region, token
from features.loading.judging import need_columns
from features.sql import parquet, quoted

_PAYMENT = "payment_token"
_ROWS_AT_ONCE = 200_000
_HASHES_KEPT = 1_000_000
"""Tokens come back in many receipts: so many hashes are remembered (about 200 MB)."""
_KEY_CHECK = "key check"


def identity_key(extracts: tuple[Extract, ...]) -> KeyedHash | None:
    """The key of the environment where a table brings identifiers, else None.

    Raises UserError where there is none.
    """
    brings = [f"{one.table.name} brings {', '.join(one.identifiers)}" for one in extracts if one.identifiers]
    if not brings:
        return None
    try:
        return KeyedHash.load()
    except UserError as error:
        message = f"{'; '.join(brings)}. {error}"
        raise UserError(message) from error


def key_check(key: KeyedHash) -> str:
    """Tells keys apart without telling the key."""
    return key.of(_KEY_CHECK, _KEY_CHECK)


def concealed(connection: DuckDBPyConnection, extract: Extract, key: KeyedHash, folder: Path) -> Extract:
    """The extract over a copy of its rows in `folder` in which identifiers are keyed hashes."""
    if not extract.identifiers:
        return extract
    need_columns(extract)  # here, where the message can name the columns that the files have
    path = folder / f"{extract.table.name}.concealed.parquet"
    hashed = _write(connection, extract, key, path)
    values = {name: _copied(name, value) for name, value in extract.values.items()}
    values |= {name: Value(quoted(name)) for name in hashed if name in extract.table.names}
    shown = [*(_shown(name, value) for name, value in extract.values.items()), *hashed]
    malformed = extract.malformed
    return replace(
        extract,
        rows=parquet(path),
        values=values,
        raw_columns=tuple(dict.fromkeys(shown)),
        untyped_ids=extract.untyped_ids & set(values),
        malformed=f"(SELECT _file, CAST(NULL AS VARCHAR) AS text, reason FROM {malformed})" if malformed else None,
        identifiers={},
    )


def _copied(name: str, value: Value) -> Value:
    return Value(quoted(name), raw=quoted(f"their {name}") if value.raw else None, hint=value.hint)


def _shown(name: str, value: Value) -> str:
    """The column that quarantine keeps of a value: the text that could not be read, where there may be one."""
    return f"their {name}" if value.raw else name


def _write(connection: DuckDBPyConnection, extract: Extract, key: KeyedHash, path: Path) -> tuple[str, ...]:
    """Write the rows with hashes for identifiers, in file order; the names of the hashes."""
    read = [f"{value.sql} AS {quoted(name)}" for name, value in extract.values.items()]
    read += [f"{value.raw} AS {quoted(f'their {name}')}" for name, value in extract.values.items() if value.raw]
    read += [f"{sql} AS {quoted(name)}" for name, sql in extract.identifiers.items()]
    home = region(_region(extract)) if "phone" in extract.identifiers else REGIONS["US"]
    rows = connection.sql(f"SELECT {', '.join(read)}, _file FROM {extract.rows}")
    reader: pa.RecordBatchReader = rows.to_arrow_reader(_ROWS_AT_ONCE)
    made: dict[str, str | None] = {}
    empty = hash_identifiers(_with_tokens(reader.schema.empty_table(), key, made), key, home)
    with pq.ParquetWriter(path, empty.schema, compression="zstd") as writer:
        for batch in reader:
            raw = _with_tokens(pa.Table.from_batches([batch]), key, made)
            writer.write_table(hash_identifiers(raw, key, home).cast(empty.schema))
    theirs = {*extract.values, "_file", *(f"their {name}" for name in extract.values)} - {_PAYMENT}
    return tuple(name for name in empty.column_names if name not in theirs)


def _with_tokens(rows: pa.Table, key: KeyedHash, made: dict[str, str | None]) -> pa.Table:
    """Payment tokens are hashed under the name that they have: orders, receipts and instruments meet by them.

    `made` holds the hashes of earlier rows.
    """
    if _PAYMENT not in rows.column_names:
        return rows
    encoded = pc.cast(rows[_PAYMENT], pa.string()).combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    if len(made) > _HASHES_KEPT:
        made.clear()
    fresh = [text for text in texts if text not in made]
    made.update(zip(fresh, key.column(_PAYMENT, map(token, fresh)), strict=True))
    hashes = pa.array([made[text] for text in texts], pa.string()).take(encoded.indices)
    return rows.set_column(rows.column_names.index(_PAYMENT), _PAYMENT, pa.chunked_array([hashes]))


def _region(extract: Extract) -> str:
    if not extract.region:
        known = ", ".join(sorted(REGIONS))
        message = (
            f"{extract.table.name} brings phone numbers. Next: write the country of those without a calling code at "
            f'the top of the mapping file, region = "CN" (one of {known}).'
        )
        raise UserError(message)
    return extract.region
