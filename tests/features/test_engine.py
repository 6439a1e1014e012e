"""The engine: what it was allowed is what it takes."""

from pathlib import Path

import duckdb
import pytest

from features.engine import duckdb_engine


def test_the_session_has_the_limits_that_it_was_given(tmp_path: Path) -> None:
    with duckdb_engine(tmp_path / "spill", memory_limit="300MB", threads=1) as engine:
        settings = ("memory_limit", "threads", "temp_directory", "TimeZone")
        found = [engine.raw_sql(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in settings]
    assert found == ["286.1 MiB", 1, str(tmp_path / "spill"), "UTC"]
    assert (tmp_path / "spill").is_dir()


def test_more_than_the_limit_is_refused_not_taken(tmp_path: Path) -> None:
    # a list cannot be spilled
    with (
        duckdb_engine(tmp_path, memory_limit="20MB", threads=1) as engine,
        pytest.raises(duckdb.OutOfMemoryException),
    ):
        engine.raw_sql("SELECT length(list(range)) FROM range(20000000)").fetchall()


def test_a_closed_session_answers_no_more(tmp_path: Path) -> None:
    with duckdb_engine(tmp_path) as engine:
        pass
    with pytest.raises(duckdb.ConnectionException):
        engine.raw_sql("SELECT 1")
