"""Who may see assortments: buyers with a password for the pages and tokens for their tools.

buyers/buyers.json   name -> salted scrypt hash of the password, hashes of tokens
buyers/key           signs sessions; made at first use, readable by its owner alone

python -m serving.buyers add NAME --work WORK      asks for a password, or reads it from standard input
python -m serving.buyers token NAME --work WORK    prints a new token, once
python -m serving.buyers remove NAME --work WORK
"""

import argparse
import getpass
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from features.errors import UserError
from features.files import whole_file
from features.settings import Settings

SESSION_SECONDS = 12 * 3600
FEWEST_CHARACTERS = 10
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""16 MB and tens of milliseconds a try (RFC 7914 calls it fit for interactive sign-in)."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")


class Buyers:
    """The buyers of one work folder; the file is read again whenever it changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_empty(self) -> bool:
        return not self._all()

    def names(self) -> list[str]:
        return sorted(self._all())

    def add(self, name: str, password: str) -> None:
        """Add a buyer, or give one a new password, which ends their sessions.

        Raises UserError for a name or a password that will not do.
        """
        if not _NAME.fullmatch(name):
            raise UserError(f"A name has 1 to 60 letters, digits, dots, dashes or underscores; {name!r} has not.")
        if len(password) < FEWEST_CHARACTERS:
            raise UserError(f"The password has {len(password)} characters; it needs at least {FEWEST_CHARACTERS}.")
        salt = secrets.token_hex(16)
        entry = {"salt": salt, "password": _scrypt(password, salt), "tokens": self._entry(name).get("tokens", [])}
        self._write({**self._all(), name: entry})

    def token(self, name: str) -> str:
        """A new token of a buyer; only its hash is kept."""
        entry = self._need(name)
        token = f"omni_{secrets.token_urlsafe(32)}"
        self._write({**self._all(), name: {**entry, "tokens": [*entry["tokens"], _digest(token)]}})
        return token

    def remove(self, name: str) -> None:
        self._need(name)
        self._write({other: entry for other, entry in self._all().items() if other != name})

    def by_password(self, name: str, password: str) -> bool:
        """Whether the password is right; takes as long for a name that is not known."""
        entry = self._entry(name)
        found = _scrypt(password, entry.get("salt", "nobody"))
        return hmac.compare_digest(found, entry.get("password", "")) and bool(entry)

    def by_token(self, token: str) -> str | None:
        """Whose token it is."""
        digest = _digest(token)
        for name, entry in self._all().items():
            if any(hmac.compare_digest(digest, each) for each in entry["tokens"]):
                return name
        return None

    def session(self, name: str, at: float) -> str:
        """The content of a cookie that says who signed in, until it expires."""
        told = f"{name}|{int(at) + SESSION_SECONDS}"
        return f"{told}|{self._signed(told)}"

    def by_session(self, cookie: str, at: float) -> str | None:
        """Return who signed in; None where the cookie is not ours, is too old, or belongs to somebody who is gone."""
        name, _, rest = cookie.partition("|")
        until, _, signature = rest.partition("|")
        told = f"{name}|{until}"
        if not self._entry(name) or not hmac.compare_digest(signature, self._signed(told)):
            return None
        return name if at < int(until) else None

    def _signed(self, told: str) -> str:
        """Bound to the password: a new one ends sessions."""
        salt = self._entry(told.partition("|")[0]).get("salt", "")
        return hmac.new(self._key(), f"{told}|{salt}".encode(), hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        path = self._folder / "key"
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / f"key.{os.getpid()}.tmp"
            _write_private(fresh, secrets.token_hex(32))
            try:
                os.link(fresh, path)  # of several processes one wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_bytes()

    def _all(self) -> dict[str, dict[str, Any]]:
        path = self._folder / "buyers.json"
        try:
            return _read(path, path.stat().st_mtime_ns)
        except FileNotFoundError:
            return {}

    def _entry(self, name: str) -> dict[str, Any]:
        return self._all().get(name, {})

    def _need(self, name: str) -> dict[str, Any]:
        entry = self._entry(name)
        if not entry:
            known = ", ".join(self._all()) or "nobody yet"
            raise UserError(f"There is no buyer {name!r}; known: {known}. Next: python -m serving.buyers add {name}")
        return entry

    def _write(self, everybody: dict[str, dict[str, Any]]) -> None:
        with whole_file(self._folder / "buyers.json") as partial:
            _write_private(partial, json.dumps(everybody, indent=1))


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _scrypt(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), **_SCRYPT).hex()


def _digest(token: str) -> str:
    """Tokens are random and long: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m serving.buyers", description="Who may see assortments.")
    parser.add_argument("what", choices=["add", "token", "remove", "list"])
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args(given)
    buyers = Buyers(Settings.load(arguments.work).buyers)
    try:
        sys.stdout.write(_done(buyers, arguments.what, arguments.name))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _done(buyers: Buyers, what: str, name: str) -> str:
    if what == "add":
        is_typed = sys.stdin.isatty()
        buyers.add(name, getpass.getpass(f"Password of {name}: ") if is_typed else sys.stdin.readline().rstrip("\n"))
        return f"{name} may sign in at /buyers.\n"
    if what == "token":
        return f"{buyers.token(name)}\nSend it as `Authorization: Bearer …`. It is shown this once.\n"
    if what == "remove":
        buyers.remove(name)
        return f"{name} is gone, with every session and token.\n"
    return "".join(f"{each}\n" for each in buyers.names()) or "Nobody yet: python -m serving.buyers add NAME\n"
