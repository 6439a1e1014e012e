"""What the facts say of one shopper and of the candidates, as of the request: ages have grown since the cutoff."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import NEVER_DAYS, Codes, Columns, Facts, Floats, Grouped
from features.facts.grains import CUSTOMER, SKU, pairs
from features.vector.here import Here, here_of
from features.vector.shopper import Shopper

DUE_CAP = 20.0
"""What is twenty intervals overdue is given up on; more says nothing more."""

Column = NDArray[Any]
"""Numbers or booleans, one for each candidate or one for all."""


@dataclass(frozen=True, slots=True)
class View:
    """Looked-up rows of one grain, by column name."""

    columns: Columns
    values: Floats
    seen: dict[str, Floats] = field(default_factory=dict)
    """Columns that were asked for: combinations ask for some of them many times."""

    def __getitem__(self, name: str) -> Floats:
        column = self.seen.get(name)
        if column is None:
            column = self.seen[name] = self.values[:, self.columns.names.index(name)]
        return column


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What is known of one shopper's candidates, by grain.

    views         one row for each candidate; of the customer and of the store, one row for all
    most_decayed  the customer's strongest habit
    here          the channel and the place of the request
    """

    views: dict[str, View]
    most_decayed: float
    here: Here

    def __getitem__(self, grain: str) -> View:
        return self.views[grain]


Combination = Callable[[LookedUp], Column | float]
"""What makes a column from what is looked up."""


def look_up(facts: Facts, shopper: Shopper, skus: Codes) -> LookedUp:
    """What the facts say of the shopper, the store and the candidates at the request, grains in their order."""
    elapsed = shopper.elapsed_days
    views = {
        "customer": View(facts.customer, _row(facts.customer, shopper.customer, elapsed)),
        "store": View(facts.store, _row(facts.store, shopper.store, elapsed)),
        "sku": View(facts.sku, _aged(facts.sku.values[skus], facts.sku, elapsed)),
    }
    for name, (of, about) in pairs().items():
        group = shopper.customer if of.column == CUSTOMER.column else shopper.store
        keys = skus if about.column == SKU.column else facts.levels[about.column].of_sku[skus]
        grouped = facts.pairs[name]
        views[name] = View(grouped.columns, _found(grouped, group, keys, elapsed))
    return LookedUp(views, _most_decayed(facts, shopper.customer), here_of(facts, shopper))


def ratio(part: Floats, whole: NDArray[np.floating[Any]], cap: float) -> Floats:
    result: Floats = np.minimum(part / np.maximum(whole, 1e-3), cap)
    return result


def _row(columns: Columns, code: int, elapsed: float) -> Floats:
    """One row, for all candidates."""
    return columns.blank()[None, :] if code < 0 else _aged(columns.values[code : code + 1], columns, elapsed)


def _aged(values: Floats, columns: Columns, elapsed: float) -> Floats:
    """The values some days later: ages have grown, but what never happened still has not."""
    if not elapsed:
        return values
    older: Floats = np.where(columns.ages() & (values < NEVER_DAYS), values + np.float32(elapsed), values)
    return older


def _found(grouped: Grouped, group: int, keys: Codes, elapsed: float) -> Floats:
    """The rows of the keys in the group; blank where there is none."""
    blank = grouped.columns.blank()
    if group < 0 or not len(grouped.keys):
        return np.repeat(blank[None, :], len(keys), axis=0)
    rows, found = grouped.find(group, keys)
    values = grouped.columns.values[rows]
    values[~found] = blank
    return _aged(values, grouped.columns, elapsed)


def _most_decayed(facts: Facts, customer: int) -> float:
    history = facts.pairs["customer_sku"]
    mine = history.columns["decayed"][history.rows(customer)]
    return float(mine.max()) if len(mine) else 0.0
