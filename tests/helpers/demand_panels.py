"""Panels of demand that a test writes out as matrices."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff

CUTOFF = Cutoff(datetime(2025, 1, 6))

Matrix = Sequence[Sequence[float]] | NDArray[np.float64]


def panel_of(units: Matrix, share: Matrix | None = None, *, one_store: bool = False) -> pd.DataFrame:
    """A row of `units` per pair, a column per week up to CUTOFF; a store per pair, or a SKU per pair in one store."""
    sold = np.asarray(units, dtype=np.float32)
    available = np.full(sold.shape, np.nan) if share is None else np.asarray(share, dtype=np.float64)
    weeks = sold.shape[1]
    pair, week = np.divmod(np.arange(sold.size), weeks)
    names = pd.Series([f"{nth:03}" for nth in pair], dtype=object)
    return pd.DataFrame(
        {
            "store_id": "s" if one_store else names,
            "sku": names if one_store else "tea",
            "week": np.datetime64(CUTOFF.at, "us") + (week - weeks) * np.timedelta64(7, "D"),
            "units": sold.ravel(),
            "available_share": available.astype(np.float32).ravel(),
            "price": np.float32(2),
            "list_price": np.float32(2),
            "display": np.float32(0),
            "mailer": np.float32(0),
            "is_listed": True,
            "event": pd.Series([None] * sold.size, dtype=object),
        }
    )
