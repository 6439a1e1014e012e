"""Prices and units of a category's SKUs by week in the chain: what the causal stage learns from in a household panel.

A panel of households is too thin for a store's week; the chain's week has several lines of every SKU. Only weeks in
which a SKU was bought have a price, so the response is that among weeks with sales.
"""

import numpy as np
import pandas as pd

from experiments.models.trips import Trips
from training.assortments.choice.price import PriceData, against_shelf

LAGS = 3
LEAST_LINES = 2
"""Chain weeks of a SKU with fewer lines say too little of its price."""


def weekly_prices(data: Trips) -> PriceData:
    """A row a SKU and week, against the mean of the week's shelf (`against_shelf`); weeks are the clusters.

    Confounders: the SKU, its usual price and units before, prices and units of the weeks before, the share of its
    shelves with a display and with a mailer, the week of the year. Held-out weeks are left out.
    """
    known = data.lines[
        data.lines["sku"].isin(data.alternatives) & (data.lines["week"] < data.week[data.held_out].min())
    ]
    cells = known.groupby(["week", "sku"]).agg(
        units=("units", "sum"), price=("unit_price", "median"), lines=("units", "size")
    )
    rows = cells[cells["lines"] >= LEAST_LINES].reset_index().sort_values(["sku", "week"], ignore_index=True)
    rows["log_units"], rows["log_price"] = np.log(rows["units"]), np.log(rows["price"])
    rows["code"] = data.alternatives.get_indexer(pd.Index(rows["sku"]))
    rows = rows.merge(_promoted(data), on=["week", "code"], how="left")
    by_sku = rows.groupby("sku")
    confounders = rows[["code", "week", "display", "mailer"]].copy()
    for column in ("log_units", "log_price"):
        confounders[f"usual {column}"] = by_sku[column].transform(lambda values: values.shift(1).expanding().mean())
        for lag in range(1, LAGS + 1):
            confounders[f"{column} {lag} before"] = by_sku[column].shift(lag)
    week = rows["week"].to_numpy(dtype=np.int64)
    return PriceData(
        log_units=against_shelf(rows["log_units"].to_numpy(), week),
        log_price=against_shelf(rows["log_price"].to_numpy(), week),
        confounders=confounders.to_numpy(dtype=np.float64),
        sku=rows["code"].to_numpy(dtype=np.int64),
        cluster=week,
    )


def _promoted(data: Trips) -> pd.DataFrame:
    """Week, code, and the shares of occasions whose shelf had the SKU on display and in the mailer."""
    weeks, codes = np.unique(data.week), np.arange(data.shape[1])
    shares = {
        name: np.concatenate([np.where(data.available[at], values[at], 0.0).mean(axis=0) for at in _by_week(data)])
        for name, values in (("display", data.display), ("mailer", data.mailer))
    }
    return pd.DataFrame({"week": np.repeat(weeks, len(codes)), "code": np.tile(codes, len(weeks)), **shares})


def _by_week(data: Trips) -> list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    return [data.week == week for week in np.unique(data.week)]
