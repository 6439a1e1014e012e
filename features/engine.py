"""The engine that executes feature expressions: DuckDB in process, through Ibis."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend


@contextmanager
def duckdb_engine(scratch: Path, memory_limit: str = "2GB", threads: int = 2) -> Iterator[Backend]:
    """A DuckDB session that spills to `scratch`, speaks UTC, and keeps no row order it was not asked for."""
    scratch.mkdir(parents=True, exist_ok=True)
    engine = ibis.duckdb.connect(
        memory_limit=memory_limit,
        threads=threads,
        temp_directory=str(scratch),
        preserve_insertion_order=False,
    )
    for setting in ("SET TimeZone = 'UTC'", "SET enable_progress_bar = false"):
        engine.raw_sql(setting).fetchall()
    try:
        with warnings.catch_warnings():
            # Ibis 12 asks DuckDB 2.0 for Arrow tables by the name that DuckDB 1 had.
            warnings.filterwarnings("ignore", r"fetch_arrow_table\(\) is deprecated", DeprecationWarning)
            yield engine
    finally:
        engine.disconnect()
