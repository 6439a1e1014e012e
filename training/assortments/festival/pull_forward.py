"""What an event only moved in time: the dip before it (shoppers wait) and after it (they have bought already).

Lines (`daily.COUNTED`) missing in the dips are netted off what the event sold beyond the usual; a rise counts as a
negative dip.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.assortments.festival.daily import COUNTED
from training.assortments.festival.events import Event, windows
from training.assortments.festival.uplift import Z
from training.assortments.festival.usual import Usual, usual


@dataclass(frozen=True, slots=True)
class PullForward:
    """dips: a row per event, channel and window (before, after): lines sold and usual, `missing` share, low, high.

    net: a row per event and channel: lines gained in the event, missing around it, and the difference, low, high.
    """

    dips: pd.DataFrame
    net: pd.DataFrame


def pull_forward(sales: pd.DataFrame, event: Event, events: tuple[Event, ...]) -> PullForward:
    """The dips of one past event, for each channel and for both together (channel `all`).

    sales  rows of `daily.daily_sales`. A window that had not passed at their last day is left out; so is a channel
    with too few usual days.
    """
    days = pd.date_range(sales["day"].min(), sales["day"].max(), freq="D")
    window = windows(event, events, days)
    dips, net = [], []
    for channel, of_channel in [("all", sales), *sales.groupby("channel")]:
        total = of_channel.groupby("day")[COUNTED].sum().reindex(days, fill_value=0.0)
        rows = {name: _row(total, window, name) for name in ("event", "before", "after")}
        if rows["event"] is None:
            continue
        about = {"event": event.name, "channel": str(channel)}
        dips += [{**about, "window": name, **_dip(row)} for name, row in rows.items() if row and name != "event"]
        net.append({**about, **_net([row for row in rows.values() if row is not None])})
    return PullForward(pd.DataFrame(dips), pd.DataFrame(net))


@dataclass(frozen=True, slots=True)
class _Row:
    sold: float
    expected: float
    deviation: float
    """Of lines sold less lines expected."""
    is_event: bool
    base: Usual


def _row(total: pd.Series, window: pd.Series, name: str) -> _Row | None:
    base = usual(total, window, name)
    if base is None:
        return None
    sold = float(total[window == name].sum())
    expected = float(total[window == "reference"].sum()) * base.ratio
    variance = expected**2 * base.variance + base.dispersion * max(sold, expected)
    return _Row(sold, expected, float(np.sqrt(variance)), name == "event", base)


def _dip(row: _Row) -> dict[str, float]:
    missing, deviation = 1 - row.sold / row.expected, row.deviation / row.expected
    return {
        "sold": row.sold,
        "usual": row.expected,
        "missing": missing,
        "low": missing - Z * deviation,
        "high": missing + Z * deviation,
    }


def _net(rows: list[_Row]) -> dict[str, float]:
    gained = sum(row.sold - row.expected for row in rows if row.is_event)
    lost = sum(row.expected - row.sold for row in rows if not row.is_event)
    deviation = float(np.sqrt(sum(row.deviation**2 for row in rows)))
    return {
        "gained": gained,
        "missing around it": lost,
        "net": gained - lost,
        "low": gained - lost - Z * deviation,
        "high": gained - lost + Z * deviation,
    }
