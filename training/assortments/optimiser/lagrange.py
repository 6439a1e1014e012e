"""Many clusters that share costs of listing and a number of changes: a bound from clusters that fall apart.

Each cluster is charged a price for a SKU, and a toll for every change. Where the prices of a SKU add up to its cost
over the clusters of each party, and the toll times the changes allowed is given back,

    Σ_c max_x [profit_c(x) − price_c · x − toll · changes_c(x)] + toll · changes allowed

is at least what any plan of the chain earns (Geoffrion 1974, "Lagrangean relaxation for integer programming"). The
maxima are taken of the linear relaxations; prices move along the subgradient with Polyak's step.
"""

import time
from dataclasses import dataclass

import numpy as np

from training.assortments.optimiser.chain_search import equal_prices
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.relaxation import SharedRelaxation, shared_relaxation
from training.assortments.optimiser.selection import cheap_bound_cents
from training.assortments.optimiser.shelf import Shelf
from training.assortments.optimiser.value import profit_cents

_ROUNDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What clusters are charged, and the bound that follows.

    by_cluster     (C, n) prices of SKUs, at least 0; over a party they add up to the cost
    toll_cents     of one change
    refund_cents   toll × changes allowed, less what leaving the current list costs: added to the clusters' bounds
    bounds_cents   (C,) of the clusters at these prices
    """

    by_cluster: Floats
    toll_cents: float
    refund_cents: float
    bounds_cents: Floats

    @property
    def bound_cents(self) -> float:
        return float(self.bounds_cents.sum()) + self.refund_cents


def charged(problem: AssortmentProblem, by_cluster: Floats, toll_cents: float) -> Floats:
    """(C, n) what listing costs a cluster: its price, and the toll for a change; less the toll where it saves one."""
    if problem.current is None:
        return by_cluster
    return by_cluster + toll_cents * (1.0 - 2.0 * problem.current)


def best_prices(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, until: float, gap: float
) -> Prices:
    """Prices with the least bound that is found until then (at least one round), or within `gap` of the plan."""
    profit = profit_cents(problem, listed)
    prices, toll = first_prices(problem, pieces, listed), 0.0
    cheap = np.array([cheap_bound_cents(shelf) for shelf in pieces])
    relaxed = [shared_relaxation(shelf, one, until) for shelf, one in zip(pieces, listed, strict=True)]
    best, scale = Prices(prices, toll, 0.0, cheap), 1.0
    for _ in range(_ROUNDS):
        bounds, wanted = _round(relaxed, charged(problem, prices, toll), cheap, until)
        now = Prices(prices, toll, _refund(problem, toll), bounds)
        if now.bound_cents < best.bound_cents:
            best = now
        else:
            scale *= 0.8
        if best.bound_cents <= profit + gap * abs(profit) or time.perf_counter() > until or scale < 1e-3:
            break
        step = scale * max(now.bound_cents - profit, 0.0)
        prices, toll = _moved(problem, now, wanted, step)
    return best


def first_prices(problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags) -> Floats:
    """(C, n) costs in proportion to what a SKU would earn beside the plan, where it earns anything."""
    slope = np.array([np.maximum(_slope(shelf, one), 0.0) for shelf, one in zip(pieces, listed, strict=True)])
    prices, codes = equal_prices(problem), problem.party_codes
    for party in np.unique(codes):
        members = codes == party
        total = slope[members].sum(axis=0)
        share = np.divide(slope[members], total, out=np.full_like(slope[members], 1 / members.sum()), where=total > 0)
        prices[members] = problem.cost_cents * share
    return prices


def _slope(shelf: Shelf, listed: Flags) -> Floats:
    """(n,) what a SKU earns beside the others of a list."""
    weight = np.where(listed, shelf.weight, 0.0)
    attraction = 1 + weight.sum(axis=1, keepdims=True) - weight
    earned = (weight * shelf.value_cents).sum(axis=1, keepdims=True) - weight * shelf.value_cents
    gain = shelf.weight * (shelf.value_cents - earned / attraction) / (attraction + shelf.weight)
    return np.asarray(gain.sum(axis=0))


def _round(relaxed: list[SharedRelaxation], costs: Floats, cheap: Floats, until: float) -> tuple[Floats, Floats]:
    """(C,) bounds, (C, n) what the relaxations list; the cheap bound takes in what tolls give away."""
    bounds, wanted = [], []
    for one, cost, most in zip(relaxed, costs, cheap, strict=True):
        bound, x = one.at(cost, until)
        bounds.append(min(bound, most - float(np.minimum(cost, 0.0).sum())))
        wanted.append(x)
    return np.array(bounds), np.array(wanted)


def _refund(problem: AssortmentProblem, toll: float) -> float:
    if problem.max_changes_chain is None or problem.current is None:
        return 0.0
    return toll * (problem.max_changes_chain - float(problem.current.sum()))


def _moved(problem: AssortmentProblem, now: Prices, wanted: Floats, step: float) -> tuple[Floats, float]:
    """Prices rise where a SKU is wanted more than on average over its party, the toll where changes are too many."""
    codes, uphill = problem.party_codes, np.zeros_like(wanted)
    for party in np.unique(codes):
        members = codes == party
        uphill[members] = (wanted[members] - wanted[members].mean(axis=0)) * (problem.cost_cents > 0)
    extra = 0.0
    if problem.max_changes_chain is not None and problem.current is not None:
        extra = float(np.abs(wanted - problem.current).sum()) - problem.max_changes_chain
    length = float((uphill**2).sum()) + extra**2
    if length == 0:
        return now.by_cluster, now.toll_cents
    moved = now.by_cluster + step / length * uphill
    for party in np.unique(codes):
        members = codes == party
        moved[members] = _onto_cost(moved[members], problem.cost_cents)
    return moved, max(now.toll_cents + step / length * extra, 0.0)


def _onto_cost(prices: Floats, cost: Floats) -> Floats:
    """The nearest prices that are at least 0 and add up to the cost, SKU by SKU (Duchi et al. 2008, figure 1)."""
    falling = -np.sort(-prices, axis=0)
    over = (np.cumsum(falling, axis=0) - cost) / np.arange(1, len(prices) + 1)[:, None]
    last = np.maximum((falling > over).sum(axis=0) - 1, 0)
    projected = np.maximum(prices - np.take_along_axis(over, last[None, :], axis=0), 0.0)
    total = projected.sum(axis=0)
    # rounding must not make a bound of prices that add up to more than the cost
    return np.asarray(projected * np.divide(cost, total, out=np.zeros_like(cost), where=total > 0))
