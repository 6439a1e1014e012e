"""Settings: one frozen object, loaded at the entry point, handed down in parts."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie and what a run may use; every field can be set by `OMNISHELF_<FIELD>`."""

    work: Path = Path("work")
    tracking_uri: str = ""
    """Empty: SQLite and a local artifact folder under `work`."""
    model_name: str = "omnishelf-recommender"
    engine: str = "duckdb"
    memory_limit: str = "2GB"
    threads: int = 2
    seed: int = 0

    @classmethod
    def load(cls, work: Path | None = None) -> "Settings":
        """Settings from the environment; `work`, where given, wins."""
        env = {k.removeprefix("OMNISHELF_").lower(): v for k, v in os.environ.items() if k.startswith("OMNISHELF_")}
        default = cls()
        return cls(
            work=(work or Path(env.get("work", "work"))).resolve(),
            tracking_uri=env.get("tracking_uri", ""),
            model_name=env.get("model_name", default.model_name),
            engine=env.get("engine", default.engine),
            memory_limit=env.get("memory_limit", default.memory_limit),
            threads=int(env.get("threads", os.cpu_count() or 2)),
            seed=int(env.get("seed", "0")),
        )

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
