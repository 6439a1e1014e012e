"""The directory: whom a name leads to, whichever channel gave it.

A name is a customer's id, a former id (an alias), or an account or a card, written kind:party:id, kind:id or id. It is
looked up as it stands, so that the forms need no parsing; a short form that several customers share leads to nobody.
Names are kept as 64-bit hashes: small, one width, and no list of anybody's ids. Two of ten million names share one
about once in a hundred thousand bundles.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes, load_array

UNKNOWN = -1
NO_CONSENT = -2
"""Somebody whom we may not recommend anything to."""
AMBIGUOUS = -3
"""Several customers have this name."""


def name_hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Directory:
    """Sorted hashes of names, and for each the customer's code or NO_CONSENT or AMBIGUOUS."""

    hashes: NDArray[np.uint64]
    codes: Codes

    @classmethod
    def of(cls, names: Iterable[tuple[str, int]]) -> "Directory":
        """Make a directory of names and codes; a name that comes with several codes is AMBIGUOUS."""
        known: dict[int, int] = {}
        for name, code in names:
            at = name_hash(name)
            known[at] = code if known.get(at, code) == code else AMBIGUOUS
        hashes = np.fromiter(known, dtype=np.uint64, count=len(known))
        codes = np.fromiter(known.values(), dtype=np.int32, count=len(known))
        order = np.argsort(hashes)
        return cls(hashes[order], codes[order])

    @classmethod
    def empty(cls) -> "Directory":
        return cls(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int32))

    def find(self, name: str | None) -> int:
        """The code of a name; UNKNOWN where nobody has it."""
        if not name or not len(self.hashes):
            return UNKNOWN
        key = np.uint64(name_hash(name))
        at = int(np.searchsorted(self.hashes, key))
        return int(self.codes[at]) if at < len(self.hashes) and self.hashes[at] == key else UNKNOWN

    def only(self, keep: NDArray[np.bool_]) -> "Directory":
        return Directory(self.hashes[keep], self.codes[keep])

    def recoded(self, codes: Codes) -> "Directory":
        """Replace each customer c by codes[c]; leaves out the names of customers whose new code is UNKNOWN."""
        fresh = np.where(self.codes >= 0, codes[np.maximum(self.codes, 0)] if len(codes) else UNKNOWN, self.codes)
        keep = fresh != UNKNOWN
        return Directory(self.hashes[keep], fresh[keep].astype(np.int32))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "hashes.npy", self.hashes)
        np.save(folder / "codes.npy", self.codes)

    @classmethod
    def load(cls, folder: Path) -> "Directory":
        """Open a directory, memory-mapped; it is empty where there is no folder, as in a bundle without identities."""
        if not folder.is_dir():
            return cls.empty()
        return cls(load_array(folder, "hashes"), load_array(folder, "codes"))
