"""Backtests: forecasts as they would have been made at several cutoffs, against what came.

Every panel is made as of its cutoff, so that a forecast sees neither later sales nor returns, prices or counts.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from features.clock import Cutoff
from features.errors import DataError
from features.panel.weeks import WEEK

Forecast = Callable[[pd.DataFrame, Cutoff, int, int], pd.DataFrame]
"""(panel, cutoff, horizon_weeks, seed) -> the columns of `training.assortments.demand.forecast.COLUMNS`."""

TIERS = ("small", "middle", "large")


def backtest(
    panel_at: Callable[[Cutoff], pd.DataFrame],
    truth: pd.DataFrame,
    cutoffs: Sequence[Cutoff],
    horizon_weeks: int,
    models: Mapping[str, Forecast],
    seed: int = 0,
) -> pd.DataFrame:
    """One row per model, cutoff, store, SKU and week: what was forecast and what came (`units`).

    panel_at  the panel as of a cutoff
    truth     store_id, sku, week, units of the weeks to come; one without a row sold nothing
    Further columns: model, cutoff, horizon (1 is the first week), tier (of the store, by its sales before the cutoff).
    All models are judged on the same rows: pairs known at the cutoff. `unforeseen` tells what that leaves out.

    Raises DataError where the truth does not reach over the weeks of a cutoff.
    """
    found = []
    for cutoff in cutoffs:
        ends = np.datetime64(cutoff.plus_days(7 * horizon_weeks).at, "us")
        if truth["week"].max() + WEEK < ends:
            message = f"truth.week: ends before {ends}. Next: choose an earlier cutoff than {cutoff} or fewer weeks."
            raise DataError(message)
        known = panel_at(cutoff)
        tiers = store_tiers(known[known["units"].notna()])
        for name, model in models.items():
            made = model(known, cutoff, horizon_weeks, seed)
            made = made.astype({"store_id": object, "sku": object}).merge(
                truth[["store_id", "sku", "week", "units"]].astype({"store_id": object, "sku": object}),
                on=["store_id", "sku", "week"],
                how="left",
            )
            made["units"] = made["units"].fillna(0.0)
            ahead = (made["week"] - pd.Timestamp(cutoff.at)) // pd.Timedelta(WEEK) + 1
            made = made.assign(model=name, cutoff=cutoff.at, horizon=ahead, tier=made["store_id"].map(tiers))
            found.append(made)
    return pd.concat(found, ignore_index=True)


def store_tiers(known: pd.DataFrame) -> pd.Series:
    """Store -> small, middle or large: thirds of the stores by what they sold; small first where stores are few."""
    sold = known.groupby(known["store_id"].astype(object))["units"].sum().sort_values(kind="stable")
    third = np.arange(len(sold)) * len(TIERS) // max(len(sold), 1)
    return pd.Series([TIERS[code] for code in third], index=sold.index, dtype=object)


def unforeseen(judged: pd.DataFrame, truth: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int) -> float:
    """Share of the units of the weeks after a cutoff that pairs sold which were not known at it."""
    first, after = (np.datetime64(at, "us") for at in (cutoff.at, cutoff.plus_days(7 * horizon_weeks).at))
    came = truth[(truth["week"] >= first) & (truth["week"] < after)]["units"].sum()
    rows = judged[judged["cutoff"] == cutoff.at]
    seen = rows[rows["model"] == rows["model"].iloc[0]]["units"].sum() if len(rows) else 0.0
    return float(1 - seen / came) if came > 0 else float("nan")
