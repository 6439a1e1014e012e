"""Bundles kept on this machine, and the pointer file that says which of them answers.

A folder that workers may have open is never written to: bundles arrive under their final name in one
step and leave it in one step, and the pointer file is replaced, not edited.
"""

import hashlib
import json
from pathlib import Path

from features.errors import StateError
from features.files import put, remove, write_whole
from serving.bundle.bundle import verify


def pointed(pointer: Path) -> dict[str, str]:
    """What the pointer file says; nothing where it is absent or damaged, since it will be replaced."""
    try:
        return {name: str(value) for name, value in json.loads(pointer.read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def point(pointer: Path, said: dict[str, str]) -> None:
    """Replace the pointer file in one step; it survives a power cut whole, as old or new."""
    write_whole(pointer, json.dumps(said))


def place(cache: Path, version: str, manifest: bytes) -> tuple[Path, bool]:
    """Where the bundle with this manifest belongs, and whether it is there, whole.

    `<version>`, unless other content already has that name (a registry made anew counts from 1 again) or
    the one there is damaged: then `<version>-<hash of the manifest>`.
    """
    first, second = cache / version, cache / f"{version}-{hashlib.sha256(manifest).hexdigest()[:8]}"
    for bundle in (first, second):
        if not bundle.exists():
            return bundle, False
        if _is_whole(bundle, manifest):
            return bundle, True
    remove(second)
    return second, False


def admit(fresh: Path, bundle: Path) -> Path:
    """Check a bundle that has just arrived, make it last, and give it its name.

    Raises StateError where it is damaged.
    """
    verify(fresh)
    put(fresh, bundle)
    return bundle


def prune(cache: Path, keep: set[str]) -> None:
    """Remove every bundle but those; one that a worker still has open stays readable to it."""
    for old in cache.iterdir():
        if old.is_dir() and old.name not in keep:
            remove(old)


def _is_whole(bundle: Path, manifest: bytes) -> bool:
    try:
        verify(bundle)
        return (bundle / "manifest.json").read_bytes() == manifest
    except (OSError, StateError):
        return False
