"""Erase: a person goes from everything under the work folder, and a receipt says what was removed where.

The order is the argument. First nobody answers personally any more and no load brings rows back; then the tables go,
then what was made of them. What is to be removed is written down until it is done: an erasure that was interrupted is
finished by the next one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import StateError
from features.files import locked, write_whole
from features.identity.keyed_hash import KeyedHash
from features.identity.person import Person
from features.privacy import suppression
from features.privacy.erasure import erase_tables
from features.privacy.held import Held, held_of
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import MANIFEST, Profiles, rewrite
from serving.bundle.directory import AMBIGUOUS, name_hash
from serving.operate import cache
from serving.storefront.suppressed import suppress
from training.privacy.scrub import scrub
from training.recommendations.profiles import kept, spellings


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure did, without saying whose.

    removed  what -> how much of it
    remains  what could not be removed from here, and how it can
    """

    receipt: str
    erased_at: str
    removed: dict[str, int]
    remains: tuple[str, ...]

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1)


def erase(settings: Settings, name: str, at: datetime, say: Callable[[str], None] = lambda _what: None) -> Receipt:
    """Remove the person with a name, and keep the receipt in `erased/receipts/`.

    Raises UserError where nobody or more than one has the name, or the key of hashes is missing; StateError where
    nothing is loaded or a load is running. An erasure that was interrupted is finished first.
    """
    key = KeyedHash.load()
    when = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    pending = _pending(settings)
    held = pending or held_of(settings, Warehouse.open(settings), name)
    receipt = _erase(settings, held, key, when, say)
    if pending and name not in pending.names:
        return erase(settings, name, at, say)
    return receipt


def _erase(settings: Settings, held: Held, key: KeyedHash, at: datetime, say: Callable[[str], None]) -> Receipt:
    _note(settings, held)
    say("Nobody is answered personally under their names, and no load brings their rows back")
    suppress(settings.suppressed, held.names)
    suppression.add(settings, key, held.ids)
    say("Warehouse, quarantine, identities")
    removed = erase_tables(settings, held)
    say("Bundles")
    removed["bundles"] = _from_bundles(settings, held)
    say("Records and logged tables")
    removed["files of records and of MLflow"] = scrub(_other_files(settings), names_of(held))
    receipt = Receipt(
        receipt=f"{at:%Y%m%dT%H%M%S}-{key.of('receipt', held.person.customer_id)[:8]}",
        erased_at=at.isoformat(),
        removed={what: count for what, count in removed.items() if count},
        remains=_remains(settings),
    )
    _keep(settings, receipt)
    _pending_path(settings).unlink()
    return receipt


def names_of(held: Held) -> frozenset[str]:
    """Every way in which the person may be written in a file of customers."""
    return frozenset(name for subject in held.person.subjects for name in spellings(subject)) | {
        held.person.customer_id
    }


def _from_bundles(settings: Settings, held: Held) -> int:
    """Take their profile and names out of every bundle under the work folder; return how many had any."""
    folders = [path.parent for path in settings.work.rglob(MANIFEST) if (path.parent / "facts").is_dir()]
    pointer = settings.champion
    with locked(settings.served_lock):
        changed = [folder for folder in folders if rewrite(folder, lambda profiles: without(profiles, held))]
        now = cache.pointed(pointer)
        serving = (pointer.parent / now["bundle"]).resolve() if "bundle" in now else None
        if serving in {folder.resolve() for folder in changed} and serving is not None:
            # Under a new name, so that workers load it: one that has the old files open would go on reading them.
            fresh = hashlib.sha256((serving / MANIFEST).read_bytes()).hexdigest()[:8]
            moved = serving.rename(serving.with_name(f"{now['version']}-{fresh}"))
            cache.point(pointer, {**now, "bundle": f"cache/{moved.name}"})
    return len(changed)


def without(profiles: Profiles, held: Held) -> Profiles | None:
    """A bundle's profiles without the person's; None where it has nothing of theirs."""
    facts, _, directory = profiles
    mine = {facts.customers.code(name) for name in names_of(held)} - {-1}
    keep = np.ones(len(facts.customers), dtype=bool)
    keep[list(mine)] = False
    named = np.array([name_hash(name) for name in held.names], dtype=np.uint64)
    listed = np.isin(directory.hashes, named) & (directory.codes != AMBIGUOUS)
    if keep.all() and not listed.any():
        return None
    facts, candidates, directory = kept((facts, profiles[1], directory.only(~listed)), keep)
    return facts, candidates, directory


def _other_files(settings: Settings) -> Iterator[Path]:
    bundles = {path.parent for path in settings.work.rglob(MANIFEST) if (path.parent / "facts").is_dir()}
    by_tables = {settings.warehouse, settings.identity, settings.snapshots, settings.erased, settings.quarantine}
    for path in sorted(settings.work.rglob("*")):
        is_seen_to = (by_tables | bundles) & {path, *path.parents}
        if path.is_file() and not path.is_symlink() and not is_seen_to:
            yield path


def _remains(settings: Settings) -> tuple[str, ...]:
    said = ["the trees of models that were trained before: they hold no row of anybody; the next training renews them"]
    if settings.tracking_uri and not settings.tracking_uri.startswith("sqlite:"):
        said.append(
            "runs and bundles on the tracking server: delete their versions there; until then the service refuses "
            "their names whichever bundle it fetches"
        )
    return tuple(said)


def _keep(settings: Settings, receipt: Receipt) -> None:
    write_whole(settings.erased / "receipts" / f"{receipt.receipt}.json", receipt.text())


def _pending_path(settings: Settings) -> Path:
    return settings.erased / "pending.json"


def _note(settings: Settings, held: Held) -> None:
    """Write down what is being removed: once the tables are gone nothing else could tell."""
    write_whole(_pending_path(settings), json.dumps(asdict(held)))


def _pending(settings: Settings) -> Held | None:
    path = _pending_path(settings)
    if not path.is_file():
        return None
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        person = Person(said["person"]["customer_id"], tuple(said["person"]["subjects"]))
        ids = tuple((str(kind), str(party), str(one)) for kind, party, one in said["ids"])
        return Held(person, ids, tuple(said["names"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path} cannot be read: {error!r}. Next: remove it, and erase the person again.") from error
