"""Promotion: a version that passes the gate becomes @champion, the one before is kept as @previous, and the way back.

The evidence is what the version's own run logged and the bundle that the registry holds. A refused
version stays where it is, with its reasons as tags; nothing else changes.
"""

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import StateError, UserError
from features.settings import Settings
from serving.bundle.bundle import verify
from serving.operate.registry import CHAMPION, PREVIOUS, aliases, connected, download_bundle, versions
from training.recommendations import gate
from training.recommendations.gate import Check
from training.recommendations.log import read_record
from training.recommendations.record import TrainingRecord
from training.tracking import origin
from training.tracking.mlflow_runs import LONGEST_TAG

if TYPE_CHECKING:
    from serving.operate.registry import Client


class RefusedError(UserError):
    """The gate refused a version."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said of a version, and who is @champion and @previous now.

    No checks and `changed` false: the version was the champion already, and nothing was done.
    """

    version: str
    checks: tuple[Check, ...]
    champion: str | None
    previous: str | None
    changed: bool

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def require(self) -> None:
        """Raise RefusedError, which names every check that failed, unless the version passed."""
        failed = [f"{each.name}: found {each.found}; asked for {each.asked}" for each in self.checks if not each.passed]
        if failed:
            stays = f"Version {self.champion} stays the champion." if self.champion else "There is no champion."
            raise RefusedError(f"Version {self.version} was not promoted. {stays}\n" + "\n".join(failed))


def promote(settings: Settings, version: str | None = None, *, at: datetime, by: str = "") -> Verdict:
    """Put a version (the newest, where none is named) through the gate; where it passes, it becomes @champion.

    The champion until now becomes @previous. `at` and `by` (the user, where empty) are noted on the
    version. Promoting the champion again changes nothing. Raises StateError where there is no such version.
    """
    with connected(settings) as client:
        candidate = _candidate(versions(client, settings.model_name), settings, version)
        named = aliases(client, settings.model_name)
        verdict = Verdict(candidate, (), named.get(CHAMPION), named.get(PREVIOUS), changed=False)
        if verdict.champion == candidate:
            return verdict
        verdict = replace(verdict, checks=_checks(client, settings, candidate, verdict.champion))
        _note(client, settings.model_name, verdict, by or origin.user(), at)
        return _crown(client, settings.model_name, verdict) if verdict.passed else verdict


def rollback(settings: Settings, *, at: datetime, by: str = "") -> Verdict:
    """Make @previous the champion again, and the champion @previous: doing it twice is going forward again.

    Raises StateError where there is nothing to go back to.
    """
    with connected(settings) as client:
        name = settings.model_name
        named = aliases(client, name)
        champion, previous = named.get(CHAMPION), named.get(PREVIOUS)
        if champion is None:
            raise StateError(f"Model {name!r} has no champion to roll back from. Promote a version: omnishelf promote")
        if previous is None or previous == champion:
            raise StateError(
                f"There is nothing to go back to: no version of {name!r} was champion before version {champion}. "
                "Promote another one: omnishelf promote"
            )
        client.set_registered_model_alias(name, CHAMPION, previous)
        client.set_registered_model_alias(name, PREVIOUS, champion)
        client.set_model_version_tag(name, champion, "rolled_back_by", by or origin.user())
        client.set_model_version_tag(name, champion, "rolled_back_at", at.isoformat(timespec="seconds"))
        return Verdict(previous, (), previous, champion, changed=True)


def _candidate(known: list[str], settings: Settings, wanted: str | None) -> str:
    if not known:
        raise StateError(f"Model {settings.model_name!r} has no version yet. Train one: omnishelf train")
    if wanted is None:
        return max(known, key=int)
    if wanted not in known:
        newest = ", ".join(sorted(known, key=int)[-5:])
        raise StateError(f"Model {settings.model_name!r} has no version {wanted!r}. Its newest are: {newest}")
    return wanted


def _note(client: "Client", name: str, verdict: Verdict, by: str, at: datetime) -> None:
    """Leave on the version what the gate said: every reason where it passed, what failed where it did not."""
    told = [f"{check.name}: {check.found}" for check in verdict.checks if check.passed == verdict.passed]
    tags = {"validation": "passed" if verdict.passed else "refused", "reasons": "; ".join(told)[:LONGEST_TAG]}
    if verdict.passed:
        tags |= {"promoted_by": by, "promoted_at": at.isoformat(timespec="seconds")}
    for key, value in tags.items():
        client.set_model_version_tag(name, verdict.version, key, value)


def _crown(client: "Client", name: str, verdict: Verdict) -> Verdict:
    """@previous first: killed in between, the champion still is who it was."""
    if verdict.champion is not None:
        client.set_registered_model_alias(name, PREVIOUS, verdict.champion)
    client.set_registered_model_alias(name, CHAMPION, verdict.version)
    previous = verdict.champion or verdict.previous
    return Verdict(verdict.version, verdict.checks, verdict.version, previous, changed=True)


def _checks(client: "Client", settings: Settings, candidate: str, champion: str | None) -> tuple[Check, ...]:
    name = settings.model_name
    new = read_record(client, name, candidate)
    if new is None:
        asked = "the record that a training logs; a version that `omnishelf train` registered has one"
        return (Check("record", passed=False, found="its run has none that can be read", asked=asked),)
    old = None if champion is None else read_record(client, name, champion)
    return (
        gate.beats_baselines(new),
        gate.holds_against_champion(new, old, champion),
        gate.logged(new, "onnx_equal", "the same ranking by ONNX as by LightGBM"),
        _reads_back(settings, new, candidate),
    )


def _reads_back(settings: Settings, record: TrainingRecord, version: str) -> Check:
    """What the training found when it wrote the bundle, and whether the registry's copy is whole today."""
    told = gate.logged(record, "bundle_reads_back", "the answers of the training, and a whole copy in the registry")
    try:
        with tempfile.TemporaryDirectory() as folder:
            verify(download_bundle(settings, version, Path(folder)))
    except (StateError, OSError) as error:
        return replace(told, passed=False, found=f"the registry's copy: {error}")
    return replace(told, found=f"{told.found}; the registry's copy is whole")
