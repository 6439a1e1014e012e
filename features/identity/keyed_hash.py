"""Keyed hashes: what stands in every stored table in place of an identifier.

HMAC-SHA256 (RFC 2104) under a key for each purpose, so that a hash of a phone number never equals the
hash of a postcode with the same digits. Each purpose's key is derived from one secret of the environment.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping

from features.errors import UserError

VARIABLE = "OMNISHELF_IDENTITY_KEY"
FEWEST_CHARACTERS = 16
HEX_DIGITS = 32
"""128 bits of the 256 are kept (RFC 2104, section 5): half the room, and no collisions among people."""

_HOW = (
    f"Make one with: export {VARIABLE}=\"$(python3 -c 'import secrets; print(secrets.token_hex(32))')\" "
    "and keep it safe: hashes made under another key match nothing."
)


class KeyedHash:
    """Hashes under one secret. It holds the secret: keep it out of files and messages."""

    __slots__ = ("_keys", "_secret")

    def __init__(self, secret: str) -> None:
        if len(secret) < FEWEST_CHARACTERS:
            raise UserError(f"{VARIABLE} has {len(secret)} characters; at least {FEWEST_CHARACTERS} are needed. {_HOW}")
        self._secret = secret.encode()
        self._keys: dict[str, bytes] = {}

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "KeyedHash":
        """The secret of the environment; UserError says how to make one."""
        secret = (os.environ if environment is None else environment).get(VARIABLE, "").strip()
        if not secret:
            raise UserError(f"{VARIABLE} is not set, and identifiers are only stored as keyed hashes. {_HOW}")
        return cls(secret)

    def of(self, purpose: str, value: str) -> str:
        """The hash of a normalised identifier for one purpose: 32 hexadecimal digits."""
        return hmac.digest(self._key(purpose), value.encode(), hashlib.sha256).hex()[:HEX_DIGITS]

    def column(self, purpose: str, values: Iterable[str | None]) -> list[str | None]:
        """Hashes of many values; None stays None. Each distinct value is hashed once."""
        made: dict[str, str] = {}
        hashes: list[str | None] = []
        for value in values:
            if value is not None and value not in made:
                made[value] = self.of(purpose, value)
            hashes.append(None if value is None else made[value])
        return hashes

    def _key(self, purpose: str) -> bytes:
        if purpose not in self._keys:
            self._keys[purpose] = hmac.digest(self._secret, f"omnishelf identity: {purpose}".encode(), hashlib.sha256)
        return self._keys[purpose]

    def __repr__(self) -> str:
        return "KeyedHash(…)"
