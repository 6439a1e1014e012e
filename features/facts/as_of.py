"""The facts as of a cutoff, made from the tables of a warehouse and kept in the work folder for the next run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.clock import Cutoff
from features.engine import CANNOT_WRITE, duckdb_engine
from features.errors import StateError
from features.facts.facts import Facts, load, save
from features.facts.freeze import freeze
from features.facts.snapshot import write_snapshot
from features.files import locked, whole_folder
from features.known import known_before
from features.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipe:
    """What facts are made from: tables, the cutoff and its plan, and the purchases under the customers known then."""

    settings: Settings
    tables: Path
    cutoff: Cutoff
    plan_days: float
    purchases: Callable[[], Path]


def facts_as_of(folder: Path, recipe: Recipe) -> Facts:
    """The facts that lie in the snapshot folder; made first where they are missing or damaged.

    Raises StateError where disk or memory do not suffice.
    """
    facts = _opened(folder)
    if facts is None:
        with _writable(recipe), locked(folder.with_name(folder.name + ".lock")):
            # Another process may have made them while this one waited.
            facts = _opened(folder) or _made(folder, recipe)
    return facts


def _opened(folder: Path) -> Facts | None:
    """The facts of a snapshot folder; None where they are missing or damaged: they are cheap to make again."""
    try:
        return load(folder / "facts")
    except (OSError, ValueError, KeyError, EOFError):
        return None


@contextmanager
def _writable(recipe: Recipe) -> Iterator[None]:
    """Errors of disk and memory as StateError."""
    settings = recipe.settings
    try:
        yield
    except CANNOT_WRITE as error:
        message = (
            f"The features as of {recipe.cutoff} could not be written to {settings.snapshots}: "
            f"{str(error).splitlines()[0]}. Next: free disk space, or allow more memory than "
            f"OMNISHELF_MEMORY_LIMIT={settings.memory_limit}."
        )
        raise StateError(message) from error


def _made(folder: Path, recipe: Recipe) -> Facts:
    scratch = folder.with_name(folder.name + ".scratch")
    settings, tables = recipe.settings, recipe.tables
    try:
        with duckdb_engine(scratch, settings.memory_limit, settings.threads) as engine:
            known = known_before(engine, tables, recipe.cutoff, recipe.plan_days, recipe.purchases())
            write_snapshot(engine, known, folder)
        with whole_folder(folder / "facts") as partial:
            described = tables / "inputs" / "skus.parquet"
            found = described if described.is_file() else None
            save(freeze(folder, tables / "skus.parquet", recipe.cutoff, tables / "stores.parquet", found), partial)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return load(folder / "facts")
