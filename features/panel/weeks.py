"""Weeks of a panel: seven days each, counted back from the cutoff, so that the last known week ends where it begins.

Week 0 begins at the cutoff, week −1 is the last one that may be seen.
"""

from datetime import datetime, timedelta

from features.clock import EPOCH, Cutoff

WEEK = timedelta(days=7)
WEEK_MICROSECONDS = WEEK // timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Since 1970-01-01."""
    return (at - EPOCH) // timedelta(microseconds=1)


def week_of(instant: str, cutoff: Cutoff) -> str:
    """SQL: the number of the week that an instant, an SQL expression, lies in."""
    return f"CAST(floor((epoch_us({instant}) - {microseconds(cutoff.at)}) / {WEEK_MICROSECONDS}.0) AS INTEGER)"


def start_of(week: str, cutoff: Cutoff) -> str:
    """SQL: the first instant of a week, a TIMESTAMP."""
    return f"make_timestamp({microseconds(cutoff.at)} + CAST({week} AS BIGINT) * {WEEK_MICROSECONDS})"


def share_of_week(begins: str, ends: str, week: str, cutoff: Cutoff) -> str:
    """SQL: how much of a week lies between two instants, from 0 to 1."""
    start = f"({microseconds(cutoff.at)} + CAST({week} AS BIGINT) * {WEEK_MICROSECONDS})"
    ending = f"least(epoch_us({ends}), {start} + {WEEK_MICROSECONDS})"
    overlap = f"{ending} - greatest(epoch_us({begins}), {start})"
    return f"greatest({overlap}, 0) / {WEEK_MICROSECONDS}.0"


def weeks_between(begins: str, ends: str, cutoff: Cutoff) -> str:
    """SQL: the list of weeks that touch an interval, which includes its start and excludes its end."""
    last = week_of(f"{ends} - INTERVAL 1 MICROSECOND", cutoff)
    return f"unnest(range({week_of(begins, cutoff)}, {last} + 1))"
