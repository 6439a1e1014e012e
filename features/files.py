"""One load at a time: an advisory lock that the system lets go of when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import StateError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. Raises StateError, which names the holder, where another process has it."""
    path = folder / ".lock"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            message = f"Another load into {folder} is running (process {holder}). Next: wait for it, then try again."
            raise StateError(message) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
