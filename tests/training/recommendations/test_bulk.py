"""Files of customers in, tables of recommendations out: what stands in them, and how what is wrong is told."""

import os
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import DataError, StateError
from training.recommendations.bulk import in_types, read_customers, write_table

NUMBERS, TEXTS = {"customer_id": "int64", "sku": "int64"}, {"customer_id": "string", "sku": "string"}


def parquet(folder: Path, column: pa.Array, name: str = "customer_id") -> Path:
    pq.write_table(pa.table({name: column}), folder / "customers.parquet")
    return folder / "customers.parquet"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("column", "customers", "are_numbers"),
    [
        (pa.array([3, 1, 2]), ["3", "1", "2"], True),
        (pa.array([3, None, 2]), ["3", "2"], True),
        (pa.array([3.0, None, 2.0]), ["3", "2"], True),
        (pa.array([7], pa.uint8()), ["7"], True),
        (pa.array([2**62]), [str(2**62)], True),
        (pa.array(["b", None, "007"]), ["b", "007"], False),
        (pa.array(["7", "8"]).dictionary_encode(), ["7", "8"], False),
        (pa.array([7, 8]).dictionary_encode(), ["7", "8"], True),
        (pa.array([Decimal(7)]), ["7"], False),
    ],
)
def test_parquet_says_its_types(tmp_path: Path, column: pa.Array, customers: list[str], are_numbers: bool) -> None:  # noqa: FBT001
    assert read_customers(parquet(tmp_path, column)) == (customers, are_numbers)


def test_a_parquet_files_only_column_may_have_any_name(tmp_path: Path) -> None:
    assert read_customers(parquet(tmp_path, pa.array(["a"]), "household")) == (["a"], False)


@pytest.mark.parametrize(
    ("name", "content", "customers"),
    [
        ("a.csv", "customer_id\n1\n007\n", ["1", "007"]),
        ("a.csv", "name,customer_id\nx, c-1 \ny,\nz,NA\n", ["c-1", "NA"]),
        ("a.csv", "\ufeffcustomer_id\nä\n", ["ä"]),
        ("a.CSV", "customer_id\r\n1\r\n", ["1"]),
        ("a.txt", "c-1\n\n  c-2 \n", ["c-1", "c-2"]),
        ("a.txt", "\ufeffcustomer_id\nc-1\n", ["c-1"]),
        ("a", "c-1", ["c-1"]),
    ],
)
def test_text_files_do_not(tmp_path: Path, name: str, content: str, customers: list[str]) -> None:
    assert read_customers(written(tmp_path, name, content)) == (customers, None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "household,name\n1,x\n", "no column customer_id; it has household, name. Next"),
        ("a.csv", "c-1\nc-2\n", "no column customer_id; it has c-1. Next"),
        ("a.csv", "", "cannot be read: .*Next: save it as Parquet or CSV"),
        ("a.csv", "customer_id\n", "names no customer. Next"),
        ("a.csv", b"customer_id\n\xff\xfe\n", "cannot be read"),
        ("a.txt", "\n \n", "names no customer. Next"),
        ("a.txt", b"\xff", "cannot be read"),
        ("a.parquet", "customer_id\n1\n", "cannot be read"),
        ("a.parquet", "", "cannot be read"),
    ],
)
def test_a_file_that_names_no_customers_is_told(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(DataError, match=f"{name} .*{said}"):
        read_customers(written(tmp_path, name, content))


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.csv"):
        with pytest.raises(DataError, match=f"There is no file {path}. Next"):
            read_customers(path)


def test_parquet_without_the_column_or_without_rows_or_with_halves_is_told(tmp_path: Path) -> None:
    table = pa.table({"a": [1], "b": [2]})
    pq.write_table(table, tmp_path / "two.parquet")
    with pytest.raises(DataError, match="no column customer_id; it has a, b"):
        read_customers(tmp_path / "two.parquet")
    with pytest.raises(DataError, match="names no customer"):
        read_customers(parquet(tmp_path, pa.array([], pa.int64())))
    with pytest.raises(DataError, match="cannot be read"):
        read_customers(parquet(tmp_path, pa.array([1.5])))


def recommendations(*customers: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(customers), "sku": ["11"] * len(customers), "rank": 1})


@pytest.mark.parametrize(
    ("customers", "came_as", "are_numbers", "types"),
    [
        (["1", "2"], NUMBERS, True, "int64 int64"),
        (["1", "2"], NUMBERS, False, "text text"),
        (["1", "2"], NUMBERS, None, "int64 int64"),
        (["1", "stranger"], NUMBERS, None, "text text"),
        (["1", "007"], NUMBERS, None, "text text"),
        (["-1", "2"], NUMBERS, None, "int64 int64"),
        (["1", "2"], TEXTS, True, "int64 text"),
        (["1", "2"], TEXTS, False, "text text"),
        (["1", "2"], TEXTS, None, "text text"),
        (["a"], {"customer_id": "string", "sku": "int64"}, False, "text int64"),
        (["a"], {"customer_id": "string", "sku": "int64"}, None, "text int64"),
        (["1"], {"customer_id": "int64", "sku": "string"}, True, "int64 text"),
    ],
)
def test_ids_come_back_in_the_type_they_were_asked_in(
    customers: list[str],
    came_as: dict[str, str],
    are_numbers: bool | None,  # noqa: FBT001
    types: str,
) -> None:
    table = in_types(recommendations(*customers), came_as, are_numbers=are_numbers)
    found = ["int64" if table[name].dtype == "int64" else "text" for name in ("customer_id", "sku")]
    assert " ".join(found) == types
    assert [str(value) for value in table["customer_id"]] == customers
    assert list(table.columns) == ["customer_id", "sku", "rank"]


def test_a_table_is_written_whole_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "recs.parquet"
    for customers in (("a",), ("a", "b")):
        write_table(recommendations(*customers), path)
        assert pd.read_parquet(path)["customer_id"].tolist() == list(customers)
    assert [each.name for each in path.parent.iterdir()] == ["recs.parquet"]


def test_a_table_that_cannot_be_written_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recs.parquet"
    write_table(recommendations("a"), path)

    def full(_table: pd.DataFrame, partial: Path, **_: object) -> None:
        partial.write_bytes(b"PAR1")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(StateError, match=r"recs.parquet cannot be written: .*No space left on device. Next"):
        write_table(recommendations("b"), path)
    assert pd.read_parquet(path)["customer_id"].tolist() == ["a"]
    assert [each.name for each in tmp_path.iterdir()] == ["recs.parquet"]


@pytest.mark.parametrize("out", ["folder", "file/below.parquet"])
def test_a_place_that_is_no_place_for_a_file_is_told(tmp_path: Path, out: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        write_table(recommendations("a"), tmp_path / out)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]
