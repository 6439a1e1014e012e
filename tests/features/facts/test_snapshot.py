"""The snapshot: one row a key, sorted, whole or not at all; every expression is one for Spark too."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from features.engine import duckdb_engine
from features.facts import snapshot
from features.facts.grains import GRAINS
from features.facts.snapshot import FAMILIES, code_version, expressions, write_snapshot
from features.known import Known, known_before
from tests.helpers.spark import spark_sql
from tests.helpers.worked_tables import CUTOFF, unbound, write_warehouse

PURCHASES = """
    customer | sku  | store | basket | days_ago | paid | list_price
    eve      | tea  | south | e1     | 5        | 2    | 3
    bob      | milk | north | b1     | 40       | 1    | 1
    ann      | tea  | north | a1     | 1        | 3    | 3
    ann      | milk | south | a1     | 1        | 1    | 1
    ann      | tea  | north | a2     | 9        | 3    | 3
             | ale  |       | x1     | 2        | 4    |
"""
SKUS = """
    sku  | brand | department | category | subcategory
    tea  | Leaf  | Food       | Drinks   | Hot drinks
    milk | Farm  | Food       | Dairy    | Milk
    ale  |       |            |          |
"""
PROMOTIONS = """
    sku | store | from_days | to_days | display
    gin | west  | -1        | 1       | aisle
"""


class FullDisk:
    """An engine that can write so many tables more."""

    def __init__(self, engine: Backend, left: int) -> None:
        self.engine, self.left = engine, left

    def to_parquet(self, table: object, path: Path) -> None:
        self.left -= 1
        if self.left < 0:
            path.write_bytes(b"PAR1")
            message = "No space left on device"
            raise OSError(message)
        self.engine.to_parquet(table, path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, Known]]:
    folder = tmp_path_factory.mktemp("warehouse")
    write_warehouse(folder, PURCHASES, skus=SKUS, promotions=PROMOTIONS)
    with duckdb_engine(folder / "scratch", "100MB", 1) as engine:
        yield engine, known_before(engine, folder, CUTOFF)


@pytest.fixture(scope="module")
def written(made: tuple[Backend, Known], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_snapshot(*made, tmp_path_factory.mktemp("snapshots") / "one")


@pytest.mark.parametrize("grain", GRAINS)
def test_every_expression_compiles_for_spark(grain: str) -> None:
    assert "SELECT" in spark_sql(expressions(unbound())[grain])


@pytest.mark.parametrize("grain", GRAINS)
def test_families_of_a_grain_share_its_key_and_no_other_column(grain: str) -> None:
    known, key = unbound(), GRAINS[grain].key
    columns = [getattr(family, grain)(known).columns for family in FAMILIES if hasattr(family, grain)]
    assert all(set(key) <= set(names) for names in columns)
    own = [name for names in columns for name in names if name not in key]
    assert len(own) == len(set(own))
    assert set(expressions(known)[grain].columns) == {*key, *own}


def test_every_grain_is_a_table_with_one_row_a_key_in_its_order(written: Path) -> None:
    for name, grain in GRAINS.items():
        table = pq.read_table(written / f"{name}.parquet", columns=[*grain.key])
        rows = [tuple(row.values()) for row in table.to_pylist()]
        assert rows, name
        assert rows == sorted(set(rows)), name


def test_keys_are_never_null(written: Path) -> None:
    tables = {grain: pq.read_table(written / f"{grain}.parquet") for grain in GRAINS}
    assert all(tables[grain][name].null_count == 0 for grain, one in GRAINS.items() for name in one.key)


def test_families_meet_in_one_row(written: Path) -> None:
    sku = pq.read_table(written / "sku.parquet")
    # only promoted, never sold: nothing but the promotion is known of it
    row = sku.filter(pc.field("sku") == "gin").to_pylist()[0]
    assert {name for name, value in row.items() if value is not None} == {"sku", "display_stores", "mailer_stores"}
    assert sku["sku"].to_pylist() == ["ale", "gin", "milk", "tea"]


def test_it_says_when(written: Path) -> None:
    assert json.loads((written / "snapshot.json").read_text()) == {"cutoff": "2025-06-01T09:20:00"}


@pytest.mark.parametrize("finished", [0, 3, 7])
def test_a_snapshot_that_cannot_be_finished_leaves_nothing(
    made: tuple[Backend, Known], tmp_path: Path, finished: int
) -> None:
    engine, known = made
    with pytest.raises(OSError, match="No space left"):
        write_snapshot(FullDisk(engine, finished), known, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_cannot_be_finished_leaves_the_one_before(made: tuple[Backend, Known], tmp_path: Path) -> None:
    engine, known = made
    folder = write_snapshot(engine, known, tmp_path / "one")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OSError, match="No space left"):
        write_snapshot(FullDisk(engine, 3), known, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_snapshot_is_never_half_removed_under_its_name(
    made: tuple[Backend, Known], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, removed, remove = write_snapshot(*made, tmp_path / "one"), [], shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda path, **how: (removed.append(path), remove(path, **how)))
    write_snapshot(*made, folder)
    assert any(path.name.startswith("one.") and path.suffix == ".removed" for path in removed)
    assert folder not in removed


def test_what_a_killed_process_left_behind_is_cleared(made: tuple[Backend, Known], tmp_path: Path) -> None:
    for name in ("one.0123abcd.partial", "one.0123abcd.removed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "other.parquet").write_bytes(b"PAR1")
    folder = write_snapshot(*made, tmp_path / "one")
    assert list(tmp_path.iterdir()) == [folder]
    assert {path.stem for path in folder.glob("*.parquet")} == set(GRAINS)


@pytest.mark.parametrize("changed", ["families/price.py", "facts/grains.py", "known.py"])
def test_other_code_has_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str) -> None:
    here = Path(snapshot.__file__).parents[1]
    for folder in ("families", "facts"):
        (tmp_path / folder).mkdir()
    for name in ("known", "facts/snapshot", "facts/grains", "families/price", "families/store"):
        (tmp_path / f"{name}.py").write_bytes((here / f"{name}.py").read_bytes())
    monkeypatch.setattr(snapshot, "__file__", str(tmp_path / "facts/snapshot.py"))
    before = code_version()
    assert before == code_version()
    with (tmp_path / changed).open("a") as file:
        file.write("# another formula\n")
    assert code_version() != before
