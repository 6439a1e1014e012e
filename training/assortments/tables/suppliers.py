"""The suppliers screen: how lists and orders came about, what the order costs alone and pooled, and what to ask for."""

import numpy as np
import pandas as pd

from training.assortments.optimiser.problem import Floats
from training.assortments.optimiser.value import units
from training.assortments.stages.plan import Bought, Planned
from training.assortments.stages.scope import CENTS, Scope
from training.assortments.stages.terms import Terms
from training.assortments.supply.alternate import Turn, left_over_value
from training.assortments.supply.asks import asks, supplier_table
from training.assortments.supply.problem import OrderProblem
from training.assortments.supply.split import Split
from training.assortments.tables.part import Part, without

TYPICAL = "lists that most stores share today"
SEARCHED = "improved SKU by SKU"
NAMES = ("turns", "suppliers", "parties", "orders")


def tables(made: Planned, scope: Scope, terms: Terms | None, sold_now: Floats) -> Part:
    """The four tables, with `sold_now` (C, n) units; where there are no terms, or none that can be met, why."""
    if made.bought is None or terms is None:
        return without(made.why, *NAMES)
    bought = made.bought
    return Part(
        {
            "turns": _turns(bought, sold_now),
            "suppliers": _suppliers(bought, terms),
            "parties": _parties(bought.split),
            "orders": _orders(bought, scope),
        }
    )


def main_suppliers(bought: Bought, otherwise: pd.Series, skus: tuple[str, ...]) -> list[object]:
    """By SKU, whoever delivers most of it; of what is not bought, who is known to."""
    problem, ordered = bought.split.pooled.problem, bought.split.pooled.units.sum(axis=0)
    main = {
        sku: problem.suppliers[int(np.argmax(ordered[:, nth]))]
        for nth, sku in enumerate(problem.skus)
        if ordered[:, nth].any()
    }
    return [main.get(sku, known) for sku, known in zip(skus, otherwise, strict=True)]


def _turns(bought: Bought, sold_now: Floats) -> pd.DataFrame:
    """What stores sell today, each turn, and the shared lists where they are taken; the bound stands beside."""
    named = [(f"turn {nth}", turn) for nth, turn in enumerate(bought.found.turns, start=1)]
    if bought.searched is not bought.found.best:
        named.append((SEARCHED, bought.searched))
    if bought.is_typical:
        named.append((TYPICAL, bought.typical))
    proposed = _turn(bought, "proposed", bought.turn) | {"note": _why_proposed(bought)}
    return pd.DataFrame([_today(bought, sold_now), *(_turn(bought, name, turn) for name, turn in named), proposed])


def _today(bought: Bought, sold_now: Floats) -> dict[str, object]:
    """At the costs that are recorded; `shelf` is at them."""
    joined = bought.joined
    margin, profit = ((sold_now * each).sum() for each in (joined.margin_cents, joined.shelf.unit_profit_cents))
    return {
        "turn": "today's lists, store by store",
        "listings": int((sold_now > 0).sum()),
        "margin_cents": round(float(margin)),
        "order_cents": round(float(margin - profit)),
        "left_over_units": 0.0,
        "left_over_cents": 0,
        "profit_cents": round(float(profit)),
        "bound_cents": int(np.ceil(bought.found.bound_cents)),
        "note": "At the first tier's costs, as if minimum orders and whole packs cost nothing.",
    }


def _why_proposed(bought: Bought) -> str:
    if bought.is_typical:
        lists = TYPICAL
    elif bought.searched is bought.found.best:
        lists = f"lists of turn {bought.found.turns.index(bought.found.best) + 1}"
    else:
        lists = f"lists {SEARCHED}"
    return f"The {lists}: they earn most. Their order was sought once more for who pays what."


def _turn(bought: Bought, name: str, turn: Turn) -> dict[str, object]:
    joined = bought.joined
    sold = units(joined.shelf, turn.listed)
    over = turn.order.units.sum() - turn.order.problem.demand_units.sum()
    return {
        "turn": name,
        "listings": int(turn.listed.sum()),
        "margin_cents": round(float((sold * joined.margin_cents).sum())),
        "order_cents": _cents(turn.order.total),
        "left_over_units": float(max(over, 0.0)),
        "left_over_cents": _cents(left_over_value(joined, turn.order).sum()),
        "profit_cents": round(turn.profit_cents),
        "bound_cents": int(np.ceil(bought.found.bound_cents)),
        "note": None,
    }


def _suppliers(bought: Bought, terms: Terms) -> pd.DataFrame:
    """A row a supplier that is bought from: its accounts together."""
    found, names, notes = bought.split, terms.names, terms.notes
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
            "name": names.get(str(supplier), str(supplier)),
            "skus": int((plan.units[:, at].sum(axis=(0, 1)) > 0).sum()),
            "spend_cents": _cents(mine["spend"].sum()),
            "tier": max(int(mine["tier"].max()) - 1, _unit_tier(problem, plan.units, at)),
            "discount_percent": 100 * _discount(plan.problem, plan.units, at, float(mine["spend"].sum())),
            "next_tier_cents": _cents(mine["distance"].min()) if mine["distance"].notna().any() else None,
            "next_saving_cents": _cents(worth) if worth else None,
            "minimum_short_units": float(mine["units above need"].sum()),
            "alone_cents": _cents(mine["cost alone"].sum()),
            "pooled_cents": _cents(mine["cost together"].sum()),
            "ask": text.replace(f"Ask {supplier} ", f"Ask {names.get(str(supplier), supplier)} ", 1)
            or _otherwise(float(mine["units above need"].sum()), notes),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _otherwise(beyond_units: float, notes: tuple[str, ...]) -> str:
    """What to ask where neither a tier nor a minimum is worth it."""
    if beyond_units >= 1:
        return f"Smaller packs: {beyond_units:,.0f} units are ordered only because packs are whole."
    return notes[0] if notes else "Nothing: neither a tier nor a minimum order costs anything here."


def _unit_tier(problem: OrderProblem, ordered: np.ndarray, at: list[int]) -> int:
    """The highest tier by units that one of its SKUs reaches; 0 is the first."""
    units_ = ordered[:, at].sum(axis=0)[:, :, None]
    reached = (units_ > 0) & (units_ >= problem.unit_from[at]) & np.isfinite(problem.unit_cost[at])
    return int(np.max(np.where(reached, np.arange(reached.shape[2]), 0), initial=0))


def _discount(problem: OrderProblem, ordered: np.ndarray, at: list[int], spend: float) -> float:
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


def _orders(bought: Bought, scope: Scope) -> pd.DataFrame:
    problem, plan = bought.split.pooled.problem, bought.split.pooled
    title = dict(zip(scope.catalogue["sku"], scope.catalogue["name"].fillna(scope.catalogue["sku"]), strict=True))
    amounts = plan.line_amounts
    rows = []
    for party, account, sku in np.argwhere(plan.units > 0).tolist():
        ordered, least = float(plan.units[party, account, sku]), float(problem.least_units[account, sku])
        rows.append({
            "party": problem.retailers[party],
            "supplier": problem.suppliers[account],
            "sku": problem.skus[sku],
            "name": title.get(problem.skus[sku], problem.skus[sku]),
            "units": ordered,
            "cost_cents": _cents(amounts[party, account, sku]),
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
