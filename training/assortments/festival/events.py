"""Past events of the calendar, and which days around them are like any other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from features.engine import session
from features.sql import instant, parquet
from features.warehouse.warehouse import Warehouse

BEFORE_DAYS = 7
"""Shoppers who wait for an event leave a dip before it."""
AFTER_DAYS = 14
"""Those who bought ahead leave one after it."""
REFERENCE_DAYS = 42
"""Usual sales are those of so many days before and after these dips."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event from `start` until before `end`, whole days; channel is None where both took part."""

    event_id: str
    name: str
    start: datetime
    end: datetime
    channel: str | None = None

    @property
    def days(self) -> int:
        return max(1, round((self.end - self.start) / timedelta(days=1)))


def past_events(warehouse: Warehouse, cutoff: datetime) -> tuple[Event, ...]:
    """Events of the calendar that were over before `cutoff`, oldest first; rows of several parties are one event."""
    with session() as connection:
        found = connection.execute(f"""
            SELECT event_id, any_value(name ORDER BY name), date_trunc('day', min("from")), max("to"),
                CASE WHEN count(channel) = count(*) AND count(DISTINCT channel) = 1 THEN any_value(channel) END
            FROM {parquet(warehouse.table("calendar"))} WHERE "to" <= {instant(cutoff)}
            GROUP BY event_id, date_trunc('day', "from") ORDER BY 3, 1
        """).fetchall()
    return tuple(Event(str(row[0]), str(row[1] or row[0]), row[2], row[3], row[4]) for row in found)


def windows(event: Event, events: tuple[Event, ...], days: pd.DatetimeIndex) -> pd.Series:
    """What each day is to an event: event, before, after, reference, or other; another event's days are other."""
    one = pd.Timedelta(days=1)
    start, end = pd.Timestamp(event.start), pd.Timestamp(event.end)
    window = pd.Series("other", index=days)
    first, last = start - (BEFORE_DAYS + REFERENCE_DAYS) * one, end + (AFTER_DAYS + REFERENCE_DAYS) * one
    window[(days >= first) & (days < last)] = "reference"
    window[(days >= start - BEFORE_DAYS * one) & (days < start)] = "before"
    window[(days >= end) & (days < end + AFTER_DAYS * one)] = "after"
    for other in events:
        if other != event:
            near = days >= pd.Timestamp(other.start) - BEFORE_DAYS * one
            window[near & (days < pd.Timestamp(other.end) + AFTER_DAYS * one)] = "other"
    window[(days >= start) & (days < end)] = "event"
    return window
