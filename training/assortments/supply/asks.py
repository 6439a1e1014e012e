"""What to ask suppliers for: how near the next tier is, what minimum orders cost, what pooling is worth.

`worth` is what an ask would save on this order if it were granted and nothing else changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.assortments.supply.cost import line_spend, tier_reached
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import Floats, OrderProblem
from training.assortments.supply.split import Split

_SMALLEST = 0.005


@dataclass(frozen=True, slots=True)
class Ask:
    """kind: next tier, minimum order, or minimum of the supplier; sku is empty where it is about a whole order."""

    supplier: str
    account: str
    kind: str
    sku: str
    worth: float
    text: str


def supplier_table(found: Split) -> pd.DataFrame:
    """A row per account: spend, tier (from 1; 0 where unused), next tier and distance, excess, pooled against alone."""
    problem, plan = found.pooled.problem, found.pooled
    spend, tier = plan.cost.spend, plan.cost.tier
    upper = _next_tier(problem, spend)
    apart = sum((_paid_alone(problem, alone) for alone in found.alone), np.zeros(len(spend)))
    together = plan.cost.bought + plan.cost.fixed + plan.cost.freight
    return pd.DataFrame(
        {
            "supplier": problem.suppliers,
            "account": problem.accounts,
            "spend": spend,
            "tier": tier + 1,
            "discount": np.where(tier >= 0, problem.discount[np.arange(len(tier)), np.maximum(tier, 0)], 0.0),
            "next tier from": upper,
            "distance": np.where(np.isfinite(upper), np.maximum(upper - spend, 0), np.nan),
            "units above need": _excess(plan).sum(axis=1),
            "cost together": together,
            "cost alone": apart,
        }
    )


def _next_tier(problem: OrderProblem, spend: Floats) -> Floats:
    """(A,) spend from which the next tier holds, nan at the highest."""
    tier = tier_reached(problem, spend)
    last = problem.spend_from.shape[1] - 1
    following = problem.spend_from[np.arange(len(tier)), np.minimum(tier + 1, last)]
    return np.where((tier < last) & np.isfinite(following), following, np.nan)


def _paid_alone(problem: OrderProblem, alone: OrderPlan) -> Floats:
    """(A,) what one party pays by itself through each account of the pooled problem."""
    paid = dict(zip(alone.problem.accounts, alone.cost.bought + alone.cost.fixed + alone.cost.freight, strict=True))
    return np.array([float(paid.get(name, 0.0)) for name in problem.accounts])


def _excess(plan: OrderPlan) -> Floats:
    """(A, N) units that are ordered beyond need; charged to the accounts that order the SKU, by their units."""
    units = plan.units.sum(axis=0)
    total = units.sum(axis=0)
    over = np.maximum(total - plan.problem.needed_units.sum(axis=0), 0)
    return np.asarray(units * np.divide(over, total, out=np.zeros_like(total), where=total > 0))


def asks(plan: OrderPlan, most: int = 20) -> tuple[Ask, ...]:
    """What is worth asking for, the most valuable first."""
    found = [*_tier_asks(plan), *_minimum_asks(plan), *_supplier_minimum_asks(plan)]
    return tuple(sorted((ask for ask in found if ask.worth > _SMALLEST), key=lambda ask: (-ask.worth, ask.text))[:most])


def _tier_asks(plan: OrderPlan) -> Iterator[Ask]:
    problem, spend = plan.problem, plan.cost.spend
    upper = _next_tier(problem, spend)
    for account in np.flatnonzero((plan.cost.tier >= 0) & np.isfinite(upper)).tolist():
        tier = int(plan.cost.tier[account])
        gained = float(problem.discount[account, tier + 1] - problem.discount[account, tier])
        short, worth = float(upper[account] - spend[account]), gained * float(spend[account])
        supplier = problem.suppliers[account]
        yield Ask(
            supplier,
            problem.accounts[account],
            "next tier",
            "",
            worth,
            f"Ask {supplier} for tier {tier + 2} at {spend[account]:,.2f} of spend: {short:,.2f} are lacking, and its "
            f"{gained:.1%} are worth {worth:,.2f} on this order. More than that should not be bought to reach it.",
        )


def _minimum_asks(plan: OrderPlan) -> Iterator[Ask]:
    problem, units = plan.problem, plan.units.sum(axis=0)
    excess = _excess(plan)
    price = (
        np.divide(line_spend(problem, plan.units).sum(axis=0), units, out=np.zeros_like(units), where=units > 0)
        * np.divide(plan.cost.bought, plan.cost.spend, out=np.ones_like(plan.cost.spend), where=plan.cost.spend > 0)[
            :, None
        ]
    )
    at_least = (units > 0) & (problem.least_units > 0) & (excess >= 1)
    at_least &= units < problem.least_units * (1 + problem.never_pooled) + problem.pack_units
    for account, sku in np.argwhere(at_least).tolist():
        supplier, name = problem.suppliers[account], problem.skus[sku]
        short, worth = float(excess[account, sku]), float(excess[account, sku] * price[account, sku])
        yield Ask(
            supplier,
            problem.accounts[account],
            "minimum order",
            name,
            worth,
            f"Ask {supplier} to lower the minimum order of {name} from {problem.least_units[account, sku]:,.0f} units: "
            f"{short:,.0f} of them are not needed and cost {worth:,.2f}.",
        )


def _supplier_minimum_asks(plan: OrderPlan) -> Iterator[Ask]:
    """What each unused account would have saved if it had no minimum over all SKUs: only where prices alone say so."""
    problem = plan.problem
    paid = plan.unit_cost * problem.needed_units
    for account in np.flatnonzero((plan.cost.tier < 0) & (problem.account_least_units > 0)).tolist():
        price = problem.unit_cost[account, :, 0] + problem.freight[:, account][:, None]
        price = np.where(problem.members[account][:, None], price, np.inf)
        saved = np.nan_to_num(paid - price * problem.needed_units, nan=0.0, neginf=0.0)
        worth = float(np.maximum(saved, 0).sum() - problem.fixed_cost[account])
        units = float(problem.needed_units[saved > 0].sum())
        if worth > 0 and units < problem.account_least_units[account]:
            supplier = problem.suppliers[account]
            text = (
                f"Ask {supplier} to lower its minimum order from {problem.account_least_units[account]:,.0f} units to "
                f"{units:,.0f}: its prices would save {worth:,.2f}."
            )
            yield Ask(supplier, problem.accounts[account], "minimum of the supplier", "", worth, text)


def saved_by_pooling(found: Split) -> dict[str, float]:
    """By retailer: what it pays less than alone, each half of the saving."""
    names = found.pooled.problem.retailers
    return {name: alone.total - pays for name, alone, pays in zip(names, found.alone, found.pays, strict=True)}
