"""How many times the usual is sold during an event, by channel × category × depth, partially pooled over past events.

Each cell and event has a log ratio of sold over usual with a sampling variance. Cells are shrunk towards the mean of
their channel and depth by empirical Bayes, as far as they differ no more than chance would have it; the variance
between cells is DerSimonian and Laird's (1986). Events differ too: with two or more, that variance widens what is said
about the next one; with one it is not known, and the result says so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.assortments.festival.daily import COUNTED
from training.assortments.festival.events import Event, windows
from training.assortments.festival.usual import usual

Floats = NDArray[np.float64]
INTERVAL = 0.8
Z = 1.2815515655446004
"""Normal quantile of 90 %: the ends of an 80 % interval."""
_CELL = ["channel", "category", "depth"]
_FEWEST = 20.0
"""Usual lines below which a cell's own ratio is left to its channel."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """cells: a row per channel, category and depth; overall: a row per channel. Both: `times` the usual, low, high.

    log_mean and log_variance speak of the next event. events: how many past ones; `between_events` the variance of
    their logs, nan with fewer than two.
    """

    cells: pd.DataFrame
    overall: pd.DataFrame
    events: int
    between_events: float

    def of(self, channel: str, category: str, depth: str) -> tuple[float, float]:
        """Log mean and variance of a cell; of its channel where the cell was never seen, (0, inf) without either."""
        found = self.cells[(self.cells[_CELL] == [channel, category, depth]).all(axis=1)]
        if found.empty:
            found = self.overall[self.overall["channel"] == channel]
        if found.empty:
            return 0.0, float("inf")
        return float(found["log_mean"].iloc[0]), float(found["log_variance"].iloc[0])


def observed(sales: pd.DataFrame, event: Event, events: tuple[Event, ...]) -> pd.DataFrame:
    """A row per cell of one event: log ratio of lines sold over usual ones, its variance, and both counts.

    sales  rows of `daily.daily_sales`; a channel that did not take part, or with too few usual days, is left out
    """
    rows = []
    for channel, of_channel in sales.groupby("channel"):
        if event.channel not in {None, channel}:
            continue
        days = pd.date_range(sales["day"].min(), sales["day"].max(), freq="D")
        window = windows(event, events, days)
        total = of_channel.groupby("day")[COUNTED].sum().reindex(days, fill_value=0.0)
        base = usual(total, window, "event")
        if base is None:
            continue
        kind = of_channel["day"].map(window)
        sums = of_channel.assign(kind=kind).pivot_table(
            index=["category", "depth"], columns="kind", values=COUNTED, aggfunc="sum", fill_value=0.0
        )
        sold, reference = _column(sums, "event"), _column(sums, "reference")
        noise = _noise(of_channel, kind, total, window)
        expected = reference * base.ratio
        rows.append(_ratios(sums.index, str(channel), sold, expected, reference, noise))
        rows.append(_overall_row(str(channel), sold.sum(), reference.sum(), base.ratio, base.variance, base.dispersion))
        rows[-2]["shared_variance"] = base.variance
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=[*_CELL, "log", "variance"])


def _column(table: pd.DataFrame, name: str) -> Floats:
    found = table[name] if name in table else pd.Series(0.0, index=table.index)
    return np.asarray(found, dtype=np.float64)


def _noise(of_channel: pd.DataFrame, kind: pd.Series, total: pd.Series, window: pd.Series) -> float:
    """Variance over mean of a category's daily lines beside its share of the channel: one figure for all categories."""
    reference = of_channel[(kind == "reference").to_numpy()]
    table = reference.pivot_table(index="day", columns="category", values=COUNTED, aggfunc="sum", fill_value=0.0)
    share = table.sum() / max(float(table.to_numpy().sum()), 1e-9)
    mean = np.outer(
        total[window == "reference"].reindex(table.index).to_numpy(dtype=float), share.to_numpy(dtype=float)
    )
    enough = mean.mean(axis=0) >= 1
    if not enough.any() or len(table) < 2:
        return 1.0
    residual = (table.to_numpy(dtype=float) - mean)[:, enough] ** 2 / np.maximum(mean[:, enough], 1e-9)
    return float(max(np.median(residual.mean(axis=0)), 1.0))


def _ratios(
    index: pd.Index, channel: str, sold: Floats, expected: Floats, reference: Floats, noise: float
) -> pd.DataFrame:
    table = index.to_frame(index=False)
    table.insert(0, "channel", channel)
    enough = expected >= _FEWEST
    table["sold"], table["usual"] = sold, expected
    # half a line keeps the log of cells that sold nothing finite
    with np.errstate(divide="ignore", invalid="ignore"):
        table["log"] = np.where(enough, np.log((sold + 0.5) / (expected + 0.5)), np.nan)
        variance = noise * (1 / (sold + 0.5) + 1 / np.maximum(reference, 0.5))
    table["variance"] = np.where(enough, variance, np.nan)
    table["is_overall"] = False
    return table


