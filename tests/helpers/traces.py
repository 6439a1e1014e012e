"""Traces: where a text is found under a folder, in whatever kind of file."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np

from features.sql import literal


def traces(folder: Path, texts: Iterable[str]) -> set[tuple[str, str]]:
    """(file, text) of every text that stands in a cell, a document, an array or a database under the folder.

    Parquet is decoded by rows, SQLite by tables, arrays of texts by elements; everything is read as bytes too. A
    text counts where it is not part of a longer word.
    """
    wanted = {text: re.compile(rb"(?<![\w-])" + re.escape(text.encode()) + rb"(?![\w-])") for text in texts}
    found = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        content = b"\n".join([name.encode(), *_content(path)])
        found |= {(name, text) for text, pattern in wanted.items() if pattern.search(content)}
    return found


def _content(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            for row in connection.execute(f"SELECT * FROM read_parquet({literal(path)})").fetchall():
                yield "\n".join(map(str, row)).encode()
    elif path.suffix == ".npy" and path.read_bytes().startswith(np.lib.format.MAGIC_PREFIX):
        array = np.load(path)
        if array.dtype.kind in "SU":  # side by side without anything between them
            yield "\n".join(map(str, array.astype(str))).encode()
    elif path.suffix == ".db":
        with sqlite3.connect(path) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    yield "\n".join(map(str, row)).encode()
        database.close()
