"""The panel as matrices: a row per pair of store and SKU, a column per week."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.errors import DataError
from features.panel.weeks import WEEK, WEEK_MICROSECONDS, microseconds

Matrix = NDArray[np.float32]
Codes = NDArray[np.int32]

PROMOTED_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Cube:
    """Weeks `first` to the last known one, then the plan's; column `known` is the first week that may not be seen.

    pairs                            store_id and sku, categoricals, one row per pair
    store, sku                       their codes
    weeks                            first instants
    units                            (pairs, weeks), 0 outside of what is known
    exposure                         share of the week in which the pair could sell; 0 before it was listed, while it
                                     was not, and in the plan; 1 where nobody counted
    counted                          whether the exposure is from counts
    price, list_price                currency units per unit, NaN where not known
    display, mailer                  shares of the week
    is_listed                        1 or 0
    event                            codes into `events`, −1 without one
    has_plan                         the panel speaks of all weeks to come that were asked for
    has_promotions                   and of their promotions: a plan without any for a week, where no week of late was
                                     without, does not know them yet
    """

    pairs: pd.DataFrame
    store: Codes
    sku: Codes
    weeks: NDArray[np.datetime64]
    known: int
    units: Matrix
    exposure: Matrix
    counted: NDArray[np.bool_]
    price: Matrix
    list_price: Matrix
    display: Matrix
    mailer: Matrix
    is_listed: Matrix
    event: Codes
    events: tuple[str, ...]
    has_plan: bool
    has_promotions: bool


def cube(panel: pd.DataFrame, cutoff: Cutoff, stretch: int = 0) -> Cube:
    """The matrices of a panel as of `cutoff`, with at least `stretch` weeks after it.

    Where the panel has no plan, later weeks repeat what was listed last and know neither prices nor promotions.
    Raises DataError where the panel is empty, its weeks do not meet the cutoff, or it knows units after it.
    """
    _refuse(panel, cutoff)
    at = panel["week"].to_numpy().astype("datetime64[us]").astype(np.int64)
    nth = (at - microseconds(cutoff.at)) // WEEK_MICROSECONDS
    first, after = int(nth.min()), max(int(nth.max()) + 1, stretch, 0)
    store, sku = (panel[name].astype("category") for name in ("store_id", "sku"))
    key = store.cat.codes.to_numpy().astype(np.int64) * len(sku.cat.categories) + sku.cat.codes.to_numpy()
    found, row = np.unique(key, return_inverse=True)
    shape, where = (len(found), after - first), (row, nth - first)
    store_codes, sku_codes = np.divmod(found, max(len(sku.cat.categories), 1))
    listed = _filled(shape, where, panel["is_listed"], 0.0)
    _carry(listed, -first, planned=bool((nth >= 0).any()))
    exposure, counted = _exposure(panel, shape, where, listed, known=-first)
    event = panel["event"].astype("category")
    codes = np.full(shape, -1, np.int32)
    codes[where] = event.cat.codes.to_numpy()
    names = ("price", "list_price", "display", "mailer")
    offers = {name: _filled(shape, where, panel[name], np.nan if "price" in name else 0.0) for name in names}
    reach = stretch or after
    has_plan = 0 < reach <= int(nth.max()) + 1
    return Cube(
        pairs=pd.DataFrame(
            {
                "store_id": pd.Categorical.from_codes(store_codes, categories=store.cat.categories),
                "sku": pd.Categorical.from_codes(sku_codes, categories=sku.cat.categories),
            }
        ),
        store=store_codes.astype(np.int32),
        sku=sku_codes.astype(np.int32),
        weeks=np.datetime64(cutoff.at, "us") + np.arange(first, after) * np.timedelta64(7, "D"),
        known=-first,
        units=_filled(shape, where, panel["units"].fillna(0), 0.0),
        exposure=exposure,
        counted=counted,
        is_listed=listed,
        event=codes,
        events=tuple(str(name) for name in event.cat.categories),
        has_plan=has_plan,
        has_promotions=has_plan and not _is_silent(offers["display"] + offers["mailer"], -first, reach),
        **offers,
    )


def _refuse(panel: pd.DataFrame, cutoff: Cutoff) -> None:
    if panel.empty:
        raise DataError("panel: no rows. Next: choose a category, stores and a cutoff with sales before it.")
    at = panel["week"].to_numpy().astype("datetime64[us]")
    from_cutoff = at - np.datetime64(cutoff.at, "us")
    off = from_cutoff % np.timedelta64(WEEK) != np.timedelta64(0)
    if off.any():
        message = f"panel.week: {int(off.sum()):,} weeks do not begin a whole number of weeks from {cutoff}, such as "
        raise DataError(message + f"{at[off][0]}. Next: make the panel as of the same cutoff.")
    late = (from_cutoff >= np.timedelta64(0)) & panel["units"].notna().to_numpy()
    if late.any():
        message = f"panel.units: {int(late.sum()):,} rows know what was sold at or after {cutoff}. "
        raise DataError(message + "Next: make the panel as of that cutoff; a later one has seen too much.")
    if not (from_cutoff < np.timedelta64(0)).any():
        raise DataError(f"panel.week: no week before {cutoff}. Next: choose a cutoff with sales before it.")


def _filled(
    shape: tuple[int, int], where: tuple[NDArray[np.int64], NDArray[np.int64]], values: pd.Series, empty: float
) -> Matrix:
    matrix = np.full(shape, empty, np.float32)
    matrix[where] = values.to_numpy(dtype=np.float32, na_value=np.nan)
    return matrix


def _carry(listed: Matrix, known: int, *, planned: bool) -> None:
    """Weeks without a plan are listed as the last known one was."""
    if not planned and known > 0:
        listed[:, known:] = listed[:, known - 1 : known]


def _is_silent(promoted: Matrix, known: int, reach: int) -> bool:
    """Whether some week to come is without any promotion, while none of the last known ones was."""
    is_any = np.asarray((promoted > 0).any(axis=0))
    late = is_any[max(known - PROMOTED_WEEKS, 0) : known]
    return bool(late.all() and not is_any[known : known + reach].all())


def _exposure(
    panel: pd.DataFrame,
    shape: tuple[int, int],
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    listed: Matrix,
    known: int,
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Availability where it was counted, else 1 where listed; a sale on an empty shelf says that the count was off."""
    share = _filled(shape, where, panel["available_share"], np.nan)
    sold = _filled(shape, where, panel["units"].fillna(0), 0.0) > 0
    share[(share <= 0) & sold] = np.nan
    counted = ~np.isnan(share)
    exposure = np.where(counted, share, 1.0) * listed
    exposure[:, known:] = 0
    return exposure.astype(np.float32), counted
