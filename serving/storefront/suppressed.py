"""Suppressed names get no personal answer any more, a second after they are listed, whatever bundle answers.

    serving/suppressed.json     a salt, and the names' hashes under it

It bridges the time until a bundle is served that knows nothing of them.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterable
from pathlib import Path

from features.files import write_whole

LOG = logging.getLogger("omnishelf.suppressed")

LOOK_SECONDS = 1.0
"""How often the file is looked at: one `stat`."""


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
    write_whole(path, json.dumps({"salt": salt.hex(), "hashes": hashes}))


def _read(path: Path) -> tuple[bytes, frozenset[str]]:
    said = json.loads(path.read_bytes())
    return bytes.fromhex(said["salt"]), frozenset(map(str, said["hashes"]))


def _hash(name: str, salt: bytes) -> str:
    return hashlib.blake2b(name.encode(errors="surrogatepass"), key=salt, digest_size=16).hexdigest()
