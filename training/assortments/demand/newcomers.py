"""What a SKU without history may sell: its attributes against those of the SKUs that the category sells already.

The logarithm of a SKU's rate (units per store and week on the shelf, at an average store) is explained by brand,
subcategory, pack and price by ridge regression (Hoerl and Kennard 1970), texts one-hot; the strength is chosen by
leave-one-out errors, which come in closed form from the hat matrix. The interval is that of the jackknife: quantiles of
leave-one-out errors around the forecast (Barber, Candès, Ramdas and Tibshirani 2021, "Predictive inference with the
jackknife+", eq. 1.3). Whom the newcomer takes its sales from is a question for the choice model, not for this one: the
category does not grow by what is forecast here.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.errors import DataError
from training.assortments.demand.cube import Cube, cube
from training.assortments.demand.features import LEAST_RATE, past

Doubles = NDArray[np.float64]

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
LEAST_SKUS = 5
"""Fewer say nothing about how SKUs differ."""
LEAST_WEEKS = 4.0
"""Store-weeks on the shelf that a SKU needs to teach anything."""
TEXTS = ("brand", "subcategory")


@dataclass(frozen=True, slots=True)
class Newcomers:
    """What a category's SKUs teach about newcomers.

    names        of the columns
    weights      of the columns, the constant last
    scales       (mean, deviation) of every column
    errors       leave-one-out errors of the logarithm of the rate, ascending
    store_level  store_id -> its sales relative to an average store with the same SKUs
    known_skus   how many SKUs it was learned from
    """

    names: tuple[str, ...]
    weights: Doubles
    scales: tuple[Doubles, Doubles]
    errors: Doubles
    store_level: pd.Series
    known_skus: int

    def forecast(self, skus: pd.DataFrame) -> pd.DataFrame:
        """A row per store and SKU: mean, p10, p50, p90 in units a week on the shelf, once it is established.

        skus: sku, and any of brand, subcategory, pack, list_price (currency units per unit).
        The interval is of the store's rate, not of a single week's count. Sorted by store and SKU.
        """
        columns = _columns(skus).reindex(columns=list(self.names), fill_value=0.0).to_numpy(dtype=np.float64)
        log_rate = _standard(columns, self.scales) @ self.weights
        spread = np.quantile(self.errors, (0.1, 0.5, 0.9))
        table = pd.DataFrame({"sku": skus["sku"].astype(object).to_numpy(), "log_rate": log_rate})
        every = table.merge(self.store_level.rename("level").rename_axis("store_id").reset_index(), how="cross")
        rate = every["level"] * np.exp(every["log_rate"])
        smear = float(np.exp(self.errors).mean())  # Duan 1983: the mean of what was a logarithm
        every = every.assign(
            mean=rate * smear, p10=rate * np.exp(spread[0]), p50=rate * np.exp(spread[1]), p90=rate * np.exp(spread[2])
        )
        columns_out = ["store_id", "sku", "mean", "p10", "p50", "p90"]
        return every.sort_values(["store_id", "sku"], ignore_index=True)[columns_out]


def newcomers(panel: pd.DataFrame, cutoff: Cutoff, skus: pd.DataFrame) -> Newcomers:
    """Learn from the SKUs of a panel; `skus` describes them (sku, and any of brand, subcategory, pack).

    List prices come from the panel. Raises DataError with fewer than LEAST_SKUS SKUs to learn from.
    """
    known = cube(panel, cutoff)
    rates, store_level = _rates(known)
    if len(rates) < LEAST_SKUS:
        raise DataError(
            f"skus: {len(rates)} SKUs of the category have been on a shelf for {LEAST_WEEKS:g} store-weeks; newcomers "
            f"need {LEAST_SKUS} to be compared with. Next: choose a wider category, or wait."
        )
    described = rates.merge(skus.drop(columns="list_price", errors="ignore").astype({"sku": object}), on="sku")
    if len(described) < LEAST_SKUS:
        raise DataError(f"skus: {len(described)} of {len(rates)} SKUs are described. Next: bring the table skus.")
    columns = _columns(described)
    seen = columns.to_numpy(dtype=np.float64)
    scales = (seen.mean(axis=0), np.where(seen.std(axis=0) > 0, seen.std(axis=0), 1.0))
    weights, errors = _ridge(_standard(seen, scales), np.log(described["rate"].to_numpy(dtype=np.float64)))
    return Newcomers(tuple(columns.columns), weights, scales, np.sort(errors), store_level, len(described))


def _rates(known: Cube) -> tuple[pd.DataFrame, pd.Series]:
    """sku, rate, list_price of what was on a shelf for long enough; and each store's level."""
    history = past(known)
    sold, watched = history.sold[:, -1], history.watched[:, -1]
    level, per_sku = np.ones(int(known.store.max()) + 1), np.ones(int(known.sku.max()) + 1)
    for _ in range(5):  # stores and SKUs explain each other: a store may carry the fast ones only
        per_sku = np.bincount(known.sku, sold) / np.maximum(np.bincount(known.sku, watched * level[known.store]), 1e-9)
        expected = np.bincount(known.store, watched * per_sku[known.sku])
        level = (np.bincount(known.store, sold) + 1) / (expected + 1)
    stores = known.pairs["store_id"].cat.categories[: len(level)]
    weeks = np.bincount(known.sku, watched)
    prices = pd.Series(_last(known.list_price[:, : known.known])).groupby(known.sku).median().reindex(range(len(weeks)))
    table = pd.DataFrame(
        {
            "sku": known.pairs["sku"].cat.categories[: len(weeks)].astype(object),
            "rate": np.maximum(per_sku, LEAST_RATE),
            "list_price": prices.to_numpy(),
        }
    )
    return table[weeks >= LEAST_WEEKS].reset_index(drop=True), pd.Series(level, index=stores.astype(object))


