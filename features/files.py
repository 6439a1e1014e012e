"""Files that appear whole, and locks that go with their holder.

Whatever is replaced is written beside its place first, in a folder named `<name>.<token>.partial`, brought to disk, and
renamed in one step: a reader finds the old or the new, and a writer that is killed leaves the old. Its folder is locked
for as long as it lives, so that the next writer of the same name can tell what a killed one left behind, and clears it.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout, lock_descriptor

from features.errors import UserError

PARTIAL, REMOVED = ".partial", ".removed"
"""Suffixes of what is not finished yet, and of what is being removed."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields the path to write to; the file appears at `path` when the body ends, and not where it raises."""
    with partial_folder(path) as folder:
        yield folder / path.name
        put(folder / path.name, path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder to fill; it replaces `path` when the body ends, and does not where it raises."""
    with partial_folder(path) as folder:
        yield folder
        put(folder, path)


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file in one step. Raises OSError where it cannot be written; the old one stays then."""
    with whole_file(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def partial_folder(path: Path) -> Iterator[Path]:
    """Yields a folder beside `path` to work in; it is removed at the end, and with it what killed writers left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    folder, descriptor = _own_folder(path)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def put(finished: Path, path: Path) -> None:
    """Give a finished file or folder its name in one step, on disk before that.

    A folder that has the name steps aside for another, so that nobody finds a mixture of two, and is removed.
    A file never replaces a folder: that raises OSError.
    """
    for inside in [*finished.rglob("*"), finished]:
        _to_disk(inside)
    grave = path.with_name(f"{path.name}.{secrets.token_hex(4)}{REMOVED}")
    if finished.is_dir() and path.is_dir():
        path.rename(grave)
    try:
        finished.replace(path)
    except OSError:
        if grave.exists():
            grave.rename(path)
        raise
    _to_disk(path.parent)
    shutil.rmtree(grave, ignore_errors=True)


def remove(folder: Path) -> None:
    """Take a folder out of sight in one step, then off the disk: nobody finds half of it."""
    shutil.rmtree(folder.rename(folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{REMOVED}")), ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, waiting for it. The system lets go of it when its holder dies."""
    with _lock(path):
        yield


@contextmanager
def locked_or_refused(path: Path, refusal: Callable[[str], UserError], within_seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock; raises `refusal` of the holder's process number where another process keeps it for so long."""
    lock = _lock(path)
    try:
        lock.acquire(timeout=within_seconds)
    except Timeout:
        raise refusal(path.read_text().strip() or "unknown") from None
    try:
        path.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether a living process holds a lock.

    Looks with a shared lock, which filelock does not have: two that look at once must not take each other for a holder.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock(path: Path) -> FileLock:
    """A lock of the system's own; without it filelock would fall back to files that outlive their holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, fallback_to_soft=False)


def _own_folder(path: Path) -> tuple[Path, int]:
    """A new folder and the descriptor that locks it; another one where a sweeper was quicker than the lock."""
    while True:
        folder = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PARTIAL}")
        folder.mkdir()
        with suppress(FileNotFoundError):
            descriptor = os.open(folder, os.O_RDONLY)
            if lock_descriptor(descriptor, blocking=False) and folder.exists():
                return folder, descriptor
            os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove what killed writers of `path` left behind: folders of theirs that nobody has locked."""
    theirs = re.compile(rf"{re.escape(path.name)}\.[0-9a-f]{{8}}({re.escape(PARTIAL)}|{re.escape(REMOVED)})")
    for folder in [one for one in path.parent.iterdir() if theirs.fullmatch(one.name)]:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                if lock_descriptor(descriptor, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
