"""Choice occasions of real households: who chose which SKU, out of what, at which prices and promotions.

Every SKU that a trip brings home is an occasion of its own, judged with what was known before the trip began:
flavours that are bought together are several choices that know nothing of each other, so that all SKUs stay
alternatives. Several lines of one SKU in one basket are one choice.

A receipt says what was bought, not what stood on the shelf. A SKU counts as available in a store's week if it was
bought there by anyone, or displayed or advertised there, in that week or the `memory_weeks` before it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.models.category_lines import CategoryLines
from experiments.models.seen_prices import seen_prices
from features.errors import DataError
from training.assortments.choice.panel import Codes, Flags, Floats


@dataclass(frozen=True, slots=True)
class TripRule:
    """Which occasions there are. `skus` and `stores` are chosen by what happened before week `held_out_from`."""

    skus: int = 60
    stores: int = 56
    held_out_from: int = 41
    memory_weeks: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """N occasions, n alternatives, in the order of time.

    occasions     customer_id, basket_id, store_id, sku, bought_at, week
    alternatives  (n,) SKUs, the one bought most often before the held-out weeks first
    chosen        (N,) index of the chosen alternative
    store         (N,) index of the store
    available     (N, n); the chosen one always is
    log_price     (N, n) natural logarithm of what a unit cost, own trip left out
    log_discount  (N, n) log price − log of the dearest chain price of the ten weeks before: 0 or below in a promotion
    display       (N, n) 1 where it stood on a display in the store's week
    mailer        (N, n) 1 where the week's mailer showed it
    lines         every line of the category, by anyone and anywhere: what households remember
    skus          index sku (all of `lines`): brand, size, subcategory
    held_out      (N,) week >= held_out_from
    """

    occasions: pd.DataFrame
    alternatives: pd.Index
    chosen: Codes
    store: Codes
    available: Flags
    log_price: Floats
    log_discount: Floats
    display: Floats
    mailer: Floats
    lines: pd.DataFrame
    skus: pd.DataFrame
    held_out: Flags

    @property
    def week(self) -> Codes:
        return self.occasions["week"].to_numpy(dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """N, n."""
        return self.available.shape[0], self.available.shape[1]


def trips(category: CategoryLines, rule: TripRule) -> Trips:
    """The choice occasions of a category.

    Raises DataError where there is nothing to choose from, or nothing to judge.
    """
    lines = category.lines
    known = lines[lines["week"] < rule.held_out_from]
    alternatives = _most_bought(known, rule.skus)
    stores = category.stores[: rule.stores]
    on_shelf = lines[lines["sku"].isin(alternatives) & lines["store_id"].isin(stores)]
    occasions = _occasions(on_shelf)
    chosen = alternatives.get_indexer(pd.Index(occasions["sku"]))
    store = stores.get_indexer(pd.Index(occasions["store_id"]))
    week = occasions["week"].to_numpy(dtype=np.int64)
    _check(occasions, rule, len(alternatives))
    shape = (len(stores), int(lines["week"].max()) + 1, len(alternatives))
    sold = _cells(on_shelf, stores, alternatives, shape)
    told = category.promotions
    told = told[told["sku"].isin(alternatives) & told["store_id"].isin(stores) & told["week"].between(1, shape[1] - 1)]
    display = _cells(told[told["display"].notna()], stores, alternatives, shape)
    mailer = _cells(told[told["mailer"].notna()], stores, alternatives, shape)
    available = remembered(sold | display | mailer, rule.memory_weeks)
    prices = seen_prices(lines, occasions, stores, alternatives)
    return Trips(
        occasions=occasions,
        alternatives=alternatives,
        chosen=chosen.astype(np.int64),
        store=store.astype(np.int64),
        available=available[store, week],
        log_price=prices.log_price,
        log_discount=prices.log_discount,
        display=display[store, week].astype(np.float64),
        mailer=mailer[store, week].astype(np.float64),
        lines=lines,
        skus=category.skus,
        held_out=week >= rule.held_out_from,
    )


def _most_bought(known: pd.DataFrame, count: int) -> pd.Index:
    """SKUs by their number of lines, ties by SKU."""
    counts = known.groupby("sku").size().rename("lines").reset_index()
    ranked = counts.sort_values(["lines", "sku"], ascending=[False, True])
    kept: pd.Index = pd.Index(ranked["sku"].to_numpy(dtype=object)[:count])
    return kept


def _occasions(lines: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer_id", "basket_id", "store_id", "sku", "bought_at", "week"]
    sorted_lines = lines.sort_values(["bought_at", "basket_id", "sku"])
    return sorted_lines.drop_duplicates(["basket_id", "sku"])[columns].reset_index(drop=True)


def _cells(rows: pd.DataFrame, stores: pd.Index, skus: pd.Index, shape: tuple[int, int, int]) -> Flags:
    """(store, week, SKU) where there is a row; index 0 of the weeks stays empty."""
    cells = np.zeros(shape, dtype=np.bool_)
    where = (stores.get_indexer(pd.Index(rows["store_id"])), rows["week"], skus.get_indexer(pd.Index(rows["sku"])))
    cells[where] = True
    return cells


def remembered(seen: Flags, memory_weeks: int) -> Flags:
    """(store, week, SKU) seen in the week itself or in one of the `memory_weeks` before it."""
    weeks = range(seen.shape[1])
    return np.stack([seen[:, max(0, week - memory_weeks) : week + 1].any(axis=1) for week in weeks], axis=1)


def _check(occasions: pd.DataFrame, rule: TripRule, alternatives: int) -> None:
    held_out = int((occasions["week"] >= rule.held_out_from).sum())
    if alternatives < 2 or held_out == 0 or held_out == len(occasions):
        raise DataError(
            f"purchases: {alternatives} SKUs, {len(occasions) - held_out} choices before week {rule.held_out_from} and "
            f"{held_out} from it on; a choice model needs two SKUs, and choices on both sides. Next: name a larger "
            "category, more stores, or another week."
        )


def uniform_nats(data: Trips) -> float:
    """Mean over held-out occasions of log(number of available alternatives): what knowing nothing costs."""
    return float(np.log(data.available[data.held_out].sum(axis=1)).mean())