def _overall_row(
    channel: str, sold: float, reference: float, ratio: float, variance: float, dispersion: float
) -> pd.DataFrame:
    log = float(np.log((sold + 0.5) / (reference * ratio + 0.5)))
    chance = variance + dispersion / (sold + 0.5)
    row = {"channel": channel, "category": "", "depth": "", "sold": sold, "usual": reference * ratio}
    return pd.DataFrame([{**row, "log": log, "variance": chance, "is_overall": True, "shared_variance": variance}])


def pooled(events: list[pd.DataFrame]) -> Uplift:
    """The uplift of the next event from `observed` of past ones. Without any: no rows, and `events` is 0."""
    seen = [rows for rows in events if not rows.empty]
    if not seen:
        empty = pd.DataFrame(columns=[*_CELL, "times", "low", "high", "log_mean", "log_variance", "usual", "sold"])
        return Uplift(empty, empty.drop(columns=_CELL[1:]), 0, float("nan"))
    rows = pd.concat([table.assign(event=nth) for nth, table in enumerate(seen)], ignore_index=True)
    whole = rows[rows["is_overall"]]
    between = _between_events(whole)
    spread = 0.0 if np.isnan(between) else between
    overall = _combined(whole, ["channel"], spread)
    overall["log_variance"] += overall["of_next"]
    cells = _combined(rows[~rows["is_overall"]], _CELL, spread)
    return Uplift(_shrunk(cells, overall), _told(overall), len(seen), between)


def _combined(rows: pd.DataFrame, by: list[str], spread: float) -> pd.DataFrame:
    """Weighted mean over events of each group, which differ by `spread`; nan where no event has enough usual lines.

    log_variance is that by chance alone; of_next what is not known of the next event because events differ.
    """
    weight = 1 / (rows["variance"] + spread)
    table = rows.assign(
        weight=weight, weighted=weight * rows["log"], square=weight**2, chance=weight**2 * rows["variance"]
    ).groupby(by, as_index=False)
    found = table.agg(
        weight=("weight", "sum"),
        weighted=("weighted", "sum"),
        square=("square", "sum"),
        chance=("chance", "sum"),
        usual=("usual", "sum"),
        sold=("sold", "sum"),
        shared=("shared_variance", "mean"),
    )
    known = found["weight"] > 0
    found["log_mean"] = (found["weighted"] / found["weight"]).where(known)
    found["log_variance"] = (found["chance"] / found["weight"] ** 2).where(known)
    found["of_next"] = spread * (1 + (found["square"] / found["weight"] ** 2).where(known, 1.0))
    return found.drop(columns=["weight", "weighted", "square", "chance"])


def _between_events(whole: pd.DataFrame) -> float:
    """Variance of events' overall logs beyond chance, within channels; nan with fewer than two events."""
    if whole["event"].nunique() < 2:
        return float("nan")
    excess = [
        between_variance(of["log"].to_numpy(dtype=float), of["variance"].to_numpy(dtype=float))
        for _, of in whole.groupby("channel")
        if len(of) > 1
    ]
    return float(np.mean(excess)) if excess else float("nan")


def between_variance(logs: Floats, variances: Floats) -> float:
    """DerSimonian and Laird's moment estimate (1986, eq. 8); 0 with fewer than two."""
    if len(logs) < 2:
        return 0.0
    weight = 1 / variances
    mean = (weight * logs).sum() / weight.sum()
    excess = (weight * (logs - mean) ** 2).sum() - (len(logs) - 1)
    return float(max(excess / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0))


def _shrunk(cells: pd.DataFrame, overall: pd.DataFrame) -> pd.DataFrame:
    """Each cell between its own log and the mean of its channel and depth; the channel's where it has none."""
    parts = []
    for (channel, _), group in cells.groupby(["channel", "depth"]):
        known = group["log_mean"].notna()
        logs, variances = (group.loc[known, name].to_numpy(dtype=float) for name in ("log_mean", "log_variance"))
        tau = between_variance(logs, variances)
        if len(logs):
            weight = 1 / (variances + tau)
            centre, of_centre = float((weight * logs).sum() / weight.sum()), float(1 / weight.sum())
        else:
            of = overall[overall["channel"] == channel]
            centre, of_centre = float(of["log_mean"].iloc[0]), float(of["log_variance"].iloc[0])
        own = group["log_mean"].fillna(centre).to_numpy(dtype=float)
        chance = group["log_variance"].fillna(np.inf).to_numpy(dtype=float)
        trust = np.where(np.isfinite(chance), tau / (tau + chance) if tau > 0 else 0.0, 0.0)
        variance = (1 - trust) * tau + (1 - trust) ** 2 * of_centre
        base = group["shared"].fillna(0.0).to_numpy(dtype=float) + group["of_next"].to_numpy(dtype=float)
        parts.append(group.assign(log_mean=centre + trust * (own - centre), log_variance=variance + base, trust=trust))
    return _told(pd.concat(parts, ignore_index=True)) if parts else _told(cells.assign(trust=0.0))


def _told(table: pd.DataFrame) -> pd.DataFrame:
    deviation = np.sqrt(table["log_variance"].to_numpy(dtype=float))
    mean = table["log_mean"].to_numpy(dtype=float)
    return table.assign(times=np.exp(mean), low=np.exp(mean - Z * deviation), high=np.exp(mean + Z * deviation)).drop(
        columns=["shared", "of_next"], errors="ignore"
    )
