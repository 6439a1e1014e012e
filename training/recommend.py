"""Recommendations in bulk: the serving recommender, asked for many customers, as one table."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import DataError, StateError
from features.vector import Shopper
from serving.recommender import Ranked, Recommender

PARQUET = {".parquet", ".pq"}


def recommend_all(
    recommender: Recommender,
    customers: Iterable[str],
    depth: int,
    *,
    new_only: bool = False,
    progress: Callable[[float], None] = lambda _share: None,
) -> pd.DataFrame:
    """customer_id, sku, rank, score, source: `depth` SKUs for each customer, 1 = best.

    The lists are those of the placement `home` as of the bundle's cutoff; unknown customers get what
    sells in the chain. A customer named twice is answered once.
    """
    asked = list(dict.fromkeys(customers))
    parts: list[tuple[int, Ranked]] = []
    for nth, customer in enumerate(asked):
        shopper = recommender.shopper(customer)
        parts.append((nth, _top(recommender, shopper, depth, new_only=new_only)))
        if nth % 100 == 0:
            progress(nth / len(asked))
    progress(1.0)
    skus = recommender.bundle.facts.skus.values
    lengths = [len(ranked.skus) for _, ranked in parts]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(np.array(asked, dtype=object), lengths),
            "sku": np.char.decode(_joined([skus[ranked.skus] for _, ranked in parts], skus.dtype), "utf-8"),
            "rank": _joined([np.arange(1, length + 1) for length in lengths], np.dtype(np.int64)),
            "score": _joined([ranked.scores for _, ranked in parts], np.dtype(np.float32)),
            "source": _joined([ranked.sources for _, ranked in parts], np.dtype(object)),
        }
    )


def _top(recommender: Recommender, shopper: Shopper, depth: int, *, new_only: bool) -> Ranked:
    return recommender.rank(shopper, new_only=new_only).take(slice(depth))


def _joined(parts: list[Any], dtype: np.dtype[Any]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def read_customers(path: Path) -> tuple[list[str], bool | None]:
    """The customers of a file, as text, and whether they stood there as whole numbers (None: the file does not say).

    Parquet or CSV with a column customer_id (or just one column), or plain text with one id a line.
    Raises DataError where the file is missing, unreadable, empty, or has no such column.
    """
    if not path.is_file():
        message = f"There is no file {path}. Next: name a Parquet, CSV or text file with the customers' ids."
        raise DataError(message)
    try:
        table = _read(path)
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}. Next: save it as Parquet or CSV with a column customer_id."
        raise DataError(message) from error
    if "customer_id" not in table.columns and table.shape[1] != 1:
        message = f"{path} has no column customer_id; it has {', '.join(map(str, table.columns))}. Next: rename one."
        raise DataError(message)
    column = (table["customer_id"] if "customer_id" in table.columns else table.iloc[:, 0]).dropna()
    if column.empty:
        message = f"{path} names no customer. Next: write one customer_id a row."
        raise DataError(message)
    has_types = path.suffix.lower() in PARQUET
    return [str(value) for value in column], bool(pd.api.types.is_integer_dtype(column)) if has_types else None


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() in PARQUET:
        return pd.read_parquet(path)
    if path.suffix.lower() == ".csv":
        return pd.read_csv(path, dtype=str)
    lines = path.read_text().splitlines()
    return pd.DataFrame({"customer_id": [line.strip() for line in lines if line.strip()]})


def in_types(table: pd.DataFrame, came_as: dict[str, str], are_numbers: bool | None) -> pd.DataFrame:
    """The table with ids in the type in which they were asked for, so that it joins with the asker's tables.

    Customers' ids are whole numbers where the asker's are; SKUs' where those of the purchases were
    and the asker deals in numbers. A file without types counts as asking in the type of the purchases.
    """
    types = {
        name: "int64" for name in ("customer_id", "sku") if are_numbers is not False and came_as.get(name) == "int64"
    }
    return table.astype(types)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write Parquet whole or not at all. Raises StateError where the file cannot be written."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(partial, index=False)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        message = f"{path} cannot be written: {error}. Next: free some space or choose another --out."
        raise StateError(message) from error
