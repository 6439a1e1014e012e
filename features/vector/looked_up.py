"""What the facts say of one shopper and of the candidates, as of the request: ages have grown since the cutoff."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import NEVER_DAYS, Codes, Columns, Facts, Floats, Grouped
from features.vector.here import Here


@dataclass(frozen=True, slots=True)
class View:
    """Known-up rows of one grain, by column name."""

    columns: Columns
    values: Floats

    def __getitem__(self, name: str) -> Floats:
        column: Floats = self.values[:, self.columns.names.index(name)]
        return column


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked up for one shopper's candidates; `most_decayed` is the customer's strongest habit.

    here  the channel and the place of the request
    """

    customer: View
    store: View
    sku: View
    pair: View
    subcategory: View
    category: View
    brand: View
    shelf: View
    most_decayed: float
    here: Here


def ratio(part: Floats, whole: NDArray[np.floating[Any]], cap: float) -> Floats:
    result: Floats = np.minimum(part / np.maximum(whole, 1e-3), cap)
    return result


def row(columns: Columns, code: int, elapsed: float) -> Floats:
    if code < 0:
        return columns.blank()
    found: Floats = columns.values[code]
    return aged(found[None, :], columns, elapsed)[0] if elapsed else found


def aged(values: Floats, columns: Columns, elapsed: float) -> Floats:
    older: Floats = np.where(columns.ages() & (values < NEVER_DAYS), values + np.float32(elapsed), values)
    return older


def lookup(grouped: Grouped, group: int, keys: Codes, elapsed: float) -> Floats:
    blank = grouped.columns.blank()
    if group < 0 or not len(grouped.keys):
        return np.tile(blank, (len(keys), 1))
    rows, found = grouped.find(group, keys)
    values = grouped.columns.values[rows]
    values[~found] = blank
    return aged(values, grouped.columns, elapsed) if elapsed else values


def most_decayed(facts: Facts, customer: int) -> float:
    rows = facts.customer_sku.rows(customer)
    mine = facts.customer_sku.columns["decayed"][rows]
    return float(mine.max()) if len(mine) else 0.0
