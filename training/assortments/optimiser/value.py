"""What a plan is worth under the model, and what each SKU adds to it."""

import numpy as np

from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats


def choices(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, K, n) probability that a visit takes the SKU; what is left over to 1 leaves with nothing."""
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    return np.asarray(weight / (1 + weight.sum(axis=2, keepdims=True)))


def units(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) expected units sold over the horizon, all stores of a cluster, one unit a choice."""
    sold = np.einsum("c,ck,cki->ci", problem.visits, problem.mix, choices(problem, listed))
    return np.asarray(sold, dtype=np.float64)


def sku_profit_cents(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) margin of what is sold, before costs of listing."""
    return units(problem, listed) * problem.unit_profit_cents


def listing_cost_cents(problem: AssortmentProblem, listed: Flags) -> float:
    """Each SKU once for every party that lists it somewhere."""
    codes = problem.party_codes
    parties = [listed[codes == code].any(axis=0) for code in np.unique(codes)]
    return float(sum(problem.cost_cents[anywhere].sum() for anywhere in parties))


def profit_cents(problem: AssortmentProblem, listed: Flags) -> float:
    """What a plan earns over the horizon, costs of listing taken off."""
    return float(sku_profit_cents(problem, listed).sum()) - listing_cost_cents(problem, listed)


def incremental_cents(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) what a listed SKU adds to its cluster: the profit with it less the profit without it, all else listed.

    0 where it is not listed. Less than `sku_profit_cents` where shoppers would have taken another SKU instead. Costs
    of listing belong to the chain and are not taken off.
    """
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    earned = problem.value_cents * weight
    attraction, total = 1 + weight.sum(axis=2, keepdims=True), earned.sum(axis=2, keepdims=True)
    without = (total - earned) / (attraction - weight)
    return np.asarray((total / attraction - without).sum(axis=1))


def added_cents(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) what adding a SKU to the list brings; 0 where it is listed."""
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    attraction = 1 + weight.sum(axis=2, keepdims=True)
    total = (problem.value_cents * weight).sum(axis=2, keepdims=True)
    more = (total + problem.value_cents * problem.weight) / (attraction + problem.weight)
    return np.asarray(np.where(listed, 0.0, (more - total / attraction).sum(axis=1)))