def _last(matrix: NDArray[np.float32]) -> Doubles:
    """The last value of each row that is known; NaN without one."""
    return pd.DataFrame(matrix).ffill(axis=1).iloc[:, -1].to_numpy(dtype=np.float64)


def _columns(skus: pd.DataFrame) -> pd.DataFrame:
    """One-hot texts, logarithms of pack size and price; what is not known is 0 beside a column that says so."""
    found = {}
    for name in TEXTS:
        texts = skus[name].astype(object) if name in skus else pd.Series(None, index=skus.index, dtype=object)
        for value in sorted(texts.dropna().unique(), key=str):
            found[f"{name}={value}"] = (texts == value).astype(float)
    sizes = skus["pack"].map(_pack_size) if "pack" in skus else pd.Series(np.nan, index=skus.index)
    prices = skus["list_price"] if "list_price" in skus else pd.Series(np.nan, index=skus.index)
    for name, values in (("pack", sizes), ("price", prices)):
        number = pd.to_numeric(values).astype(float)
        is_known = number > 0
        found[name] = np.log(number.where(is_known, 1.0))
        found[f"has {name}"] = is_known.astype(float)
    return pd.DataFrame(found, index=skus.index)


def _pack_size(text: object) -> float:
    """The product of the numbers of a pack such as "6 x 33 cl"; NaN without one."""
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)] if isinstance(text, str) else []
    return float(np.prod(numbers)) if numbers else float("nan")


def _standard(columns: Doubles, scales: tuple[Doubles, Doubles]) -> Doubles:
    """Columns in deviations from their mean, a constant at the end."""
    return np.column_stack([(columns - scales[0]) / scales[1], np.ones(len(columns))])


def _ridge(columns: Doubles, seen: Doubles) -> tuple[Doubles, Doubles]:
    """Weights and leave-one-out errors of the strength with the smallest such errors; the constant is not shrunk."""
    best: tuple[float, Doubles, Doubles] | None = None
    for strength in STRENGTHS:
        penalty = np.diag([strength] * (columns.shape[1] - 1) + [1e-9])
        solve = np.linalg.solve(columns.T @ columns + penalty, columns.T)
        weights = solve @ seen
        leverage = np.einsum("ij,ji->i", columns, solve)
        errors = (seen - columns @ weights) / np.maximum(1 - leverage, 1e-6)
        loss = float((errors**2).mean())
        if best is None or loss < best[0]:
            best = (loss, weights, errors)
    assert best is not None  # noqa: S101 - STRENGTHS is not empty
    return best[1], best[2]
