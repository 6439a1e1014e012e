"""The champion: the model version that answers now, exchanged without dropping a request.

A pointer file names the version and its bundle. Whoever promotes replaces that file in one step; each
worker looks at it, opens the bundle beside the one that answers, warms it up, and swaps one reference.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from features.clock import EPOCH, Cutoff
from features.errors import StateError
from serving.bundle.bundle import Bundle, verify
from serving.recommender.answers import Answer, Query
from serving.recommender.placements.placements import PLACEMENTS
from serving.recommender.recommender import Recommender

LOG = logging.getLogger("omnishelf.champion")

RETRY_SECONDS = 30.0
"""A bundle that was refused is tried again after so long, in case it has been repaired in place."""

Outcome = Literal["unchanged", "loaded", "returned", "refused", "absent"]
"""`returned`: a rollback to the version before, which was still in memory; `absent`: no pointer file."""


class Recommends(Protocol):
    """What answers; thread-safe."""

    def recommend(self, query: Query) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Champion:
    """A loaded version.

    `version` is the one that the pointer file names, which is the registry's: that is what answers
    carry. `made_at` is when the bundle was written, in seconds since 1970-01-01 UTC.
    """

    version: str
    bundle: Path
    made_at: float
    recommender: Recommends


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the pointer file says."""

    version: str
    bundle: Path


def read_pointer(path: Path) -> Pointer | None:
    """The version that should answer; None where nothing was promoted yet.

    A relative bundle path counts from the folder of the pointer file. Raises StateError where the
    file is damaged.
    """
    try:
        stored = json.loads(path.read_bytes())
        return Pointer(str(stored["version"]), (path.parent / stored["bundle"]).resolve())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"The pointer file {path} cannot be read ({error!r}). Promote a version again: omnishelf promote"
        ) from error


class ChampionHolder:
    """The reference that answers are made with, and the version before it, kept for a rollback.

    `refresh` is called by one thread at a time; `current` may be read by any thread at any moment.
    """

    def __init__(self, pointer: Path, load: Callable[[Pointer], Champion]) -> None:
        self.current: Champion | None = None
        self.previous: Champion | None = None
        self._pointer = pointer
        self._load = load
        self._seen: tuple[int, int, int] | None = None
        self._refused_at: float | None = None

    def is_due(self, now: float) -> bool:
        """Whether the pointer file changed since the last look, or a refused bundle may be tried again.

        `now` is in seconds of any steady clock, the same one that `refresh` is given.
        """
        retry = self._refused_at is not None and now - self._refused_at >= RETRY_SECONDS
        return retry or self._signature() != self._seen

    def refresh(self, now: float) -> Outcome:
        """Look at the pointer file and bring `current` in line with it.

        Whatever is wrong with the new bundle, the one that answers goes on answering.
        """
        self._seen = self._signature()
        try:
            outcome = self._follow()
        except Exception:  # a damaged bundle can raise anything, and none of it may stop the answers
            LOG.exception("The champion was not exchanged; %s", self._still())
            self._refused_at = now
            return "refused"
        self._refused_at = None
        return outcome

    def _follow(self) -> Outcome:
        pointer = read_pointer(self._pointer)
        if pointer is None:
            return "absent"
        if self.current is not None and _is_named_by(pointer, self.current):
            return "unchanged"
        if self.previous is not None and _is_named_by(pointer, self.previous):
            self.current, self.previous = self.previous, self.current
            LOG.warning("Version %s answers again, %s", pointer.version, pointer.bundle)
            return "returned"
        champion = self._load(pointer)
        self.current, self.previous = champion, self.current
        LOG.warning("Version %s answers now, %s", pointer.version, pointer.bundle)
        return "loaded"

    def _signature(self) -> tuple[int, int, int] | None:
        """Changes whenever the pointer file is replaced; None where it is absent."""
        try:
            found = self._pointer.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _still(self) -> str:
        return f"version {self.current.version} goes on answering" if self.current else "no version is loaded"


def _is_named_by(pointer: Pointer, champion: Champion) -> bool:
    return (pointer.version, pointer.bundle) == (champion.version, champion.bundle)


def warm_up(recommender: Recommends, customer_id: str | None = None) -> None:
    """Touch what answers touch, so that the first shopper does not wait for it. Raises what they would.

    `customer_id`: somebody whom the model knows, if anybody: only for them is anything scored.
    """
    for customer in (None, customer_id):
        shown = tuple(item.sku for item in recommender.recommend(Query(customer_id=customer, size=1)).items)
        for placement in PLACEMENTS:
            for query in placement.queries(customer, shown):
                recommender.recommend(query)


def load_champion(pointer: Pointer) -> Champion:
    """Open the bundle that the pointer names, every byte checked, and make its first answers.

    Raises StateError where it is damaged.
    """
    verify(pointer.bundle)
    bundle = Bundle.open(pointer.bundle)
    recommender = Recommender(bundle)
    customers = bundle.facts.customers
    warm_up(recommender, customers.text(0) if len(customers) else None)
    made_at = (Cutoff.parse(bundle.manifest["created_at"]).at - EPOCH).total_seconds()
    return Champion(pointer.version, pointer.bundle, made_at, recommender)
