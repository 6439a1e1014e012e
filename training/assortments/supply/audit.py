"""An independent look at a plan: rules and cost again from the problem and the units alone, by plain loops."""

from collections.abc import Iterator

from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import OrderProblem

_TOLERANCE = 1e-6


def audit(plan: OrderPlan) -> tuple[str, ...]:
    """What is wrong with a plan, in sentences; empty where it keeps to every rule, cost and bound included."""
    problem = plan.problem
    faults = [*_coverage(plan), *_offers(plan), *_accounts(plan)]
    cost = recomputed(problem, plan)
    if abs(cost - plan.total) > _TOLERANCE * max(1.0, abs(cost)):
        faults.append(f"the plan says that it costs {plan.total:.4f}, its units cost {cost:.4f}")
    if plan.bound > cost * (1 + _TOLERANCE) + _TOLERANCE:
        faults.append(f"the bound {plan.bound:.4f} is above the cost {cost:.4f}")
    return tuple(faults)


def recomputed(problem: OrderProblem, plan: OrderPlan) -> float:
    """The cost of the plan's units."""
    total = 0.0
    for account in range(len(problem.accounts)):
        spend = fixed = freight = 0.0
        is_used = False
        for sku in range(len(problem.skus)):
            ordered = [float(plan.units[retailer, account, sku]) for retailer in range(len(problem.retailers))]
            if not any(ordered):
                continue
            is_used = True
            for units in [[one] for one in ordered if one] if problem.never_pooled[sku] else [ordered]:
                spend += sum(units) * _price(problem, account, sku, sum(units))
                fixed += float(problem.line_cost[account, sku])
            freight += sum(units * float(problem.freight[at, account]) for at, units in enumerate(ordered))
        if is_used:
            total += spend * (1 - _discount(problem, account, spend)) + fixed + freight
            total += float(problem.fixed_cost[account])
    return total


def _price(problem: OrderProblem, account: int, sku: int, units: float) -> float:
    price = float(problem.unit_cost[account, sku, 0])
    for start, cost in zip(problem.unit_from[account, sku], problem.unit_cost[account, sku], strict=True):
        if units >= start - _TOLERANCE and cost == cost:  # noqa: PLR0124 - nan says that there is no such tier
            price = float(cost)
    return price


def _discount(problem: OrderProblem, account: int, spend: float) -> float:
    tiers = zip(problem.spend_from[account], problem.discount[account], strict=True)
    return max(float(discount) for start, discount in tiers if start <= spend * (1 + 1e-9) + _TOLERANCE)


def _coverage(plan: OrderPlan) -> Iterator[str]:
    problem = plan.problem
    for retailer, name in enumerate(problem.retailers):
        for sku, needed in enumerate(problem.needed_units[retailer]):
            got = float(plan.units[retailer, :, sku].sum())
            if got < needed - _TOLERANCE:
                yield f"{name} needs {needed:g} units of {problem.skus[sku]} and gets {got:g}"


def _offers(plan: OrderPlan) -> Iterator[str]:
    problem = plan.problem
    for account, name in enumerate(problem.accounts):
        for sku, label in enumerate(problem.skus):
            ordered = [float(units) for units in plan.units[:, account, sku]]
            if not any(ordered):
                continue
            where = f"{label} from {name}"
            if not problem.is_offered[account, sku]:
                yield f"{where} is not offered"
            if any(units % problem.pack_units[account, sku] > _TOLERANCE for units in ordered):
                yield f"{where} is not in whole packs"
            if any(units > 0 and not problem.members[account, at] for at, units in enumerate(ordered)):
                yield f"{where} is ordered by somebody who may not"
            for units in [one for one in ordered if one] if problem.never_pooled[sku] else [sum(ordered)]:
                if units < problem.least_units[account, sku] - _TOLERANCE:
                    yield f"{where} is below its minimum order"
                if units > problem.most_units[account, sku] + _TOLERANCE:
                    yield f"{where} is above its cap"


def _accounts(plan: OrderPlan) -> Iterator[str]:
    problem = plan.problem
    for account, name in enumerate(problem.accounts):
        units = float(plan.units[:, account].sum())
        if units and units < problem.account_least_units[account] - _TOLERANCE:
            yield f"{name} gets less than its minimum order"
        if units > problem.room_units[account] + _TOLERANCE:
            yield f"{name} is asked for more than it can deliver"
