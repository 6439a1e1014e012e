"""Ranking metrics under one temporal split: what customers bought in a window against the lists made before it.

The protocol, for one task and one cutoff:

- The label window begins at the cutoff. Task "all" asks for every SKU that the customer bought in it; task
  "new" only for those that the customer had never bought, and takes the others out of the list first.
- "warm" customers (the headline) also bought before the cutoff, "cold" ones did not. A customer without
  anything to find is not judged; a judged customer without a list scores 0.
- Lists are read by rank, ties by SKU; of a SKU named twice the better rank counts; 100 places are read.

With h_k = 1 where the SKU in place k is a label, and L labels, a customer's figures are

    ndcg_at_10     sum over k ≤ 10 of h_k / log2(k + 1), divided by its value for a perfect list
                   (Järvelin & Kekäläinen 2002, binary gains)
    recall_at_10   hits in the first 10 / L; recall_at_100 likewise
    hit_at_10      1 where the first 10 hold a hit
    map_at_12      sum over k ≤ 12 of h_k · (hits up to k) / k, divided by min(12, L)

and coverage at 10 is the share of the SKUs bought before the cutoff that some judged customer sees in the
first ten places.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.contracts.columns import BOUGHT_AT, CUSTOMER_ID, RANK, SKU

METRICS = ("ndcg_at_10", "recall_at_10", "hit_at_10", "map_at_12", "recall_at_100")
DEPTH = 100

Task = Literal["all", "new"]
TASKS: tuple[Task, ...] = ("all", "new")
Customers = Literal["warm", "cold", "all"]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_IDEAL = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, 12)))])
"""The discounted gain of a perfect list, by the number of labels; ten stands for more."""


def split(purchases: pd.DataFrame, cutoff: Cutoff, window_days: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases before the cutoff, and those of the `window_days` that begin with it."""
    at = purchases[BOUGHT_AT]
    end = cutoff.plus_days(window_days).at
    return purchases[at < cutoff.at], purchases[(at >= cutoff.at) & (at < end)]


