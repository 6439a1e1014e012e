"""Recommendations in bulk: the serving recommender, asked for many customers, as one table."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contracts.columns import CUSTOMER_ID, SKU
from features.errors import DataError, StateError
from features.files import whole_file
from serving.recommender.ranked import Ranked
from serving.recommender.recommender import Recommender
from training.recommendations.first_visits import FirstVisits

INTEGER = "int64"
"""How the warehouse says that ids came as whole numbers."""


def recommend_all(
    recommender: Recommender,
    customers: Iterable[str],
    depth: int,
    *,
    new_only: bool = False,
    visits: FirstVisits | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> pd.DataFrame:
    """customer_id, sku, rank, score, source: `depth` SKUs for each customer, 1 = best.

    The lists are those of the placement `home` as of the bundle's cutoff; unknown customers get what
    sells in the chain. A customer named twice is answered once. `visits`: where each known customer asks from;
    without it nobody says so, and answers are for the usual channel and the home store.
    """
    asked = list(dict.fromkeys(customers))
    parts: list[Ranked] = []
    for nth, customer in enumerate(asked):
        shopper = recommender.shopper(customer)
        if visits is not None and shopper.customer >= 0:
            shopper = visits.shopper(shopper.customer)
        parts.append(recommender.rank(shopper, new_only=new_only).take(slice(depth)))
        if nth % 100 == 0:
            progress(nth / len(asked))
    progress(1.0)
    skus = recommender.bundle.facts.skus.values
    lengths = [len(ranked.skus) for ranked in parts]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(np.array(asked, dtype=object), lengths),
            "sku": np.char.decode(_joined([skus[ranked.skus] for ranked in parts], skus.dtype), "utf-8"),
            "rank": _joined([np.arange(1, length + 1) for length in lengths], np.dtype(np.int64)),
            "score": _joined([ranked.scores for ranked in parts], np.dtype(np.float32)),
            "source": _joined([ranked.sources for ranked in parts], np.dtype(object)),
        }
    )


def _joined(parts: list[Any], dtype: np.dtype[Any]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def read_customers(path: Path) -> tuple[list[str], bool | None]:
    """The customers of a file, as text, and whether they stood there as whole numbers (None: the file does not say).

    Parquet with a column customer_id (or just one column), CSV with a column customer_id, or plain text
    with one id a line. Raises DataError where the file is missing, unreadable, empty, or has no such column.
    """
    if not path.is_file():
        message = f"There is no file {path}. Next: name a Parquet, CSV or text file with the customers' ids."
        raise DataError(message)
    try:
        asked, are_numbers = _READERS.get(path.suffix.lower(), _text)(path)
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}. Next: save it as Parquet or CSV with a column customer_id."
        raise DataError(message) from error
    if not asked:
        message = f"{path} names no customer. Next: write one customer_id a row."
        raise DataError(message)
    return asked, are_numbers


def _parquet(path: Path) -> tuple[list[str], bool | None]:
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    column = file.read(columns=[_named(path, names, alone=True)]).column(0).drop_null()
    if pa.types.is_dictionary(column.type):
        column = column.combine_chunks().dictionary_decode()
    if pa.types.is_floating(column.type):  # a column of whole numbers that once had a gap in it
        column = column.cast(pa.int64())
    return [str(value) for value in column.to_pylist()], bool(pa.types.is_integer(column.type))


def _csv(path: Path) -> tuple[list[str], bool | None]:
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    column = table[_named(path, [str(name) for name in table.columns], alone=False)].str.strip()
    return [value for value in column if value], None


def _text(path: Path) -> tuple[list[str], bool | None]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    return [line for line in lines if line and line != CUSTOMER_ID], None


_READERS = {".parquet": _parquet, ".pq": _parquet, ".csv": _csv}
"""By file name ending; anything else is read as text."""


def _named(path: Path, names: list[str], *, alone: bool) -> str:
    """The column of the customers; `alone`: an only column may have any name."""
    if CUSTOMER_ID in names or (alone and len(names) == 1):
        return CUSTOMER_ID if CUSTOMER_ID in names else names[0]
    message = f"{path} has no column {CUSTOMER_ID}; it has {', '.join(names)}. Next: rename one."
    raise DataError(message)


def in_types(table: pd.DataFrame, came_as: dict[str, str], *, are_numbers: bool | None) -> pd.DataFrame:
    """The table with ids in the type in which they were asked for, so that it joins with the asker's tables.

    Customers' ids are whole numbers where the asker's are; a file without types counts as asking in the
    type of the purchases, unless one of its ids is no whole number. SKUs' ids have the type that they had
    in the purchases, unless the asker turned the customers' numbers into text: then all is text.
    """
    if are_numbers is None:
        are_numbers = came_as.get(CUSTOMER_ID) == INTEGER and bool(table[CUSTOMER_ID].map(_is_whole).all())
    is_text = not are_numbers and came_as.get(CUSTOMER_ID) == INTEGER
    types = {CUSTOMER_ID: INTEGER} if are_numbers else {}
    types |= {SKU: INTEGER} if came_as.get(SKU) == INTEGER and not is_text else {}
    return table.astype(types)


def _is_whole(text: str) -> bool:
    """Whether a number written again would be the same text: `7` is, `007` is not."""
    return text.removeprefix("-").isdecimal() and str(int(text)) == text


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write Parquet whole or not at all. Raises StateError where the file cannot be written."""
    try:
        with whole_file(path) as partial:
            table.to_parquet(partial, index=False)
    except OSError as error:
        message = f"{path} cannot be written: {error}. Next: free some space or choose another --out."
        raise StateError(message) from error
