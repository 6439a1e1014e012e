"""The supply problem of some SKUs from the contract tables `suppliers` and `supplier_terms`.

Terms there are tiers by units of a SKU, for a buying group or for everybody. A supplier's terms for a group are an
account that this group owns; the other may join its orders unless the supplier is named in `apart`. Spend tiers are no
part of the contract: a buyer may bring them as a table of supplier, from_spend and discount.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.errors import DataError
from features.past import Past
from training.assortments.supply.problem import EVERYBODY, MOST_RETAILERS, Floats, OrderProblem, check


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be bought, and what the tables do not say.

    demand        a row per buying_group and sku: units; optionally safety, a factor (1 where it is missing)
    never_pooled  SKUs whose minimums and tiers each group has to reach by itself
    apart         suppliers that take no orders of two groups together
    spend_tiers   a row per supplier and tier: from_spend, discount (a share)
    most_share    supplier -> the most that it may deliver, as a share of all units
    freight       a row per buying_group and supplier: cost of a unit; none where it is missing
    order_part    supplier -> which part of its orders this demand is, 0 to 1: so much of the minimum, the fixed cost
                  and the capacity of whole orders it bears; 1 where it is missing
    """

    demand: pd.DataFrame
    never_pooled: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    spend_tiers: pd.DataFrame | None = None
    most_share: dict[str, float] | None = None
    freight: pd.DataFrame | None = None
    order_part: Mapping[str, float] | None = None


def from_tables(past: Past, wishes: Wishes) -> tuple[OrderProblem, tuple[str, ...]]:
    """The problem, and notes on what had to be left out: SKUs that nobody supplies to a group that needs them.

    Raises DataError without any terms for the SKUs that are needed, for more than two groups, or for demand that
    lacks a column; and as `problem.check` does.
    """
    demand = _demand(wishes)
    groups = tuple(sorted(demand["buying_group"].unique()))
    if len(groups) > MOST_RETAILERS:
        raise DataError(f"demand names {len(groups)} buying groups; supply is solved for one or two of them.")
    skus = sorted(demand["sku"].unique())
    terms, suppliers = _read(past, skus)
    accounts = _accounts(terms, suppliers, groups, wishes)
    if accounts.empty:
        raise DataError(
            f"supplier_terms: there are no terms for any of the {len(skus)} SKUs that are needed, such as {skus[0]}. "
            "Next: bring the table supplier_terms; without it costs come from skus.unit_cost and nothing is pooled."
        )
    left_out = _unsupplied(demand, terms, accounts)
    kept = demand[~demand["sku"].isin(left_out)]
    if kept.empty:
        raise DataError("supplier_terms: none of the SKUs that are needed is supplied to the group that needs it.")
    notes: tuple[str, ...] = ()
    if left_out:
        notes = (f"{len(left_out)} SKUs are left out, as nobody supplies them to a group in need: {_some(left_out)}.",)
    return check(_problem(kept, groups, terms, accounts, wishes)), notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _demand(wishes: Wishes) -> pd.DataFrame:
    lacking = {"buying_group", "sku", "units"} - set(wishes.demand.columns)
    if lacking or wishes.demand.empty:
        what = f"lacks the column {min(lacking)}" if lacking else "has no rows"
        raise DataError(f"demand {what}. Next: a row per buying_group and sku, with units.")
    table = wishes.demand.assign(sku=wishes.demand["sku"].astype(str))
    return table if "safety" in table else table.assign(safety=1.0)


