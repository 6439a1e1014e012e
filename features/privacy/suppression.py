"""Suppression: what was erased, as keyed hashes, so that a later load of the same rows does not bring it back.

    erased/suppressed.json     the hashes, and what tells their key apart from others

The list outlives every load, also one that starts from nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.errors import StateError, UserError
from features.files import whole_file, write_whole
from features.identity.keyed_hash import VARIABLE, KeyedHash
from features.loading.concealment import key_check
from features.loading.quarantine import BadRows
from features.loading.staging import Staged
from features.privacy.personal_rows import GONE, RULES, ids_of, kept_rows, names_something
from features.settings import Settings
from features.sql import count, literal, parquet, quoted, write_parquet

Id = tuple[str, str, str]
"""kind, party, id"""

ANYTHING = "anything"
"""The kind under which an id is also kept as a mere text, for rows that could not be read."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """The list, with the key that its hashes were made under."""

    key: KeyedHash
    hashes: frozenset[str]

    def holds(self, one: Id) -> bool:
        return hash_of(self.key, one) in self.hashes


def hash_of(key: KeyedHash, one: Id) -> str:
    kind, party, identifier = one
    return key.of("erased", f"{kind}:{party}:{identifier}")


def find(settings: Settings) -> Suppression | None:
    """The list; None where nobody was erased. Raises UserError without its key, StateError where it is damaged."""
    path = settings.erased / "suppressed.json"
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text())
        check, hashes = str(said["key"]), frozenset(map(str, said["hashes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path} cannot be read: {error!r}. Next: put it back from a backup.") from error
    try:
        key = KeyedHash.load()
    except UserError as error:
        message = f"Somebody was erased here, and rows of theirs are known by keyed hashes alone. {error}"
        raise UserError(message) from error
    if key_check(key) != check:
        raise UserError(f"{VARIABLE} is not the key under which {path} was made. Next: set the one of that time.")
    return Suppression(key, hashes)


def add(settings: Settings, key: KeyedHash, gone: Iterable[Id]) -> int:
    """Put ids on the list; return how many of them are new."""
    before = find(settings)
    fresh = {hash_of(key, one) for one in gone}
    fresh |= {hash_of(key, (ANYTHING, "", identifier)) for _, _, identifier in gone}
    known = before.hashes if before else frozenset()
    said = json.dumps({"key": key_check(key), "hashes": sorted(known | fresh)})
    write_whole(settings.erased / "suppressed.json", said)
    return len(fresh - known)


def withhold(connection: DuckDBPyConnection, staged: Staged, extract: Extract, listed: Suppression | None) -> Staged:
    """The staged table without the rows of whoever was erased; its bad rows lose theirs too."""
    if listed is None or staged.table.name not in RULES:
        return staged
    _forget_bad(connection, staged.bad, extract, listed)
    rows = parquet(staged.path)
    found = [one for one in connection.execute(ids_of(staged.table, rows)).fetchall() if listed.holds(one)]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gone ({GONE})").fetchall()
    if not found:
        return staged
    insert(connection, found)
    if not count(connection, f"{rows} WHERE {names_something(staged.table, 'gone')}"):
        return staged
    with whole_file(staged.path) as partial:
        write_parquet(connection, kept_rows(staged.table, rows, "gone"), partial)
    return replace(staged, rows=count(connection, rows))


def insert(connection: DuckDBPyConnection, gone: Iterable[Id]) -> None:
    """Put ids into the table `gone`."""
    kinds, parties, ids = zip(*gone, strict=True)
    connection.execute(
        "INSERT INTO gone SELECT unnest(?), unnest(?), unnest(?)", [list(kinds), list(parties), list(ids)]
    ).fetchall()


def _forget_bad(connection: DuckDBPyConnection, bad: BadRows, extract: Extract, listed: Suppression) -> None:
    """Bad rows whose id columns name somebody who was erased go; which columns those are, the mapping says."""
    ids = [extract.values[name].sql for name, _ in RULES[extract.table.name].drop if name in extract.values]
    for name in bad.columns:
        if any(quoted(name) in sql for sql in ids) or name in {column for column, _ in RULES[extract.table.name].drop}:
            texts = connection.execute(f"SELECT DISTINCT {quoted(name)} FROM {bad.name}").fetchall()
            for (text,) in texts:
                if text is not None and listed.holds((ANYTHING, "", str(text).strip())):
                    connection.execute(f"DELETE FROM {bad.name} WHERE {quoted(name)} = {literal(text)}").fetchall()
