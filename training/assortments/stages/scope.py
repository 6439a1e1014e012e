"""What a run plans: the SKUs of a category that matter, the stores that sell them, and what is known of both."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from features.engine import Session
from features.errors import DataError
from features.panel.panel import panel
from features.past import Past
from features.sql import instant, literal
from serving.buyers.request import AssortmentRequest

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_SKUS = 120
"""The SKUs that sell most; the tail sells too little for its choices to be told apart."""
RECENT_WEEKS = 13
"""A SKU that sold nothing for a quarter is not planned: it has gone."""
ASSUMED_COST_SHARE = 0.75
"""Of the price: what a unit costs where neither supplier terms nor SKUs say so."""
CENTS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """n SKUs and S stores.

    catalogue  (n rows) sku, name, brand, subcategory, width_cm, depth_cm, price_cents, unit_cost_cents, supplier,
               is_cost_assumed, pack_units; NaN or empty where not known
    shops      (S rows) store_id, name, lat, lon, party, buying_group (None where nothing says which one buys for it),
               space_cm (NaN where not known)
    panel      rows of these SKUs and stores (see features.panel.panel), with a plan for the horizon
    listed     (S, n) carried at the cutoff
    facings    (S, n) now; 0 where not carried, 1 where nobody says
    groups     buying groups that supplier terms name
    left_out   share of the category's recent units that SKUs beyond MOST_SKUS sold
    counted    whether stock was counted
    """

    category: str
    cutoff: Cutoff
    catalogue: pd.DataFrame
    shops: pd.DataFrame
    panel: pd.DataFrame
    listed: Flags
    facings: NDArray[np.int64]
    groups: tuple[str, ...]
    left_out: float
    counted: bool

    @property
    def skus(self) -> tuple[str, ...]:
        return tuple(self.catalogue["sku"])

    @property
    def stores(self) -> tuple[str, ...]:
        return tuple(self.shops["store_id"])


def scope(past: Past, request: AssortmentRequest) -> Scope:
    """Everything that the stages need of the past.

    Raises DataError where the category is not known, none of the stores sells it, or it has one SKU only.
    """
    cutoff = past.cutoff
    with past.session() as connection:
        stores = _stores(connection, request)
        rows = panel(past, category=request.category, stores=stores, plan_weeks=request.horizon_weeks)
        kept, left_out = _kept(rows, cutoff)
        rows = _only(rows, kept)
        shops = _shops(connection, tuple(rows["store_id"].cat.categories))
        catalogue = _catalogue(connection, rows, cutoff)
        listed, facings = _carried(connection, rows, cutoff, (tuple(shops["store_id"]), kept))
        groups, by_party = _groups(connection)
    counted = bool(rows["available_share"].notna().any())
    buys_for = pd.Series(_buys_for(shops, groups, by_party), shops.index, dtype=object)
    shops = shops.assign(space_cm=_space(facings, catalogue), buying_group=buys_for)
    return Scope(request.category, cutoff, catalogue, shops, rows, listed, facings, groups, left_out, counted)


def _stores(connection: Session, request: AssortmentRequest) -> list[str] | None:
    """The stores asked for; None for every one. Raises DataError where one is not known, or none is of the party."""
    known = {store for (store,) in connection.execute("SELECT store_id FROM stores").fetchall()}
    unknown = [store for store in request.stores if store not in known]
    if unknown:
        raise DataError(
            f"stores: {len(unknown)} of {len(request.stores)} are not known, such as {unknown[0]!r}. "
            "Next: name stores as they stand in the table stores."
        )
    if request.party is None:
        return request.stores or None
    found = connection.execute(
        f"SELECT DISTINCT store_id FROM purchases WHERE party = {literal(request.party)} AND store_id IS NOT NULL"
    ).fetchall()
    of_party = {store for (store,) in found} & (set(request.stores) or known)
    if not of_party:
        raise DataError(f"purchases: no store of the party {request.party!r} sold anything. Next: name another party.")
    return sorted(of_party)


def _kept(rows: pd.DataFrame, cutoff: Cutoff) -> tuple[tuple[str, ...], float]:
    """The SKUs to plan, sorted, and the share of recent units that the others sold. Raises DataError for one SKU."""
    recent = rows[rows["week"] >= cutoff.minus_days(7 * RECENT_WEEKS).at]
    sold = recent[recent["week"] < cutoff.at].groupby("sku", observed=True)["units"].sum()
    sold = sold[sold > 0].sort_index().sort_values(ascending=False, kind="stable")
    if len(sold) < 2:
        raise DataError(
            f"purchases: {len(sold)} SKUs of the category were sold in the {RECENT_WEEKS} weeks before {cutoff}. An "
            "assortment is a choice between two at least. Next: choose a wider category or a later cutoff."
        )
    kept = tuple(sorted(str(sku) for sku in sold.index[:MOST_SKUS]))
    return kept, float(1 - sold.iloc[:MOST_SKUS].sum() / sold.sum())


def _only(rows: pd.DataFrame, kept: tuple[str, ...]) -> pd.DataFrame:
    part = rows[rows["sku"].isin(kept)].reset_index(drop=True)
    for name in ("store_id", "sku"):
        part[name] = part[name].cat.remove_unused_categories()
    return part


def _shops(connection: Session, stores: tuple[str, ...]) -> pd.DataFrame:
    described = connection.execute(
        """SELECT store_id, coalesce(name, store_id) AS name, lat, lon, party, store_group
        FROM stores LEFT JOIN (SELECT store_id, min(party) AS party FROM purchases GROUP BY ALL)
            USING (store_id)"""
    ).df()
    return described.set_index("store_id").reindex(list(stores)).rename_axis("store_id").reset_index()


def _groups(connection: Session) -> tuple[tuple[str, ...], dict[str, str]]:
    """Buying groups that terms name; and of parties whose terms name only one, that one."""
    named = connection.execute(
        "SELECT DISTINCT party, buying_group FROM supplier_terms WHERE buying_group IS NOT NULL ORDER BY ALL"
    ).fetchall()
    parties = [party for party, _ in named]
    groups = tuple(sorted({str(group) for _, group in named}))
    return groups, {str(party): str(group) for party, group in named if parties.count(party) == 1}


def _buys_for(shops: pd.DataFrame, groups: tuple[str, ...], by_party: dict[str, str]) -> list[str | None]:
    """The buying group of each store: its store group or its party where terms name a group so; else its party's."""
    found: list[str | None] = []
    for store_group, party in zip(shops["store_group"], shops["party"], strict=True):
        named = [name for name in (store_group, party) if name in groups]
        found.append(str(named[0]) if named else by_party.get(str(party)))
    return found