@dataclass(frozen=True, slots=True)
class Lists:
    """Recommendations as they are judged: one element a listed SKU, by customer and then best first.

    customer   code of the judged customer
    pair       code of customer and SKU; -1 where nobody bought the SKU before the end of the window
    place      1, 2, … without holes, at most DEPTH
    coverage   distinct SKUs of the first ten places / distinct SKUs bought before the cutoff
    """

    customer: Codes
    pair: Codes
    place: Codes
    coverage: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What has to be found, made once for a cutoff; scores any number of models and both tasks.

    customers  the judged customers, sorted; a code is a position in it
    skus       those bought before the cutoff, then those bought in the window only
    catalogue  how many SKUs were bought before the cutoff
    pair       (labels,) sorted codes of customer and SKU: customer code × len(skus) + SKU code
    repeat     (labels,) whether the customer had bought the SKU before the cutoff
    bought     sorted codes of what the judged customers bought before the cutoff
    """

    customers: pd.Index
    skus: pd.Index
    catalogue: int
    pair: Codes
    repeat: Flags
    bought: Codes

    @classmethod
    def of(cls, before: pd.DataFrame, window: pd.DataFrame, customers: Customers = "warm") -> Self:
        """Labels of `window` (columns customer_id, sku); purchases without a customer only add to the catalogue."""
        seen = pd.Index(before[SKU].unique())
        skus = seen.append(pd.Index(window[SKU].unique()).difference(seen))
        labels = window[[CUSTOMER_ID, SKU]].dropna().drop_duplicates()
        if customers != "all":
            is_known = labels[CUSTOMER_ID].isin(before[CUSTOMER_ID].dropna().unique())
            labels = labels[is_known == (customers == "warm")]
        judged = pd.Index(labels[CUSTOMER_ID].unique()).sort_values()
        pair = np.sort(_pairs(labels, judged, skus))
        mine = before.loc[before[CUSTOMER_ID].isin(judged), [CUSTOMER_ID, SKU]].drop_duplicates()
        bought = np.sort(_pairs(mine, judged, skus))
        return cls(judged, skus, len(seen), pair, _within(pair, bought), bought)

    @property
    def customer(self) -> Codes:
        """(labels,) the code of each label's customer."""
        return self.pair // max(len(self.skus), 1)

    @property
    def sku(self) -> Codes:
        """(labels,) the code of each label's SKU."""
        return self.pair % max(len(self.skus), 1)

    def asked(self, task: Task) -> Flags:
        """(labels,) which of them the task asks for."""
        return np.ones(len(self.pair), dtype=bool) if task == "all" else ~self.repeat

    def read(self, recommendations: pd.DataFrame, task: Task) -> Lists:
        """The lists (columns customer_id, sku, rank) of the customers that the task judges."""
        is_judged = np.zeros(len(self.customers), dtype=bool)
        is_judged[self.customer[self.asked(task)]] = True
        customer = self.customers.get_indexer(pd.Index(recommendations[CUSTOMER_ID]))
        kept = (customer >= 0) & is_judged[customer] if len(is_judged) else customer >= 0
        customer = customer[kept].astype(np.int64)
        by_name, names = pd.factorize(recommendations[SKU][kept], sort=True)
        order = np.lexsort((by_name, recommendations[RANK].to_numpy()[kept], customer))
        customer, by_name = customer[order], by_name[order]
        first = np.sort(np.unique(customer * len(names) + by_name, return_index=True)[1])
        customer, by_name = customer[first], by_name[first]
        known = self.skus.get_indexer(pd.Index(names))[by_name]
        pair = np.where(known >= 0, customer * len(self.skus) + known, -1)
        fresh = ~_within(pair, self.bought) if task == "new" else np.ones(len(pair), dtype=bool)
        customer, by_name, pair = customer[fresh], by_name[fresh], pair[fresh]
        place = _running(np.ones_like(customer), customer)
        shown = len(np.unique(by_name[place <= 10]))
        deep = place <= DEPTH
        return Lists(customer[deep], pair[deep], place[deep], shown / self.catalogue if self.catalogue else np.nan)

    def measure(self, lists: Lists, labels: Flags) -> pd.DataFrame:
        """A row per customer who has one of the chosen labels, a column per metric."""
        sizes = np.bincount(self.customer[labels], minlength=len(self.customers))
        hit = _within(lists.pair, self.pair[labels])
        nth = _running(hit.astype(np.int64), lists.customer)[hit]
        customer, place = lists.customer[hit], lists.place[hit]

        def total(value: NDArray[np.float64], depth: int) -> NDArray[np.float64]:
            near = place <= depth
            sums: NDArray[np.float64] = np.bincount(customer[near], value[near], len(sizes)).astype(float)
            return sums[judged]

        judged = sizes > 0
        size, one = sizes[judged], np.ones(len(place))
        found = total(one, 10)
        columns = {
            "ndcg_at_10": total(1 / np.log2(place + 1), 10) / _IDEAL[np.minimum(size, 10)],
            "recall_at_10": found / size,
            "hit_at_10": (found > 0).astype(float),
            "map_at_12": total(nth / place, 12) / np.minimum(size, 12),
            "recall_at_100": total(one, DEPTH) / size,
        }
        return pd.DataFrame(columns, index=self.customers[judged].rename(CUSTOMER_ID))

    def score(self, recommendations: pd.DataFrame, task: Task) -> tuple[pd.DataFrame, float]:
        """A row per judged customer, a column per metric; and the coverage at 10."""
        lists = self.read(recommendations, task)
        return self.measure(lists, self.asked(task)), lists.coverage


def per_customer(
    recommendations: pd.DataFrame,
    before: pd.DataFrame,
    window: pd.DataFrame,
    task: Task = "all",
    customers: Customers = "warm",
) -> tuple[pd.DataFrame, float]:
    """Figures of one table of recommendations; `Evaluation` is quicker where there are several."""
    return Evaluation.of(before, window, customers).score(recommendations, task)


def _pairs(rows: pd.DataFrame, customers: pd.Index, skus: pd.Index) -> Codes:
    customer = customers.get_indexer(pd.Index(rows[CUSTOMER_ID]))
    return customer.astype(np.int64) * len(skus) + skus.get_indexer(pd.Index(rows[SKU]))


def _within(values: Codes, ascending: Codes) -> Flags:
    """Whether each value is in a sorted array."""
    if not len(ascending):
        return np.zeros(len(values), dtype=bool)
    at = np.searchsorted(ascending, values)
    found: Flags = ascending[np.minimum(at, len(ascending) - 1)] == values
    return found


def _running(counts: Codes, group: Codes) -> Codes:
    """Sums so far within each run of equal groups."""
    total = np.cumsum(counts)
    start = np.flatnonzero(np.diff(group, prepend=-1))
    length = np.diff(start, append=len(group))
    return total - np.repeat(total[start] - counts[start], length)
