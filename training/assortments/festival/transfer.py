"""Which part of an event's sales only changed channel: the online share then, against the usual one.

Lines (`daily.COUNTED`) that moved online are (share then − usual share) × lines sold then; they are a loss of stores,
not new demand.
"""

import numpy as np
import pandas as pd

from features.contracts.columns import WEB
from training.assortments.festival.daily import COUNTED
from training.assortments.festival.events import Event, windows
from training.assortments.festival.uplift import Z

_FEWEST_DAYS = 14


def channel_transfer(sales: pd.DataFrame, event: Event, events: tuple[Event, ...]) -> pd.DataFrame:
    """One row: the online share usually and in the event, and lines moved online (below 0: to stores), low, high.

    The usual share follows a straight line in time, with the scatter of whole weeks. No row where the event is one of
    a single channel, only one channel sells, or usual days are too few.
    """
    days = pd.date_range(sales["day"].min(), sales["day"].max(), freq="D")
    window = windows(event, events, days)
    by_day = sales.pivot_table(index="day", columns="channel", values=COUNTED, aggfunc="sum", fill_value=0.0)
    by_day = by_day.reindex(days, fill_value=0.0)
    reference = by_day[(window == "reference").to_numpy()]
    if event.channel is not None or WEB not in by_day or by_day.shape[1] < 2 or len(reference) < _FEWEST_DAYS:
        return pd.DataFrame(columns=["event", "usual share", "share", "moved", "low", "high"])
    weeks = reference.groupby(pd.DatetimeIndex(reference.index).to_period("W")).sum()
    share = weeks[WEB] / weeks.sum(axis=1)
    starts = pd.PeriodIndex(weeks.index).to_timestamp()
    time = np.asarray((starts - pd.Timestamp(event.start)) / pd.Timedelta(days=7), dtype=float)
    weight = weeks.sum(axis=1).to_numpy(dtype=float)
    design = np.stack([np.ones(len(time)), time], axis=1)
    gram = np.linalg.pinv(design.T @ (design * weight[:, None]))
    beta = gram @ (design.T @ (weight * share.to_numpy(dtype=float)))
    scatter = float((weight * (share.to_numpy(dtype=float) - design @ beta) ** 2).sum() / max(len(time) - 2, 1))
    during = by_day[(window == "event").to_numpy()]
    sold = float(during.to_numpy().sum())
    if sold <= 0:
        return pd.DataFrame(columns=["event", "usual share", "share", "moved", "low", "high"])
    then = float(during[WEB].sum()) / sold
    deviation = float(np.sqrt(scatter * (gram[0, 0] + 1 / sold)))
    moved = then - float(beta[0])
    row = {"event": event.name, "usual share": float(beta[0]), "share": then, "moved": moved * sold}
    ends = {"low": (moved - Z * deviation) * sold, "high": (moved + Z * deviation) * sold}
    return pd.DataFrame([{**row, **ends}])
