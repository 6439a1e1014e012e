"""Whose fault an error is: the files that were brought, or the folder that we write to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from features.contracts.extract import shown
from features.engine import CANNOT_WRITE
from features.errors import DataError, StateError


@contextmanager
def readable(files: tuple[Path, ...], scratch: Path) -> Iterator[None]:
    """Errors of reading `files` as DataError; errors of writing to `scratch` pass."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if _is_about_writing(error, scratch):
            raise
        message = f"{shown(files)} cannot be read: {_first_line(error)}. Next: copy or export it again."
        raise DataError(message) from error


def _is_about_writing(error: OSError | duckdb.Error, scratch: Path) -> bool:
    if isinstance(error, OSError):
        return error.filename is None or Path(str(error.filename)).is_relative_to(scratch)
    return isinstance(error, duckdb.OutOfMemoryException) or "write" in str(error).lower() or str(scratch) in str(error)


@contextmanager
def writable(work: Path) -> Iterator[None]:
    """Errors of writing to the work folder as StateError."""
    try:
        yield
    except CANNOT_WRITE as error:
        message = (
            f"The load could not be written to {work}: {_first_line(error)}. What was loaded before is as it was. "
            "Next: free space or mend the folder (or name another with --work), then load again."
        )
        raise StateError(message) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
