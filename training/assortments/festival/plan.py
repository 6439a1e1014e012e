"""A plan for the next event, as tables for a report: uplift, stock, pull-forward, channel transfer, stock-out risk."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.contracts.columns import STORE
from features.errors import DataError
from training.assortments.festival.daily import NOT_TOLD
from training.assortments.festival.events import AFTER_DAYS
from training.assortments.festival.experience import Experience
from training.assortments.festival.pull_forward import PullForward
from training.assortments.festival.stock import Floats, Stock, newsvendor_stock, substitution
from training.assortments.festival.uplift import Uplift, Z


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be planned: S stores, N SKUs, an event of some days.

    category, depth  (N,) of each SKU; a depth as `daily.daily_sales` names it, NOT_TOLD where none is known
    usual_units      (S, N) over the event's days without it, nan or 0 where the store does not carry the SKU
    margin, loss     (N,) of a unit that is sold, of one that is left over
    usual_weights, event_weights  (S, N) attractions u/u0 at usual and at event prices; both None: no substitution
    """

    stores: tuple[str, ...]
    skus: tuple[str, ...]
    category: tuple[str, ...]
    depth: tuple[str, ...]
    days: float
    usual_units: Floats
    margin: Floats
    loss: Floats
    usual_weights: Floats | None = None
    event_weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class FestivalPlan:
    """tables: uplift, stock, pull_forward, transfer, risk; every interval is of 80 %. notes: what is not known."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def festival_plan(seen: Experience, ask: Ask) -> FestivalPlan:
    """The plan; without a past event stock is for usual demand, and the notes say so.

    Raises DataError for arrays that do not fit together or amounts that are negative.
    """
    _check(ask)
    usual = np.nan_to_num(ask.usual_units, nan=0.0)
    log_mean, log_variance, notes = _uplifts(seen.uplift, ask)
    ratio = None
    if ask.usual_weights is not None and ask.event_weights is not None:
        ratio = substitution(ask.usual_weights, ask.event_weights)
    else:
        notes.append(
            "No choice weights at event prices were given: shares of a category are taken to stay as they are."
        )
    stock = newsvendor_stock(usual, log_mean, log_variance, ask.margin, ask.loss, ratio)
    tables = {
        "uplift": seen.uplift.cells[["channel", "category", "depth", "times", "low", "high", "sold", "usual"]],
        "stock": _stock_table(ask, usual, stock),
        "pull_forward": _order_less(seen.dips, ask, usual),
        "transfer": seen.transfer,
        "risk": _risk_table(ask, usual, stock),
    }
    return FestivalPlan(tables, (*seen.notes, *notes))


def _check(ask: Ask) -> None:
    stores, skus = len(ask.stores), len(ask.skus)
    for name, part, shape in (
        ("usual units", ask.usual_units, (stores, skus)),
        ("margins", ask.margin, (skus,)),
        ("losses", ask.loss, (skus,)),
        ("usual weights", ask.usual_weights, (stores, skus)),
        ("event weights", ask.event_weights, (stores, skus)),
    ):
        if part is not None and part.shape != shape:
            raise DataError(
                f"festival plan: {name} have shape {part.shape}, but {stores} stores × {skus} SKUs ask for {shape}."
            )
    if (len(ask.category), len(ask.depth)) != (skus, skus):
        raise DataError("festival plan: every SKU needs a category and a depth. Next: name one for each.")


def _uplifts(uplift: Uplift, ask: Ask) -> tuple[Floats, Floats, list[str]]:
    """(N,) log mean and variance of each SKU's uplift in stores; usual demand where nothing is known."""
    found = [uplift.of(STORE, *cell) for cell in zip(ask.category, ask.depth, strict=True)]
    log_mean, log_variance = (np.array([pair[part] for pair in found], dtype=np.float64) for part in (0, 1))
    is_unknown = ~np.isfinite(log_variance)
    notes = []
    if is_unknown.any() and uplift.events:
        notes.append(f"{int(is_unknown.sum())} SKUs are planned for usual demand: no past event was held in stores.")
    if uplift.events and set(ask.depth) == {NOT_TOLD}:
        notes.append("Depths are not told: an uplift is that of its category at whatever the promotions were.")
    return np.where(is_unknown, 0.0, log_mean), np.where(is_unknown, 0.0, log_variance), notes


def _stock_table(ask: Ask, usual: Floats, stock: Stock) -> pd.DataFrame:
    store, sku = np.nonzero(usual > 0)
    return pd.DataFrame(
        {
            "store_id": np.array(ask.stores, dtype=object)[store],
            "sku": np.array(ask.skus, dtype=object)[sku],
            "usual units": usual[store, sku],
            "expected units": stock.demand[store, sku],
            "low": stock.low[store, sku],
            "high": stock.high[store, sku],
            "stock units": stock.units[store, sku],
            "stock-out risk": stock.risk[store, sku],
            "left over units": stock.left_over[store, sku],
        }
    )


def _order_less(dips: PullForward, ask: Ask, usual: Floats) -> pd.DataFrame:
    """A row per SKU: the units that will not be asked for in the days after, mean of past events, low and high."""
    columns = ["sku", "missing", "less units", "low", "high"]
    if dips.dips.empty:
        return pd.DataFrame(columns=columns)
    after = dips.dips[(dips.dips["window"] == "after") & (dips.dips["channel"] == STORE)]
    if after.empty:
        return pd.DataFrame(columns=columns)
    missing = float(after["missing"].mean())
    deviation = float(np.sqrt((((after["high"] - after["low"]) / (2 * Z)) ** 2).sum())) / len(after)
    units = usual.sum(axis=0) / ask.days * AFTER_DAYS
    ends = {
        "less units": missing * units,
        "low": (missing - Z * deviation) * units,
        "high": (missing + Z * deviation) * units,
    }
    return pd.DataFrame({"sku": ask.skus, "missing": missing, **ends})


def _risk_table(ask: Ask, usual: Floats, stock: Stock) -> pd.DataFrame:
    """A row per SKU: stores that carry it, how many are expected to sell out, its stock and what may be left over."""
    carried = usual > 0
    stores = carried.sum(axis=0)
    return pd.DataFrame(
        {
            "sku": ask.skus,
            "category": ask.category,
            "stores": stores,
            "stores that sell out": (stock.risk * carried).sum(axis=0),
            "stock-out risk": np.divide(
                (stock.risk * carried).sum(axis=0), stores, out=np.zeros(len(stores)), where=stores > 0
            ),
            "stock units": (stock.units * carried).sum(axis=0),
            "left over units": (stock.left_over * carried).sum(axis=0),
        }
    )
