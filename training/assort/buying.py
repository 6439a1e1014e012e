"""The suppliers screen: what the planned demand costs to buy, alone and pooled, and what to ask for next."""

import numpy as np
import pandas as pd

from features.errors import DataError, UserError
from features.warehouse import Warehouse
from training.assort.outcome import Outcome
from training.assort.part import Part, without
from training.assort.scope import CENTS, Scope
from training.assortment.value import units
from training.supply.asks import asks, supplier_table
from training.supply.from_tables import Wishes, from_tables
from training.supply.problem import Problem as Supply
from training.supply.split import Split, split

NAMES = ("suppliers", "parties", "orders")
SECONDS = 30.0
GROUPS = 2
"""Buying groups that are pooled at most; stores are split evenly where nothing says which group buys for them."""


def tables(warehouse: Warehouse, scope: Scope, out: Outcome, groups: tuple[str, ...]) -> Part:
    """The three tables; where there are no terms, or none that can be met, why. `groups`: those that terms name."""
    sold = units(out.problem, out.proposed).sum(axis=0)
    names = groups[:GROUPS] or ("all",)
    demand = pd.DataFrame(
        [
            {"buying_group": name, "sku": sku, "units": float(amount) / len(names)}
            for name in names
            for sku, amount in zip(out.problem.skus, sold, strict=True)
            if amount > 0
        ]
    )
    try:
        problem, notes = from_tables(warehouse, Wishes(demand))
        found = split(problem, SECONDS)
    except (DataError, UserError) as error:
        return without(str(error), *NAMES)
    made = {
        "suppliers": _suppliers(found, notes),
        "parties": _parties(found),
        "orders": _orders(found, scope),
    }
    return Part(made)


def _suppliers(found: Split, notes: tuple[str, ...]) -> pd.DataFrame:
    """A row a supplier that is bought from: its accounts together."""
    accounts = supplier_table(found)
    accounts = accounts[accounts["spend"] > 0]
    problem, plan = found.pooled.problem, found.pooled
    asked: dict[str, tuple[float, str]] = {}
    for each in asks(plan):
        if each.worth > asked.get(each.supplier, (0.0, ""))[0]:
            asked[each.supplier] = (each.worth, each.text)
    rows = []
    for supplier, mine in accounts.groupby("supplier", sort=True):
        at = [problem.accounts.index(name) for name in mine["account"]]
        worth, text = asked.get(str(supplier), (0.0, ""))
        rows.append({
            "supplier": supplier,
            "name": supplier,
            "skus": int((plan.units[:, at].sum(axis=(0, 1)) > 0).sum()),
            "spend_cents": _cents(mine["spend"].sum()),
            "tier": int(mine["tier"].max()) - 1,
            "discount_percent": 100 * _discount(plan.problem, plan.units, at, float(mine["spend"].sum())),
            "next_tier_cents": _cents(mine["distance"].min()) if mine["distance"].notna().any() else None,
            "next_saving_cents": _cents(worth) if worth else None,
            "minimum_short_units": float(mine["units above need"].sum()),
            "alone_cents": _cents(mine["cost alone"].sum()),
            "pooled_cents": _cents(mine["cost together"].sum()),
            "ask": text or (notes[0] if notes else "Nothing: neither a tier nor a minimum order costs anything here."),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _discount(problem: Supply, ordered: np.ndarray, at: list[int], spend: float) -> float:
    """What unit tiers take off the first tier's cost, as a share."""
    first = np.nan_to_num(problem.unit_cost[at, :, 0]) * ordered[:, at].sum(axis=0)
    full = float(first.sum())
    return max(1 - spend / full, 0.0) if full > 0 else 0.0


def _parties(found: Split) -> pd.DataFrame:
    names = found.pooled.problem.retailers
    return pd.DataFrame(
        [
            {
                "party": name,
                "alone_cents": _cents(alone.total),
                "pooled_cents": _cents(pays),
                "saving_cents": _cents(alone.total) - _cents(pays),
            }
            for name, alone, pays in zip(names, found.alone, found.pays, strict=True)
        ]
    )


def _orders(found: Split, scope: Scope) -> pd.DataFrame:
    problem, plan = found.pooled.problem, found.pooled
    title = dict(zip(scope.catalogue["sku"], scope.catalogue["name"].fillna(scope.catalogue["sku"]), strict=True))
    cost = plan.unit_cost
    rows = []
    for party, account, sku in np.argwhere(plan.units > 0).tolist():
        ordered, least = float(plan.units[party, account, sku]), float(problem.least_units[account, sku])
        rows.append({
            "party": problem.retailers[party],
            "supplier": problem.suppliers[account],
            "sku": problem.skus[sku],
            "name": title.get(problem.skus[sku], problem.skus[sku]),
            "units": ordered,
            "cost_cents": _cents(ordered * float(np.nan_to_num(cost[party, sku]))),
            "pack_units": float(problem.pack_units[account, sku]),
            "minimum_units": least,
            "short_units": max(least - float(problem.needed_units[:, sku].sum()), 0.0),
        })  # fmt: skip
    # a supplier may have an account for each buying group
    key = ["party", "supplier", "sku", "name"]
    summed = pd.DataFrame(rows).groupby(key, as_index=False, sort=True)
    return summed.agg({"units": "sum", "cost_cents": "sum", "pack_units": "max", "minimum_units": "max",
                       "short_units": "max"})  # fmt: skip


def _cents(amount: float) -> int:
    return round(float(amount) * CENTS)
