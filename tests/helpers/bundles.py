"""Bundle folders with a true manifest and nothing of a model in them, for what only moves bundles about."""

import hashlib
import json
from pathlib import Path

from serving.bundle.bundle import SCHEMA


def standin_bundle(folder: Path, version: str = "b-1", content: str = "weights") -> Path:
    """A folder with one data file and a manifest that fits it."""
    folder.mkdir(parents=True)
    data = f"{version}: {content}".encode()
    (folder / "weights.bin").write_bytes(data)
    manifest = {
        "schema": SCHEMA,
        "version": version,
        "cutoff": "2026-03-01T00:00:00",
        "created_at": "2026-03-02T08:00:00",
        "data_hash": "d" * 64,
        "libraries": {},
        "guards": {},
        "files": {"weights.bin": {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
