"""What a unit of each alternative cost on a trip, from the receipts of other trips.

The chosen SKU's own receipt would give its price away as the price of what was chosen, so every trip's own lines are
left out: then the week's mean in the store by others, else the week's mean in the chain by others, else the chain's
last week with a price, else the mean over all weeks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.assortments.choice.panel import Codes, Floats

REGULAR_WEEKS = 10
"""A SKU's regular price is the dearest weekly chain price of so many weeks before."""
LEAST_PRICE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SeenPrices:
    """log_price and log_discount of every occasion and alternative (N, n); discount is against the regular price."""

    log_price: Floats
    log_discount: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of unit prices and numbers of lines, the same shape."""

    price: Floats
    lines: Floats

    def mean(self) -> Floats:
        """NaN without a line."""
        return np.divide(self.price, self.lines, out=np.full_like(self.price, np.nan), where=self.lines > 0.5)


def seen_prices(lines: pd.DataFrame, occasions: pd.DataFrame, stores: pd.Index, skus: pd.Index) -> SeenPrices:
    """Prices of `skus` as others paid them. `lines`: store_id, sku, week, basket_id, unit_price, from all stores."""
    priced = lines[lines["sku"].isin(skus)]
    weeks = int(lines["week"].max()) + 1
    chain = _sums(priced, [priced["week"].to_numpy(), skus.get_indexer(pd.Index(priced["sku"]))], (weeks, len(skus)))
    here = priced[priced["store_id"].isin(stores)]
    at = [stores.get_indexer(pd.Index(here["store_id"])), here["week"].to_numpy()]
    store = _sums(here, [*at, skus.get_indexer(pd.Index(here["sku"]))], (len(stores), weeks, len(skus)))
    week = occasions["week"].to_numpy(dtype=np.int64)
    where = stores.get_indexer(pd.Index(occasions["store_id"]))
    own = _own(priced, occasions, skus)
    chain_price = chain.mean()
    everywhere = np.nanmean(np.where(np.isnan(chain_price), np.nan, chain_price), axis=0)
    price = _without(store.price[where, week], store.lines[where, week], own)
    price = np.where(np.isnan(price), _without(chain.price[week], chain.lines[week], own), price)
    price = np.where(np.isnan(price), _last_before(chain_price, everywhere)[week], price)
    log_price = np.log(np.maximum(price, LEAST_PRICE))
    return SeenPrices(log_price, log_price - np.log(np.maximum(_regular(chain_price, everywhere)[week], LEAST_PRICE)))


def _sums(lines: pd.DataFrame, cells: list[Codes], shape: tuple[int, ...]) -> _Sums:
    flat = np.ravel_multi_index(tuple(cells), shape)
    size = int(np.prod(shape))
    price = np.bincount(flat, weights=lines["unit_price"], minlength=size).astype(np.float64).reshape(shape)
    return _Sums(price, np.bincount(flat, minlength=size).reshape(shape).astype(np.float64))


def _own(lines: pd.DataFrame, occasions: pd.DataFrame, skus: pd.Index) -> tuple[Codes, Codes, Floats, Floats]:
    """Occasion, alternative, sum of prices and number of lines of what the occasion's own basket holds."""
    baskets = lines.groupby(["basket_id", "sku"])["unit_price"].agg(["sum", "size"]).reset_index()
    rows = occasions[["basket_id"]].reset_index(names="occasion").merge(baskets, on="basket_id")
    alternative = skus.get_indexer(pd.Index(rows["sku"]))
    return rows["occasion"].to_numpy(), alternative, rows["sum"].to_numpy(), rows["size"].to_numpy(dtype=np.float64)


def _without(price: Floats, lines: Floats, own: tuple[Codes, Codes, Floats, Floats]) -> Floats:
    """(N, n) means after the own basket is taken out; NaN where nobody else bought."""
    occasion, alternative, own_price, own_lines = own
    price[occasion, alternative] -= own_price
    lines[occasion, alternative] -= own_lines
    return _Sums(price, lines).mean()


def _last_before(chain_price: Floats, everywhere: Floats) -> Floats:
    """(weeks, n) the chain's price in the last earlier week that has one."""
    frame = pd.DataFrame(chain_price).shift(1).ffill()
    return frame.fillna(pd.Series(everywhere)).to_numpy()


def _regular(chain_price: Floats, everywhere: Floats) -> Floats:
    """(weeks, n) the dearest weekly chain price of the REGULAR_WEEKS before."""
    frame = pd.DataFrame(chain_price).shift(1).rolling(REGULAR_WEEKS, min_periods=1).max()
    return frame.fillna(pd.Series(everywhere)).to_numpy()
