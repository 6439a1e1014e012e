"""The bundle: everything that answers requests, in one immutable folder with a manifest.

This file is the only one that writes and reads bundles. A bundle is written to a temporary folder,
verified, and renamed; the manifest holds a SHA-256 of every file.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from features.clock import Cutoff
from features.errors import StateError
from features.facts.facts import Facts, Grouped, load, load_grouped, save, save_grouped
from features.files import whole_folder
from features.vector.vector import names
from serving.bundle.candidates import Candidates
from serving.bundle.directory import Directory
from serving.bundle.scoring import Guard, GuardedRanker, OnnxRanker
from serving.bundle.texts import Texts

SCHEMA = 3
MANIFEST = "manifest.json"

TOGETHER_DAYS = 182
"""Half a year: what goes with what changes slowly, and pairs are rare."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of SKUs for a SKU.

    similar   what can take its place: `similarity`, `buyers` (customers who bought both)
    together  what is bought in the same basket: `baskets` (that held both, in the `TOGETHER_DAYS` before
              the cutoff, wholesale baskets left out), `lift`
    """

    similar: Grouped
    together: Grouped


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is shown of a SKU, by SKU code."""

    names: Texts
    subcategories: Texts
    """The names of subcategories, by code."""


@dataclass(frozen=True, slots=True)
class Bundle:
    path: Path
    manifest: dict[str, Any]
    facts: Facts
    candidates: Candidates
    lists: Lists
    catalogue: Catalogue
    ranker: GuardedRanker
    discovery: GuardedRanker
    directory: Directory = field(default_factory=Directory.empty)

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def cutoff(self) -> Cutoff:
        return Cutoff.parse(str(self.manifest["cutoff"]))

    @classmethod
    def open(cls, path: Path) -> "Bundle":
        """Open a bundle; arrays are memory-mapped.

        Raises StateError where a file of the manifest is missing, has another size or cannot be opened;
        `verify` also reads every byte.
        """
        manifest = read_manifest(path)
        _check_sizes(path, manifest)
        try:
            opened = cls(
                path=path,
                manifest=manifest,
                facts=load(path / "facts"),
                candidates=Candidates.load(path / "candidates"),
                lists=Lists(load_grouped(path / "lists", "similar"), load_grouped(path / "lists", "together")),
                catalogue=Catalogue(
                    Texts.load(path / "catalogue", "names"), Texts.load(path / "catalogue", "subcategories")
                ),
                ranker=_ranker(path, manifest, "ranker"),
                discovery=_ranker(path, manifest, "discovery"),
                directory=Directory.load(path / "directory"),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(f"The bundle {path} cannot be opened: {error}. Fetch or train it again.") from error
        _check_features(opened)
        return opened


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle; rankers are files that were exported before."""

    facts: Facts
    candidates: Candidates
    lists: Lists
    catalogue: Catalogue
    files: dict[str, Path]
    """Name in the bundle -> file to copy: `ranker.onnx`, `ranker.txt`, `discovery.onnx`, `discovery.txt`."""
    guards: dict[str, Guard]
    """The guards of `ranker` and `discovery`, by these names."""
    directory: Directory = field(default_factory=Directory.empty)


def write(contents: Contents, path: Path, about: dict[str, Any], check: Callable[[Bundle], None]) -> Bundle:
    """Write a bundle whole or not at all.

    about   manifest entries: version, cutoff, created_at, data_hash, libraries
    check   is called with the read-back bundle before the rename and raises where it does not answer
            as it should
    """
    with whole_folder(path) as partial:
        _write_parts(contents, partial)
        guards = {name: asdict(guard) for name, guard in contents.guards.items()}
        features = list(names(contents.facts, contents.candidates.sources))
        manifest = {"schema": SCHEMA, **about, "guards": guards, "features": features, "files": _fingerprints(partial)}
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
        verify(partial)
        check(Bundle.open(partial))
    return Bundle.open(path)


Profiles = tuple[Facts, Candidates, Directory]
"""What a bundle holds of customers."""


def rewrite(path: Path, change: Callable[[Profiles], Profiles | None]) -> bool:
    """Replace a bundle with the same one under changed profiles; returns False where `change` returns None.

    Everything else stays byte for byte, its version too. Raises StateError where the bundle cannot be opened.
    """
    manifest = read_manifest(path)
    changed = change((load(path / "facts"), Candidates.load(path / "candidates"), Directory.load(path / "directory")))
    if changed is None:
        return False
    facts, candidates, directory = changed
    with whole_folder(path) as partial:
        ours = shutil.ignore_patterns("facts", "candidates", "directory", MANIFEST)
        shutil.copytree(path, partial, ignore=ours, dirs_exist_ok=True)
        save(facts, partial / "facts")
        candidates.save(partial / "candidates")
        if len(directory.hashes):
            directory.save(partial / "directory")
        (partial / MANIFEST).write_text(
            json.dumps(manifest | {"files": _fingerprints(partial)}, indent=1, sort_keys=True)
        )
        verify(partial)
    return True


def _write_parts(contents: Contents, folder: Path) -> None:
    save(contents.facts, folder / "facts")
    contents.candidates.save(folder / "candidates")
    (folder / "lists").mkdir()
    save_grouped(contents.lists.similar, folder / "lists", "similar")
    save_grouped(contents.lists.together, folder / "lists", "together")
    (folder / "catalogue").mkdir()
    contents.catalogue.names.save(folder / "catalogue", "names")
    contents.catalogue.subcategories.save(folder / "catalogue", "subcategories")
    if len(contents.directory.hashes):
        contents.directory.save(folder / "directory")
    for name, source in contents.files.items():
        shutil.copyfile(source, folder / name)


def _ranker(path: Path, manifest: dict[str, Any], name: str) -> GuardedRanker:
    return GuardedRanker(OnnxRanker.load(path / f"{name}.onnx"), Guard(**manifest["guards"][name]))


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a bundle folder. Raises StateError where it is missing, damaged or of another schema."""
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text())
    except FileNotFoundError as error:
        raise StateError(f"{path} is not a bundle: it has no {MANIFEST}. Run `omnishelf train`.") from error
    except (OSError, ValueError) as error:
        raise StateError(f"The manifest of bundle {path} is damaged: {error}. Fetch or train it again.") from error
    wrong = _wrong(manifest)
    if wrong:
        raise StateError(f"The manifest of bundle {path} is damaged: {wrong}. Fetch or train it again.")
    return manifest


