"""What past events did: uplift, dips and channels, with what could not be said."""

from dataclasses import dataclass

import pandas as pd

from features.past import Past
from training.assortments.festival.daily import daily_sales
from training.assortments.festival.events import Event, past_events
from training.assortments.festival.pull_forward import PullForward, pull_forward
from training.assortments.festival.transfer import channel_transfer
from training.assortments.festival.uplift import Uplift, observed, pooled


@dataclass(frozen=True, slots=True)
class Experience:
    """Everything that past events tell about the next one; `notes` are sentences on what they do not."""

    events: tuple[Event, ...]
    uplift: Uplift
    dips: PullForward
    transfer: pd.DataFrame
    notes: tuple[str, ...]


def experience(past: Past, category: str | None = None) -> Experience:
    """What was known before the cutoff; of one category, or of all. Without a past event: empty tables and a note."""
    events = past_events(past)
    logs, dips, nets, moved = [], [], [], []
    notes: list[str] = []
    for event in events:
        sales = daily_sales(past, event, category)
        rows = observed(sales, event, events) if len(sales) else pd.DataFrame()
        if rows.empty:
            notes.append(
                f"{event.name} ({event.start:%Y-%m-%d}) tells nothing: too few usual days or no sales around it."
            )
            continue
        logs.append(rows)
        around = pull_forward(sales, event, events)
        dips.append(around.dips)
        nets.append(around.net)
        moved.append(channel_transfer(sales, event, events))
        if "after" not in set(around.dips.get("window", [])):
            notes.append(f"The days after {event.name} have not passed yet: what it pulled forward is not known.")
    found = pooled(logs)
    return Experience(
        events,
        found,
        PullForward(_joined(dips), _joined(nets)),
        _joined(moved),
        (*notes, *_notes(found)),
    )


def _notes(uplift: Uplift) -> list[str]:
    if uplift.events == 0:
        said = (
            "No past event tells how much more is sold: the calendar has none that is over and has usual days around "
            "it. Stock is planned for usual demand, without an uplift: take it as the least that is needed."
        )
        return [said]
    if uplift.events == 1:
        said = (
            "One past event only: intervals hold chance and differences between categories, but not how much events "
            "differ from each other, which one event cannot tell."
        )
        return [said]
    return []


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
