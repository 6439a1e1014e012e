"""The warehouse: the tables of the last complete load, found through one pointer file.

    warehouse/current              the digest of the warehouse that counts
    warehouse/<digest>/            the tables of contracts/outputs.py (`.parquet`) and manifest.json
    warehouse/<digest>/inputs/     the contract tables that they are made from, kept to merge later loads into

A folder is written under a temporary name, renamed, and only then pointed to: a load that dies leaves
the previous warehouse whole. The digest depends on the content of the input tables alone.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from features.errors import StateError
from features.files import locked_or_refused, put, write_whole
from features.settings import Settings

POINTER = "current"
PARTIAL = "partial"
"""The folder of a load that is not finished."""
MANIFEST = "manifest.json"
SCHEMA = 2
"""Part of every digest: raise it when tables made from the same inputs come out differently."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One complete, immutable set of tables.

    `manifest` holds: schema; digest; rows (output table -> count); id_types (customer_id and sku -> "int64"
    or "string": the type in which ids came) and integer_ids (the same of every input table); currency (None
    where no row says); first and last (instants of the first and last purchase); source and loaded_at of the
    last load; loads (what each load that changed something did); identity_key (tells the key of the hashes
    apart from others, None without identifiers).
    """

    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, settings: Settings) -> "Warehouse":
        """The warehouse that counts. Raises StateError where there is none, or where it is damaged."""
        found = cls.find(settings)
        if found is None:
            message = (
                f"There are no purchases in {settings.work} yet. Next: `omnishelf ingest complete-journey` for the "
                "demonstration data, or `omnishelf ingest tables --dataset dataset.toml` for your own."
            )
            raise StateError(message)
        return found

    @classmethod
    def find(cls, settings: Settings) -> "Warehouse | None":
        """The warehouse that counts, None where nothing was loaded yet; StateError where it is damaged."""
        pointer = settings.warehouse / POINTER
        if not pointer.is_file():
            return None
        return cls.read(settings.warehouse / pointer.read_text().strip())

    @classmethod
    def read(cls, folder: Path) -> "Warehouse":
        """The warehouse in a folder. Raises StateError where it is damaged or of another layout."""
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
        except (OSError, ValueError) as error:
            raise StateError(_damaged(folder, str(error))) from error
        if manifest.get("schema") != SCHEMA:
            raise StateError(_damaged(folder, f"it has layout {manifest.get('schema')}, this version reads {SCHEMA}"))
        missing = [name for name in manifest["rows"] if not (folder / f"{name}.parquet").is_file()]
        if missing:
            raise StateError(_damaged(folder, f"{missing[0]}.parquet is missing"))
        return cls(folder, manifest)

    @property
    def work(self) -> Path:
        """The work folder that it lies in."""
        return self.folder.parents[1]

    def table(self, name: str) -> Path:
        """The Parquet file of one table of the warehouse."""
        return self.folder / f"{name}.parquet"

    def input(self, name: str) -> Path:
        """The Parquet file of one input table, as merged from all loads; it may not be there."""
        return self.folder / "inputs" / f"{name}.parquet"

    @property
    def purchases(self) -> Path:
        return self.table("purchases")

    @property
    def skus(self) -> Path:
        return self.table("skus")

    @property
    def stores(self) -> Path:
        return self.table("stores")

    @property
    def promotions(self) -> Path:
        return self.table("promotions")

    @property
    def returns(self) -> Path:
        return self.table("returns")

    @property
    def digest(self) -> str:
        """Names the content: equal for equal rows, whatever their order and however they were loaded."""
        return str(self.manifest["digest"])

    @property
    def rows(self) -> dict[str, int]:
        return dict(self.manifest["rows"])

    @property
    def id_types(self) -> dict[str, str]:
        """customer_id and sku -> "int64" where every id came as a whole number, else "string"."""
        return dict(self.manifest["id_types"])

    @property
    def first(self) -> datetime:
        return datetime.fromisoformat(self.manifest["first"])

    @property
    def last(self) -> datetime:
        """The instant of the last purchase."""
        return datetime.fromisoformat(self.manifest["last"])


def _damaged(folder: Path, what: str) -> str:
    return f"The warehouse {folder} is damaged: {what}. Next: load the data again with `omnishelf ingest --replace`."


@contextmanager
def only_load(settings: Settings) -> Iterator[None]:
    """One load at a time. Raises StateError, which names the process, where another one is running."""

    def refusal(holder: str) -> StateError:
        return StateError(
            f"Another load into {settings.warehouse} is running (process {holder}). Next: wait for it, then try again."
        )

    with locked_or_refused(settings.warehouse / ".lock", refusal):
        yield


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def publish(partial: Path, settings: Settings, digest: str) -> Path:
    """Make the finished folder `partial` the warehouse that counts; earlier ones but the last are removed."""
    folder = settings.warehouse / digest
    if _is_whole(folder):  # the same content, loaded by other loads
        put(partial / MANIFEST, folder / MANIFEST)
    else:
        put(partial, folder)
    _point_to(digest, settings)
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        Warehouse.read(folder)
    except StateError:
        return False
    return True


def _point_to(digest: str, settings: Settings) -> None:
    """Move the pointer in one step, and remove warehouses that are neither current nor the one before."""
    pointer = settings.warehouse / POINTER
    before = pointer.read_text().strip() if pointer.is_file() else ""
    write_whole(pointer, digest + "\n")
    for folder in settings.warehouse.iterdir():
        if folder.is_dir() and folder.name not in {digest, before, PARTIAL}:
            shutil.rmtree(folder, ignore_errors=True)
