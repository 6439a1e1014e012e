"""How good forecasts were: WMAPE, bias, pinball loss and coverage, for any groups of rows.

A row to be judged has `units` (what came) and `mean`, `p10`, `p50`, `p90` (what was forecast), in units a week.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.errors import DataError

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
FIGURES = ("weeks", "units", "wmape", "bias", "pinball", "coverage", "below", "above")


def scores(judged: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """A row per group of the columns `by`, with FIGURES.

    weeks     rows judged
    units     what came in all
    wmape     sum of |units − mean| / sum of units; NaN where nothing came
    bias      sum of mean / sum of units − 1: above 0, too much was forecast
    pinball   mean of the three quantiles' pinball losses, relative to the mean of units (Koenker and Bassett 1978)
    coverage  share of rows from p10 to p90, both included: 0.8 where quantiles hold and counts are not tiny
    below, above  shares of rows under p10 and over p90: at most 0.1 each where quantiles hold

    Raises DataError where a forecast lacks a value: left out of the sums, it would count as a good one.
    """
    _refuse_missing(judged)
    rows = pd.DataFrame(
        {
            "units": judged["units"].astype(float),
            "mean": judged["mean"].astype(float),
            "error": (judged["units"] - judged["mean"]).abs().astype(float),
            "pinball": _pinball(judged),
            "below": (judged["units"] < judged["p10"]).astype(float),
            "above": (judged["units"] > judged["p90"]).astype(float),
        }
    )
    keys = [judged[name].astype(object) for name in by] or [pd.Series("all", index=judged.index)]
    sums = rows.groupby(keys, sort=False).agg(["sum", "size"])
    total = {name: sums[name]["sum"] for name in rows}
    weeks, units = sums["units"]["size"], total["units"].where(total["units"] > 0)
    table = pd.DataFrame(
        {
            "weeks": weeks,
            "units": total["units"],
            "wmape": total["error"] / units,
            "bias": total["mean"] / units - 1,
            "pinball": total["pinball"] / units,
            "coverage": 1 - (total["below"] + total["above"]) / weeks,
            "below": total["below"] / weeks,
            "above": total["above"] / weeks,
        }
    )
    return table.rename_axis(list(by)).reset_index() if by else table.reset_index(drop=True)


def _refuse_missing(judged: pd.DataFrame) -> None:
    missing = judged[["mean", *LEVELS]].isna()
    if missing.any(axis=None):
        names = ", ".join(missing.columns[missing.any()])
        count = int(missing.any(axis=1).sum())
        raise DataError(
            f"{count:,} of {len(judged):,} forecasts lack a value ({names}). Next: a model has to answer for every row "
            "that it is judged on."
        )


def _pinball(judged: pd.DataFrame) -> pd.Series:
    losses = []
    for name, level in LEVELS.items():
        over = judged["units"].astype(float) - judged[name].astype(float)
        losses.append(np.maximum(level * over, (level - 1) * over))
    return pd.Series(np.mean(losses, axis=0), index=judged.index)


def added_up(judged: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """`units` and `mean` of groups of rows; quantiles do not add up and are left out."""
    return judged.groupby(list(by), observed=True, sort=True)[["units", "mean"]].sum().reset_index()


def point_scores(judged: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """`wmape` and `bias` alone, for rows without quantiles."""
    whole = judged.assign(p10=judged["mean"], p50=judged["mean"], p90=judged["mean"])
    return scores(whole, by)[[*by, "weeks", "units", "wmape", "bias"]]


def calibration_curve(judged: pd.DataFrame, by: str = "model") -> pd.DataFrame:
    """How often units came to lie at or under each quantile: columns `by`, level, share.

    A quantile that ties with what came (nothing forecast, nothing sold) counts half: half of a tie lies under it.
    """
    found = []
    for name, level in LEVELS.items():
        under = (judged["units"] < judged[name]) + 0.5 * (judged["units"] == judged[name])
        shares = under.groupby(judged[by], observed=True).mean()
        found.append(pd.DataFrame({by: shares.index, "level": level, "share": shares.to_numpy(dtype=float)}))
    return pd.concat(found, ignore_index=True)
