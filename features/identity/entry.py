"""The door for identifiers: raw columns go in, keyed hashes come out, and nothing raw goes further."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from features.identity import normalise
from features.identity.keyed_hash import KeyedHash


@dataclass(frozen=True, slots=True)
class Identifier:
    """A hash column, the raw column that it is made from, and how that is spelled first."""

    name: str
    raw: str
    spelled: Callable[[str], str | None]
    purpose: str
    """Hashes of two columns can only be equal where both have the same purpose."""

    @property
    def column(self) -> str:
        return f"{self.name}_hash"


def _same(name: str, spelled: Callable[[str], str | None], raw: str = "") -> Identifier:
    return Identifier(name, raw or name, spelled, name)


def identifiers(home: normalise.Region) -> tuple[Identifier, ...]:
    """Every identifier of a person that is kept; `home` is the region of phone numbers without a calling code."""
    return (
        _same("email", normalise.email),
        _same("mailbox", normalise.mailbox, "email"),
        _same("phone", partial(normalise.phone, home=home)),
        _same("given_name", normalise.given_name),
        _same("given_sound", normalise.given_sound, "given_name"),
        _same("family_name", normalise.name),
        _same("family_sound", normalise.family_sound, "family_name"),
        _same("birth_date", normalise.birth_date),
        _same("birth_year", normalise.birth_year, "birth_date"),
        # one purpose, so that a day and a month that changed places can be seen
        Identifier("birth_month", "birth_date", normalise.birth_month, "birth_part"),
        Identifier("birth_day", "birth_date", normalise.birth_day, "birth_part"),
        _same("street", normalise.street),
        _same("postcode", normalise.postcode),
        _same("city", normalise.name),
        _same("member_number", normalise.token),
    )


HASH_COLUMNS = tuple(identifier.column for identifier in identifiers(normalise.REGIONS["US"]))
RAW_COLUMNS = tuple(dict.fromkeys(identifier.raw for identifier in identifiers(normalise.REGIONS["US"])))


def hash_identifiers(rows: pa.Table, key: KeyedHash, home: normalise.Region) -> pa.Table:
    """`rows` with a hash column for every raw identifier column, and without the raw columns.

    Other columns pass; so do hash columns that a party brings instead of raw ones (made under the same key).
    """
    names = rows.column_names
    for identifier in identifiers(home):
        if identifier.raw in names:
            rows = _with(rows, identifier.column, _hashed(rows[identifier.raw], identifier, key))
    return rows.drop_columns([name for name in RAW_COLUMNS if name in names])


def _hashed(raw: pa.ChunkedArray, identifier: Identifier, key: KeyedHash) -> pa.ChunkedArray:
    """Each distinct raw text is spelled and hashed once."""
    encoded = pc.cast(raw, pa.string()).combine_chunks().dictionary_encode()
    spelled = [None if text is None else identifier.spelled(text) for text in encoded.dictionary.to_pylist()]
    hashes = pa.array(key.column(identifier.purpose, spelled), pa.string())
    return pa.chunked_array([hashes.take(encoded.indices)])


def _with(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    if name in rows.column_names:
        return rows.set_column(rows.column_names.index(name), name, values)
    return rows.append_column(name, values)
