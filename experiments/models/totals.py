"""Sums of a forecast: of a store, a SKU, a category, a chain. Means add up; what new pairs will sell is told apart."""

from collections.abc import Sequence

import pandas as pd

from features.clock import Cutoff
from features.panel.weeks import WEEK

LOOK_BACK_WEEKS = 8
FADING = 0.5
"""Chosen on Complete Journey's weeks before September."""
PRIOR_UNITS = 20.0


def totals(forecast: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """`mean` of groups of rows, units: exactly the sum of the rows, so that every level agrees with every other.

    Quantiles are left out: those of a sum are not sums of quantiles, and rows err together.
    """
    return forecast.groupby(list(by), observed=True, sort=True)["mean"].sum().reset_index()


def entering_shares(panel: pd.DataFrame, cutoff: Cutoff, horizon_weeks: int, by: Sequence[str] = ()) -> pd.DataFrame:
    """Share of a week's units sold by pairs that were not known at the origin: columns `by`, horizon (1: next), share.

    A total that is to stand for all sales, not only for those of known pairs, is the sum of the forecast over 1 minus
    this share. From the last LOOK_BACK_WEEKS weeks before the cutoff; a group of the columns `by` of the panel (its
    SKUs, say: fast ones are known nearly everywhere) is drawn to all of it by PRIOR_UNITS. The longer a history, the
    fewer pairs are left to enter: shares are taken to fall with the root of its length (FADING).
    """
    columns = list(dict.fromkeys(["store_id", "sku", "week", "units", *by]))
    seen = panel.loc[panel["units"].notna() & panel["is_listed"], columns]
    first, week = panel["week"].min(), pd.Timedelta(WEEK)
    nth, known = (seen["week"] - first) // week, int((pd.Timestamp(cutoff.at) - first) // week)
    began = nth.groupby([seen["store_id"], seen["sku"]], observed=True).transform("min")
    units = seen["units"].astype(float)
    found: list[pd.DataFrame] = []
    for ahead in range(1, horizon_weeks + 1):
        is_recent = (nth >= max(known - LOOK_BACK_WEEKS, ahead)) & (nth < known)
        faded = units * (began > nth - ahead) * ((nth + 1) / (known + ahead)) ** FADING
        sums = pd.DataFrame({"new": faded, "every": units})[is_recent]
        new, every = sums.sum()
        share = new / every if every > 0 else 0.0
        if by:
            groups = [seen.loc[is_recent, name].astype(object) for name in by]
            of = sums.groupby(groups).sum()
            table = ((of["new"] + PRIOR_UNITS * share) / (of["every"] + PRIOR_UNITS)).rename("share").reset_index()
        else:
            table = pd.DataFrame({"share": [share]})
        found.append(table.assign(horizon=ahead))
    return pd.concat(found, ignore_index=True)[[*by, "horizon", "share"]]
