"""Suppressed names get no personal answer any more, a second after they are listed, whatever bundle answers.

    serving/suppressed.json     a salt, and the names' hashes under it

It bridges the time until a bundle is served that knows nothing of them.
"""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

LOG = logging.getLogger("omnishelf.suppressed")

LOOK_SECONDS = 1.0
"""How often the file is looked at: one `stat`."""


def path_of(work: Path) -> Path:
    return work / "serving" / "suppressed.json"


class Suppressed:
    """The list as it stands in the file now; empty while there is no file. One thread asks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._salt = b""
        self._hashes: frozenset[str] = frozenset()
        self._seen: tuple[int, int, int] | None = None
        self._looked_at = -LOOK_SECONDS

    def holds(self, name: str | None, now: float) -> bool:
        """Whether a name is on the list; `now` in seconds of any steady clock."""
        if now - self._looked_at >= LOOK_SECONDS:
            self._look(now)
        return bool(self._hashes) and name is not None and _hash(name, self._salt) in self._hashes

    def _look(self, now: float) -> None:
        self._looked_at = now
        try:
            found = self._path.stat()
            signature = (found.st_mtime_ns, found.st_ino, found.st_size)
            if signature != self._seen:
                self._salt, self._hashes = _read(self._path)
                self._seen = signature
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError):
            LOG.exception("%s cannot be read; the list before goes on counting", self._path)


def suppress(path: Path, names: Iterable[str]) -> None:
    """Put names on the list, in one step."""
    salt, known = _read(path) if path.is_file() else (secrets.token_bytes(16), frozenset())
    hashes = sorted(known | {_hash(name, salt) for name in names})
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"salt": salt.hex(), "hashes": hashes}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> tuple[bytes, frozenset[str]]:
    said = json.loads(path.read_bytes())
    return bytes.fromhex(said["salt"]), frozenset(map(str, said["hashes"]))


def _hash(name: str, salt: bytes) -> str:
    return hashlib.blake2b(name.encode(errors="surrogatepass"), key=salt, digest_size=16).hexdigest()
