"""The folder in which a warehouse is made, before it is published."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.warehouse.warehouse import PARTIAL


@contextmanager
def scratch_folder(warehouse: Path) -> Iterator[Path]:
    """A folder beside the warehouses for what is being made; what a killed load left there is swept away."""
    scratch = warehouse / PARTIAL
    shutil.rmtree(scratch, ignore_errors=True)
    for folder in ("staged", "raw", "quarantine", "new/inputs"):
        (scratch / folder).mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
