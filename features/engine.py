"""The one door to DuckDB: sessions that take no more than they were allowed, and speak UTC.

Everything that reads tables opens its session here, with the settings' memory and threads. A session spills to the
folder that it is given, else to one of its own, which is made when it is needed and goes with the session.
"""

import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
from duckdb import DuckDBPyConnection as Session
from ibis.backends.duckdb import Backend

from features.settings import Settings

__all__ = ["CANNOT_WRITE", "STATED", "Session", "duckdb_engine", "session"]

STATED = Settings()
"""What a session may use where the caller has no settings: 2 GB and two threads."""

CANNOT_WRITE = (OSError, duckdb.IOException, duckdb.OutOfMemoryException)
"""What is raised where disk or memory do not suffice."""

_SAID = ("SET TimeZone = 'UTC'", "SET enable_progress_bar = false")
"""DuckDB draws a bar on the screen of whoever waits for two seconds, unless a session is told not to."""


@contextmanager
def session(settings: Settings = STATED, spill: Path | None = None, file: Path | None = None) -> Iterator[Session]:
    """A DuckDB session that keeps the order of rows; its tables are in memory, or in `file`."""
    home = Path(tempfile.gettempdir()) if settings is STATED else settings.work
    scratch = spill or home / f"spill.{secrets.token_hex(4)}"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(scratch),
        "preserve_insertion_order": True,
    }
    try:
        with duckdb.connect(str(file or ":memory:"), config=config) as connection:
            for setting in _SAID:
                connection.execute(setting).fetchall()
            yield connection
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def duckdb_engine(scratch: Path, memory_limit: str = "2GB", threads: int = 2) -> Iterator[Backend]:
    """An Ibis session that spills to `scratch`, speaks UTC, and keeps no row order it was not asked for."""
    scratch.mkdir(parents=True, exist_ok=True)
    engine = ibis.duckdb.connect(
        memory_limit=memory_limit,
        threads=threads,
        temp_directory=str(scratch),
        preserve_insertion_order=False,
    )
    for setting in _SAID:
        engine.raw_sql(setting).fetchall()
    try:
        with warnings.catch_warnings():
            # Ibis 12 asks DuckDB 2.0 for Arrow tables by the name that DuckDB 1 had.
            warnings.filterwarnings("ignore", r"fetch_arrow_table\(\) is deprecated", DeprecationWarning)
            yield engine
    finally:
        engine.disconnect()
