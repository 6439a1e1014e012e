"""The engine: what it was allowed is what it takes."""

from pathlib import Path

import duckdb
import pytest

from features.engine import duckdb_engine, session
from features.settings import Settings

ROOT = Path(__file__).parents[2]


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


def test_a_plain_session_has_the_limits_of_the_settings(tmp_path: Path) -> None:
    names = ("memory_limit", "threads", "TimeZone", "preserve_insertion_order", "enable_progress_bar")
    with session(Settings(work=tmp_path, memory_limit="300MB", threads=1)) as connection:
        found = [connection.execute(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in names]
        spill = Path(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
    assert found == ["286.1 MiB", 1, "UTC", True, False]
    assert spill.parent == tmp_path


def test_without_settings_a_session_has_what_is_stated() -> None:
    with session() as connection:
        found = connection.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchall()
    assert found == [("1.8 GiB", 2)]


def test_a_session_spills_to_a_folder_of_its_own_that_goes_with_it(tmp_path: Path) -> None:
    rows = "SELECT range AS id, repeat(md5(range::VARCHAR), 4) AS text FROM range(400000)"
    with session(Settings(work=tmp_path, memory_limit="40MB", threads=1)) as connection:
        assert not list(tmp_path.iterdir()), "the folder is made when it is needed"
        connection.execute(f"CREATE TABLE spilled AS {rows}").fetchall()
        assert [path.name.partition(".")[0] for path in tmp_path.iterdir()] == ["spill"]
    assert not list(tmp_path.iterdir())


def test_a_session_of_a_file_keeps_its_tables_there(tmp_path: Path) -> None:
    for statement in ("CREATE TABLE kept AS SELECT 7 AS seven", "FROM kept"):
        with session(file=tmp_path / "tables.duckdb") as connection:
            found = connection.execute(statement).fetchall()
    assert found == [(7,)]


def test_sessions_come_through_the_one_door() -> None:
    packages = ("features", "serving", "training", "experiments")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    connecting = {path.relative_to(ROOT).as_posix() for path in sources if "duckdb.connect(" in path.read_text("utf-8")}
    assert connecting == {"features/engine.py"}
