"""What a household remembers of a category when a trip begins: what it bought before, at every level of likeness.

Levels run from the SKU itself to what it shares with others: brand, size, subcategory and pairs of them. Only lines
of earlier trips count, wherever they were bought, SKUs that are no alternatives included.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.models.trips import Trips
from training.assortments.choice.panel import Codes, Floats

LEVELS: tuple[tuple[str, ...], ...] = (
    ("sku",),
    ("brand",),
    ("size",),
    ("subcategory",),
    ("brand", "subcategory"),
    ("brand", "size"),
    ("subcategory", "size"),
)
HALF_LIVES_DAYS = (20.0, 90.0, 1e6)
"""How fast purchases fade; the last never does."""
SMOOTHING = 0.75
"""Weight of the past in the exponentially smoothed share of trips (Guadagni & Little 1983, equation 4)."""
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Of N occasions and n alternatives, at each of the LEVELS.

    counts   (levels, half-lives, N, n) faded number of earlier lines that share the alternative's value
    total    (half-lives, N) faded number of all earlier lines
    share    (levels, N, n) exponentially smoothed share of trips, 0 before the first
    is_last  (levels, N, n) 1 where the last trip of the category had it
    days     (levels, N, n) since it was last bought, infinite where it never was
    """

    counts: Floats
    total: Floats
    share: Floats
    is_last: Floats
    days: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """Codes of level values, a different range of codes for every level.

    of_lines         (lines, levels)
    of_alternatives  (levels, n)
    """

    of_lines: Codes
    of_alternatives: Codes
    count: int


class _Household:
    """The state of one household between two trips; value codes are positions."""

    def __init__(self, values: int, day: float) -> None:
        halves = len(HALF_LIVES_DAYS)
        self.counts = np.zeros((halves, values))
        self.total = np.zeros(halves)
        self.share = np.zeros(values)
        self.is_last = np.zeros(values)
        self.bought_day = np.full(values, -np.inf)
        self.day = day

    def fade(self, day: float) -> None:
        factor = 0.5 ** ((day - self.day) / np.asarray(HALF_LIVES_DAYS))
        self.counts *= factor[:, None]
        self.total *= factor
        self.day = day

    def buy(self, codes: Codes) -> None:
        """One trip with the level codes (lines, levels) of what it brought home."""
        added = np.bincount(codes.ravel(), minlength=len(self.share)).astype(np.float64)
        self.counts += added
        self.total += len(codes)
        self.share = SMOOTHING * self.share + (1 - SMOOTHING) * added / len(codes)
        self.is_last = np.minimum(added, 1.0)
        self.bought_day[codes.ravel()] = self.day


def memory(data: Trips) -> Memory:
    """The memory of every occasion's household when the occasion's trip began."""
    lines = data.lines.sort_values(["customer_id", "bought_at", "basket_id", "sku"], ignore_index=True)
    levels = _levels(lines, data)
    day = (lines["bought_at"] - lines["bought_at"].min()).dt.total_seconds().to_numpy() / DAY_SECONDS
    groups = data.occasions.groupby("basket_id", sort=False).indices
    wanted = {basket: np.asarray(rows, dtype=np.int64) for basket, rows in groups.items()}
    empty = _empty(data)
    changes = lines["basket_id"].ne(lines["basket_id"].shift()) | lines["customer_id"].ne(lines["customer_id"].shift())
    starts = np.flatnonzero(changes.to_numpy())
    household, owner = _Household(levels.count, 0.0), ""
    customers, baskets = lines["customer_id"].to_numpy(), lines["basket_id"].to_numpy()
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if customers[start] != owner:
            household, owner = _Household(levels.count, day[start]), customers[start]
        household.fade(day[start])
        occasions = wanted.get(baskets[start])
        if occasions is not None:
            _write(empty, occasions, household, levels.of_alternatives)
        household.buy(levels.of_lines[start:end])
    return empty


def _empty(data: Trips) -> Memory:
    count, halves = len(LEVELS), len(HALF_LIVES_DAYS)
    return Memory(
        counts=np.zeros((count, halves, *data.shape)),
        total=np.zeros((halves, data.shape[0])),
        share=np.zeros((count, *data.shape)),
        is_last=np.zeros((count, *data.shape)),
        days=np.full((count, *data.shape), np.inf),
    )


def _write(into: Memory, occasions: Codes, household: _Household, alternatives: Codes) -> None:
    """Copy the state of a household into the rows of its occasions."""
    into.counts[:, :, occasions] = household.counts[:, alternatives].transpose(1, 0, 2)[:, :, None]
    into.total[:, occasions] = household.total[:, None]
    into.share[:, occasions] = household.share[alternatives][:, None]
    into.is_last[:, occasions] = household.is_last[alternatives][:, None]
    into.days[:, occasions] = household.day - household.bought_day[alternatives][:, None]


def _levels(lines: pd.DataFrame, data: Trips) -> _Levels:
    described = data.skus.assign(sku=data.skus.index)
    used = pd.Index(lines["sku"].unique()).union(data.alternatives)
    of_skus, offset = np.empty((len(used), len(LEVELS)), dtype=np.int64), 0
    for nth, level in enumerate(LEVELS):
        codes = pd.MultiIndex.from_frame(described.loc[used, list(level)]).factorize()[0]
        of_skus[:, nth] = codes + offset
        offset += int(codes.max()) + 1
    return _Levels(
        of_skus[used.get_indexer(pd.Index(lines["sku"]))], of_skus[used.get_indexer(data.alternatives)].T, offset
    )


def same_value(data: Trips) -> Floats:
    """(levels, n, n) 1 where two alternatives share the value of a level."""
    described = data.skus.assign(sku=data.skus.index).loc[data.alternatives]
    codes = [pd.MultiIndex.from_frame(described[list(level)]).factorize()[0] for level in LEVELS]
    return np.stack([(code[:, None] == code[None, :]).astype(np.float64) for code in codes])
