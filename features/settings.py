"""Settings: one frozen object, loaded at the entry point, handed down in parts; and what lies where under `work`."""

import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from features.clock import Cutoff
from features.errors import UserError

PREFIX = "OMNISHELF_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie and what a run may use; every field can be set by `OMNISHELF_<FIELD>`."""

    work: Path = Path("work")
    tracking_uri: str = ""
    """Empty: SQLite and a local artifact folder under `work`."""
    model_name: str = "omnishelf-recommender"
    memory_limit: str = "2GB"
    threads: int = 2
    seed: int = 0
    as_of: str = ""
    """The instant (ISO 8601, UTC) that the service takes for now, where data end in the past; empty: the clock's."""

    @classmethod
    def load(cls, work: Path | None = None) -> "Settings":
        """Settings from the environment; `work`, where given, wins.

        Raises UserError where a setting is not what it should be.
        """
        env = {name.removeprefix(PREFIX).lower(): text for name, text in os.environ.items() if name.startswith(PREFIX)}
        default = cls()
        return cls(
            work=(work or Path(env.get("work", "work"))).resolve(),
            tracking_uri=env.get("tracking_uri", ""),
            model_name=env.get("model_name", default.model_name),
            memory_limit=_memory(env.get("memory_limit", default.memory_limit)),
            threads=_whole("threads", env.get("threads", str(os.cpu_count() or 2)), least=1),
            seed=_whole("seed", env.get("seed", "0"), least=0),
            as_of=_instant(env.get("as_of", "")),
        )

    def shared_by(self, processes: int) -> "Settings":
        """The settings of one of several processes that run side by side: one thread, its part of the memory."""
        amount, unit = re.fullmatch(r"([\d.]+) ?(\w+)", self.memory_limit).groups()  # type: ignore[union-attr]
        return replace(self, threads=1, memory_limit=f"{float(amount) / processes:g}{unit}")

    def environment(self) -> dict[str, str]:
        """The settings as the variables that `load` reads: what a child process is told."""
        return {f"{PREFIX}{field.name.upper()}": str(getattr(self, field.name)) for field in fields(self)}

    # ---------------------------------------------------------------------- the layout of the work folder

    @property
    def warehouse(self) -> Path:
        """Tables of the last complete load."""
        return self.work / "warehouse"

    @property
    def quarantine(self) -> Path:
        """Rows that could not be used, with their reasons."""
        return self.work / "quarantine"

    @property
    def identity(self) -> Path:
        """Who is who: the ledger, and customers as of cutoffs."""
        return self.work / "identity"

    @property
    def erased(self) -> Path:
        """What was erased, as keyed hashes, and receipts."""
        return self.work / "erased"

    @property
    def snapshots(self) -> Path:
        """Features as of cutoffs; cheap to make again."""
        return self.work / "snapshots"

    @property
    def bundles(self) -> Path:
        """What trainings released."""
        return self.work / "bundles"

    @property
    def assortments(self) -> Path:
        """Runs of buyers, a folder each."""
        return self.work / "assortments"

    @property
    def buyers(self) -> Path:
        """Who may sign in as a buyer."""
        return self.work / "buyers"

    @property
    def champion(self) -> Path:
        """The file that points to the bundle that answers."""
        return self.work / "serving" / "champion.json"

    @property
    def served_bundles(self) -> Path:
        """Bundles that were fetched from the registry."""
        return self.work / "serving" / "cache"

    @property
    def served_lock(self) -> Path:
        """Held by whoever changes served bundles or the pointer to one."""
        return self.served_bundles / ".lock"

    @property
    def suppressed(self) -> Path:
        """Names that get no personal answer any more."""
        return self.work / "serving" / "suppressed.json"

    @property
    def tracking_file(self) -> Path:
        """Runs and models of MLflow, where no server keeps them."""
        return self.work / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        """Files of MLflow's runs, where no server keeps them."""
        return self.work / "mlartifacts"

    @property
    def untracked(self) -> Path:
        """Records of trainings that MLflow did not take."""
        return self.work / "untracked"

    @property
    def experiments(self) -> Path:
        """What experiments found, a folder each."""
        return self.work / "experiments"

    @property
    def logs(self) -> Path:
        """What servers of the demonstration say."""
        return self.work / "logs"

    @property
    def planted(self) -> Path:
        """Says which part of the data is made up, where some is."""
        return self.work / "planted.json"


def _whole(field: str, text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        message = f"OMNISHELF_{field.upper()} is {text!r}; it has to be a whole number from {least}."
        raise UserError(message)
    return int(text)


def _instant(text: str) -> str:
    try:
        return text and Cutoff.parse(text).at.isoformat()
    except ValueError as error:
        message = f"OMNISHELF_AS_OF is {text!r}; write an instant such as 2025-03-01T08:00:00, or leave it empty."
        raise UserError(message) from error


def _memory(text: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?B)", text, flags=re.IGNORECASE):
        message = f"OMNISHELF_MEMORY_LIMIT is {text!r}; write an amount and a unit, such as 2GB or 512MB."
        raise UserError(message)
    return text