def _catalogue(connection: Session, rows: pd.DataFrame, cutoff: Cutoff) -> pd.DataFrame:
    skus = list(rows["sku"].cat.categories)
    described = connection.execute(
        "SELECT sku, name, brand, subcategory, pack, width_cm, depth_cm, CAST(unit_cost AS DOUBLE) AS unit_cost "
        "FROM skus"
    ).df()
    table = described.set_index("sku").reindex(skus).rename_axis("sku").reset_index()
    recent = rows[(rows["week"] < cutoff.at) & (rows["week"] >= cutoff.minus_days(7 * RECENT_WEEKS).at)]
    paid = recent.assign(spent=recent["price"] * recent["units"])
    sums = paid[paid["price"].notna()].groupby("sku", observed=True)[["spent", "units"]].sum().reindex(skus)
    shelf = recent.groupby("sku", observed=True)["price"].mean().reindex(skus)
    price = (sums["spent"] / sums["units"].where(sums["units"] > 0)).fillna(shelf).to_numpy(dtype=float)
    terms = _terms(connection).reindex(skus)
    cost = terms["unit_cost"].fillna(table.set_index("sku")["unit_cost"]).to_numpy(dtype=float)
    assumed = np.isnan(cost)
    return table.assign(
        price_cents=np.round(price * CENTS),
        unit_cost_cents=np.round(np.where(assumed, ASSUMED_COST_SHARE * price, cost) * CENTS),
        is_cost_assumed=assumed,
        supplier=terms["supplier"].to_numpy(),
        pack_units=terms["pack_units"].to_numpy(dtype=float),
    )


def _terms(connection: Session) -> pd.DataFrame:
    """The cheapest first tier of each SKU: what it costs before anything is negotiated."""
    return (
        connection.execute(
            """SELECT sku, CAST(min(unit_cost) AS DOUBLE) AS unit_cost,
                arg_min(supplier, (unit_cost, supplier)) AS supplier,
            CAST(arg_min(pack_units, (unit_cost, supplier)) AS DOUBLE) AS pack_units
        FROM supplier_terms WHERE coalesce(tier_units, 0) = 0 GROUP BY sku"""
        )
        .df()
        .set_index("sku")
    )


def _carried(
    connection: Session,
    rows: pd.DataFrame,
    cutoff: Cutoff,
    of: tuple[tuple[str, ...], tuple[str, ...]],
) -> tuple[Flags, NDArray[np.int64]]:
    """(S, n) listed in the last week before the cutoff, and facings as listings have them."""
    stores, skus = of
    last = rows[rows["week"] < cutoff.at]
    last = last[last["week"] == last["week"].max()]
    listed = np.zeros((len(stores), len(skus)), dtype=bool)
    listed[last["store_id"].cat.codes, last["sku"].cat.codes] = last["is_listed"]
    facings = listed.astype(np.int64)
    found = connection.execute(
        f"""SELECT store_id, sku, max(facings) AS facings FROM listings
        WHERE ("to" IS NULL OR "to" >= {instant(cutoff.at)}) AND facings IS NOT NULL GROUP BY ALL"""
    ).df()
    row, column = (
        pd.Index(stores).get_indexer(pd.Index(found["store_id"])),
        pd.Index(skus).get_indexer(pd.Index(found["sku"])),
    )
    here = (row >= 0) & (column >= 0)
    facings[row[here], column[here]] = found["facings"].to_numpy(dtype=np.int64)[here]
    return listed, np.where(listed, np.maximum(facings, 1), 0)


def _space(facings: NDArray[np.int64], catalogue: pd.DataFrame) -> Floats:
    """(S,) shelf that the category takes now: what it may take afterwards; NaN where a width is not known."""
    return np.asarray(facings @ catalogue["width_cm"].to_numpy(dtype=float), dtype=np.float64)
