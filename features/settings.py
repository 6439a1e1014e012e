"""Settings: one frozen object, loaded at the entry point, handed down in parts."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from features.errors import UserError


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

    @classmethod
    def load(cls, work: Path | None = None) -> "Settings":
        """Settings from the environment; `work`, where given, wins.

        Raises UserError where a setting is not what it should be.
        """
        env = {k.removeprefix("OMNISHELF_").lower(): v for k, v in os.environ.items() if k.startswith("OMNISHELF_")}
        default = cls()
        return cls(
            work=(work or Path(env.get("work", "work"))).resolve(),
            tracking_uri=env.get("tracking_uri", ""),
            model_name=env.get("model_name", default.model_name),
            memory_limit=_memory(env.get("memory_limit", default.memory_limit)),
            threads=_whole("threads", env.get("threads", str(os.cpu_count() or 2)), least=1),
            seed=_whole("seed", env.get("seed", "0"), least=0),
        )

    def shared_by(self, processes: int) -> "Settings":
        """The settings of one of several processes that run side by side: one thread, its part of the memory."""
        amount, unit = re.fullmatch(r"([\d.]+) ?(\w+)", self.memory_limit).groups()  # type: ignore[union-attr]
        return replace(self, threads=1, memory_limit=f"{float(amount) / processes:g}{unit}")

    @property
    def warehouse(self) -> Path:
        return self.work / "warehouse"

    @property
    def quarantine(self) -> Path:
        return self.work / "quarantine"

    @property
    def snapshots(self) -> Path:
        return self.work / "snapshots"

    @property
    def bundles(self) -> Path:
        return self.work / "bundles"


def _whole(field: str, text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        message = f"OMNISHELF_{field.upper()} is {text!r}; it has to be a whole number from {least}."
        raise UserError(message)
    return int(text)


def _memory(text: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?B)", text, flags=re.IGNORECASE):
        message = f"OMNISHELF_MEMORY_LIMIT is {text!r}; write an amount and a unit, such as 2GB or 512MB."
        raise UserError(message)
    return text
