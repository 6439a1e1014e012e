"""The mapping file: what it may say, and what is said back when it is wrong."""

from pathlib import Path

import pytest

from features.errors import UserError
from features.reading.mapping import ColumnMapping, CsvOptions, read_dataset

WHOLE = """
name = "corner shop"
time_zone = "Asia/Shanghai"
party = "shop"
csv = { encoding = "gb18030", decimal = "," }

[till_receipts]
files = ["a.csv", "b/*.csv"]
csv = { delimiter = ";", null = "NA" }
[till_receipts.columns]
receipt_id = "bon"
sold_at = { column = "when", format = ["%d.%m.%Y", "%Y-%m-%d"] }
paid = { column = "amount", unit = "cents" }
store_id = { value = "S1" }
units = { sql = "coalesce(pieces, 1)" }

[skus]
files = "skus.parquet"
time_zone = "UTC"
[skus.columns]
category_path = { columns = ["dept", "group"] }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "dataset.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_it_says_is_read(tmp_path: Path) -> None:
    receipts, skus = read_dataset(written(tmp_path, WHOLE)).tables
    assert (receipts.table.name, receipts.files, receipts.time_zone) == (
        "till_receipts",
        ("a.csv", "b/*.csv"),
        "Asia/Shanghai",
    )
    assert receipts.csv == CsvOptions(delimiter=";", encoding="gb18030", decimal=",", null=("NA",))
    assert receipts.columns == {
        "receipt_id": ColumnMapping(column="bon"),
        "sold_at": ColumnMapping(column="when", formats=("%d.%m.%Y", "%Y-%m-%d")),
        "paid": ColumnMapping(column="amount", unit="cents"),
        "store_id": ColumnMapping(value="S1"),
        "units": ColumnMapping(sql="coalesce(pieces, 1)"),
    }
    assert (skus.files, skus.time_zone, skus.party) == (("skus.parquet",), "UTC", "shop")
    assert skus.columns == {"category_path": ColumnMapping(columns=("dept", "group"))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("till_receipts = [", "is not TOML"),
        ("", "describes no table"),
        ("[till_receipt]\nfiles = 'x.csv'", "'till_receipt', which means nothing here. Nearest: 'till_receipts'"),
        ("[skus]", r"\[skus\] names no files"),
        ("[skus]\nfile = 'x.csv'", "'file', which means nothing here. Nearest: 'files'"),
        ("skus = 'x.csv'", r"\[skus\] is not a table"),
        ("[skus]\nfiles = 'x.csv'\n[skus.columns]\nnames = 'x'", "'names', which means nothing here. Nearest: 'name'"),
        ("[skus]\nfiles = 'x.csv'\n[skus.columns]\nname = { col = 'x' }", "'col', .* Nearest: 'column'"),
        ("[skus]\nfiles = 'x.csv'\n[skus.columns]\nname = { unit = 'cents' }", "needs one of column, columns, value"),
        ("[skus]\nfiles = 'x.csv'\n[skus.columns]\nname = { column = 'a', value = 'b' }", "needs one of column"),
        (
            "[skus]\nfiles = 'x.csv'\n[skus.columns]\nname = { column = 'a', unit = 'pence' }",
            "unit 'pence'. Units: cents",
        ),
        ("[skus]\nfiles = 'x.csv'\n[skus.columns]\nname = 7", "name is 7"),
        ("time_zone = 'Mars/Olympus'\n[skus]\nfiles = 'x.csv'", "no time zone 'Mars/Olympus'"),
        ("[skus]\nfiles = 'x.csv'\ncsv = { delimeter = ';' }", "'delimeter', .* Nearest: 'delimiter'"),
    ],
)
def test_mistakes_are_named_with_the_nearest_that_we_know(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read_dataset(written(tmp_path, text))
    assert str(tmp_path / "dataset.toml") in str(caught.value)


@pytest.mark.parametrize("path", [None, Path("nowhere/dataset.toml")])
def test_a_missing_file_is_named(path: Path | None) -> None:
    with pytest.raises(UserError, match="There is no mapping file"):
        read_dataset(path)