def _read(past: Past, skus: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Terms of these SKUs, tiers in order, and suppliers; rows of several parties are one where they say the same."""
    with past.session() as connection:
        terms = connection.execute(
            """
            SELECT DISTINCT supplier, coalesce(buying_group, '') AS buying_group, CAST(sku AS VARCHAR) AS sku,
                tier_units, CAST(unit_cost AS DOUBLE) AS unit_cost, min_order_units, pack_units,
                CAST(fixed_cost AS DOUBLE) AS fixed_cost, capacity
            FROM supplier_terms WHERE list_contains($skus, CAST(sku AS VARCHAR))
            ORDER BY ALL
            """,
            {"skus": list(skus)},
        ).df()
        suppliers = connection.execute("""
            SELECT supplier, coalesce(buying_group, '') AS buying_group, max(min_order_units) AS min_order_units,
                max(CAST(fixed_cost AS DOUBLE)) AS fixed_cost, min(capacity) AS capacity
            FROM suppliers GROUP BY ALL ORDER BY ALL
        """).df()
    once = terms.drop_duplicates(["supplier", "buying_group", "sku", "tier_units"], keep="first")
    return once.reset_index(drop=True), suppliers


def _accounts(terms: pd.DataFrame, suppliers: pd.DataFrame, groups: tuple[str, ...], wishes: Wishes) -> pd.DataFrame:
    """A row per account: supplier, terms (whose rows hold), owner, is_pooled, and what holds for whole orders.

    A supplier in `apart` with terms for everybody is an account for each group.
    """
    rows = []
    for supplier, terms_of in terms[["supplier", "buying_group"]].drop_duplicates().itertuples(index=False):
        if terms_of and terms_of not in groups:
            continue
        is_apart = supplier in wishes.apart
        owners = [groups.index(terms_of)] if terms_of else list(range(len(groups))) if is_apart else [EVERYBODY]
        rows += [
            {"supplier": supplier, "buying_group": terms_of, "owner": owner, "is_pooled": not is_apart}
            for owner in owners
        ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    exact = table.merge(suppliers, on=["supplier", "buying_group"], how="left")
    of_all = table[["supplier"]].merge(suppliers[suppliers["buying_group"] == ""], on="supplier", how="left")
    for column in ("min_order_units", "fixed_cost", "capacity"):
        part = exact["supplier"].map(wishes.order_part or {}).astype(float).fillna(1.0)
        exact[column] = exact[column].fillna(of_all[column]) * part
    return exact


def _unsupplied(demand: pd.DataFrame, terms: pd.DataFrame, accounts: pd.DataFrame) -> list[str]:
    groups = sorted(demand["buying_group"].unique())
    offered = terms.merge(accounts[["supplier", "buying_group", "owner", "is_pooled"]], on=["supplier", "buying_group"])
    lacking: set[str] = set()
    for nth, group in enumerate(groups):
        open_to = offered[(offered["owner"] == nth) | (offered["owner"] == EVERYBODY) | offered["is_pooled"]]
        needed = demand.loc[(demand["buying_group"] == group) & (demand["units"] > 0), "sku"]
        lacking |= set(needed) - set(open_to["sku"])
    return sorted(lacking)


def _problem(
    demand: pd.DataFrame, groups: tuple[str, ...], terms: pd.DataFrame, accounts: pd.DataFrame, wishes: Wishes
) -> OrderProblem:
    skus = tuple(sorted(demand["sku"].unique()))
    place = {sku: nth for nth, sku in enumerate(skus)}
    tiers = int(terms.groupby(["supplier", "buying_group", "sku"]).size().max())
    shape = (len(accounts), len(skus))
    unit_from, unit_cost = np.full((*shape, tiers), np.inf), np.full((*shape, tiers), np.nan)
    least, pack, line = np.zeros(shape), np.ones(shape), np.zeros(shape)
    most = np.full(shape, np.inf)
    by_account = dict(tuple(terms[terms["sku"].isin(place)].groupby(["supplier", "buying_group"])))
    for nth, account in enumerate(accounts.itertuples(index=False)):
        for sku, rows in by_account[account.supplier, account.buying_group].groupby("sku"):
            at = place[str(sku)]
            starts = rows["tier_units"].to_numpy(dtype=float)
            unit_from[nth, at, : len(rows)] = [0.0, *starts[1:]]
            unit_cost[nth, at, : len(rows)] = rows["unit_cost"].to_numpy(dtype=float)
            # a first tier that begins above 0 is a minimum order
            least[nth, at] = max(float(rows["min_order_units"].fillna(0.0).max()), starts[0])
            pack[nth, at] = _first(rows["pack_units"], 1.0)
            line[nth, at] = _first(rows["fixed_cost"], 0.0)
            most[nth, at] = _first(rows["capacity"], np.inf)
    spend_from, discount = _spend_tiers(accounts, wishes.spend_tiers)
    owners = ["all" if owner == EVERYBODY else groups[owner] for owner in accounts["owner"].astype(int).tolist()]
    names = [f"{supplier}/{owner}" for supplier, owner in zip(accounts["supplier"], owners, strict=True)]
    share = wishes.most_share or {}
    return OrderProblem(
        retailers=groups,
        skus=skus,
        accounts=tuple(names),
        suppliers=tuple(accounts["supplier"]),
        demand_units=_by_group(demand, groups, skus, "units", 0.0),
        safety=_by_group(demand, groups, skus, "safety", 1.0),
        owner=accounts["owner"].to_numpy(dtype=np.int64),
        is_pooled=accounts["is_pooled"].to_numpy(dtype=bool),
        never_pooled=np.array([sku in wishes.never_pooled for sku in skus], dtype=bool),
        unit_from=unit_from,
        unit_cost=unit_cost,
        spend_from=spend_from,
        discount=discount,
        least_units=least,
        most_units=most,
        pack_units=pack,
        line_cost=line,
        account_least_units=accounts["min_order_units"].fillna(0.0).to_numpy(dtype=float),
        capacity_units=accounts["capacity"].fillna(np.inf).to_numpy(dtype=float),
        most_share=np.array([share.get(supplier, 1.0) for supplier in accounts["supplier"]], dtype=float),
        fixed_cost=accounts["fixed_cost"].fillna(0.0).to_numpy(dtype=float),
        freight=_freight(accounts, groups, wishes.freight),
    )


def _first(values: pd.Series, otherwise: float) -> float:
    known = values.dropna()
    return float(known.iloc[0]) if len(known) else otherwise


def _by_group(
    demand: pd.DataFrame, groups: tuple[str, ...], skus: tuple[str, ...], column: str, empty: float
) -> Floats:
    found = np.full((len(groups), len(skus)), np.nan)
    by_key = demand.groupby(["buying_group", "sku"], as_index=False)[column]
    table = by_key.sum() if column == "units" else by_key.max()
    group, sku = (pd.Index(names).get_indexer(table[key]) for names, key in ((groups, "buying_group"), (skus, "sku")))
    found[group, sku] = table[column].to_numpy(dtype=float)
    return np.where(np.isnan(found), empty, found)


def _spend_tiers(accounts: pd.DataFrame, tiers: pd.DataFrame | None) -> tuple[Floats, Floats]:
    """(A, T) starts and discounts; a supplier without tiers has one, of no discount. A first tier at 0 is added."""
    found = (
        {str(of): rows.sort_values("from_spend") for of, rows in tiers.groupby("supplier")} if tiers is not None else {}
    )
    count = 1 + max((len(rows) for rows in found.values()), default=0)
    starts, discount = np.full((len(accounts), count), np.inf), np.zeros((len(accounts), count))
    starts[:, 0] = 0.0
    for nth, supplier in enumerate(accounts["supplier"]):
        rows = found.get(supplier)
        if rows is None:
            continue
        discount[nth, 1:] = rows["discount"].max()
        starts[nth, 1 : len(rows) + 1] = rows["from_spend"].to_numpy(dtype=float)
        discount[nth, 1 : len(rows) + 1] = rows["discount"].to_numpy(dtype=float)
    return starts, discount


def _freight(accounts: pd.DataFrame, groups: tuple[str, ...], freight: pd.DataFrame | None) -> Floats:
    found = np.zeros((len(groups), len(accounts)))
    if freight is None:
        return found
    keys = zip(freight["buying_group"], freight["supplier"], strict=True)
    costs = dict(zip(keys, freight["cost"].to_numpy(dtype=float).tolist(), strict=True))
    for retailer, group in enumerate(groups):
        for nth, supplier in enumerate(accounts["supplier"]):
            found[retailer, nth] = costs.get((group, supplier), 0.0)
    return found