def _wrong(manifest: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    """What is wrong with a manifest; empty where nothing is."""
    if not isinstance(manifest, dict):
        return "it is no JSON object"
    if manifest.get("schema") != SCHEMA:
        return f"it has schema {manifest.get('schema')}, this version reads {SCHEMA}"
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(
        isinstance(entry, dict) and {"sha256", "bytes"} <= entry.keys() for entry in files.values()
    ):
        return "its list of files has no hashes"
    try:
        Cutoff.parse(manifest["cutoff"])
        return "" if isinstance(manifest["version"], str) else "its version is no text"
    except (KeyError, TypeError, ValueError) as error:
        return f"cutoff or version: {error}"


def verify(path: Path) -> dict[str, Any]:
    """Compare every file with the manifest's SHA-256 and return the manifest. Raises StateError on the first damage."""
    manifest = read_manifest(path)
    _check_sizes(path, manifest)
    for name, entry in manifest["files"].items():
        if _sha256(path / name) != entry["sha256"]:
            raise StateError(f"The bundle {path} is damaged: {name} is not what was written. Fetch or train it again.")
    return manifest


def is_complete(path: Path) -> bool:
    """Whether every file of the manifest is there in its size: quick, where `verify` reads every byte."""
    try:
        _check_sizes(path, read_manifest(path))
    except StateError:
        return False
    return True


def _check_features(bundle: Bundle) -> None:
    """Raise StateError where the rankers learned from other columns than this version makes, or in another order.

    A ranker knows a column by its place, so that it would score wrongly and nobody would see it. Bundles of earlier
    versions do not tell their columns.
    """
    learned = bundle.manifest.get("features")
    made = list(names(bundle.facts, bundle.candidates.sources))
    if learned is None or learned == made:
        return
    differing = sorted(set(learned) ^ set(made)) or ["the order of columns"]
    raise StateError(
        f"The bundle {bundle.path} was trained with other features than this version makes: {len(differing)} differ, "
        f"such as {differing[0]}. Train it again."
    )


def _check_sizes(path: Path, manifest: dict[str, Any]) -> None:
    for name, entry in manifest["files"].items():
        file = path / name
        size = file.stat().st_size if file.is_file() else None
        if size != entry["bytes"]:
            found = "missing" if size is None else f"{size} bytes instead of {entry['bytes']}"
            raise StateError(f"The bundle {path} is damaged: {name} is {found}. Fetch or train it again.")


def _fingerprints(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {"sha256": _sha256(path), "bytes": path.stat().st_size} for path in files
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
