"""Encodings: pieces of a file that end within a character, and the byte that does not fit."""

import gzip
from pathlib import Path

import pytest

from features.errors import DataError
from features.reading import encoding
from features.reading.encoding import as_utf8

TEXT = "sku,name\n1,牛奶\n2,Käse\n"


@pytest.fixture(autouse=True, params=[1, 3, 7, 1 << 22])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_CHUNK", request.param)


def test_a_file_in_utf_8_is_read_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT, encoding="utf-8")
    assert as_utf8(path, "UTF8", tmp_path / "copy") == path
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["utf-16", "utf-16-be", "gb18030", "utf-8-sig"])
def test_other_encodings_are_copied(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(name) if name == "utf-8-sig" else TEXT.replace("ä", "奶").encode(name))
    copied = as_utf8(path, name, tmp_path / "copy").read_text(encoding="utf-8")
    assert copied == (TEXT if name == "utf-8-sig" else TEXT.replace("ä", "奶"))


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert as_utf8(path, "utf-8", tmp_path / "copy").read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("content", "at"),
    [
        ("1,牛奶".encode() + b"\xe4\xb0", len("1,牛奶".encode())),
        ("1,牛奶,K".encode() + b"\xe4se\n", len("1,牛奶,K".encode())),
        ("1,牛奶\n".encode() + b"\0a\n", len("1,牛奶\n".encode())),
    ],
)
def test_the_byte_that_does_not_fit_is_named(tmp_path: Path, content: bytes, at: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"is not utf-8: byte {at} does not fit"):
        as_utf8(path, "utf-8", tmp_path / "copy")
