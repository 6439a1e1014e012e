"""A planted set on the tiny shop, and its tables as frames."""

from pathlib import Path

import pandas as pd

from experiments.simulator.dials import Dials
from experiments.simulator.plant import Planted, plant
from features.settings import Settings


def planted(settings: Settings, name: str, *, seed: int = 7, scale: int = 1, dials: Dials | None = None) -> Planted:
    """Plant on the warehouse of `settings` in a folder `name` beside it."""
    return plant(settings, settings.work.parent / name, seed=seed, scale=scale, dials=dials)


def table(one: Planted, name: str) -> pd.DataFrame:
    """A contract table of a planted set, all its parts."""
    return _read(one.dataset.parent / "tables" / name)


def truth(one: Planted, name: str) -> pd.DataFrame:
    return _read(one.truth / name)


def _read(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))], ignore_index=True)
