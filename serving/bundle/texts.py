"""Texts by code in one memory-mapped blob, so that workers share the names of all SKUs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import load_array


@dataclass(frozen=True, slots=True)
class Texts:
    """Text i is blob[offsets[i]:offsets[i + 1]], UTF-8."""

    offsets: NDArray[np.int64]
    blob: NDArray[np.uint8]

    def __getitem__(self, code: int) -> str:
        return self.blob[self.offsets[code] : self.offsets[code + 1]].tobytes().decode()

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        encoded = [text.encode() for text in texts]
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in encoded])]).astype(np.int64)
        return cls(offsets, np.frombuffer(b"".join(encoded), dtype=np.uint8))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Texts":
        return cls(load_array(folder, f"{name}.offsets"), load_array(folder, f"{name}.blob"))

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.offsets.npy", self.offsets)
        np.save(folder / f"{name}.blob.npy", self.blob)
