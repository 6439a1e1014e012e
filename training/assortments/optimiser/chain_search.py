"""Local search over all clusters, where costs of listing and changes are counted for the chain."""

from dataclasses import replace

import numpy as np

from training.assortments.optimiser.limits import change_limit
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats
from training.assortments.optimiser.selection import best_selection
from training.assortments.optimiser.shelf import Shelf
from training.assortments.optimiser.shelf_search import improved, search
from training.assortments.optimiser.value import incremental_cents, profit_cents

_ROUNDS = 20
_DOUBTFUL = 2.0
"""Times its cost: a SKU that adds more than this is not worth trying without."""


def search_chain(problem: AssortmentProblem, pieces: tuple[Shelf, ...], prices: Floats | None = None) -> Flags | None:
    """(C, n) the best plan that local search finds; None where no plan keeps the rules.

    prices   (C, n) what each cluster is charged for a SKU in the first step; none: equal parts of its cost, and nothing
    """
    if problem.max_changes_chain is not None:
        return _within_changes(problem, pieces)
    equal = equal_prices(problem)
    charges = [equal, np.zeros_like(equal)] if prices is None and equal.any() else [equal if prices is None else prices]
    plans = []
    for charge in charges:
        lists = [search(shelf.with_cost(price)) for shelf, price in zip(pieces, charge, strict=True)]
        listed = _stack(lists)
        if listed is None:
            return None
        plans.append(polished(problem, pieces, listed))
    return max(plans, key=lambda one: profit_cents(problem, one))


def equal_prices(problem: AssortmentProblem) -> Floats:
    """(C, n) the cost of listing, in equal parts over the clusters of a party."""
    codes = problem.party_codes
    parts = np.bincount(codes)[codes]
    return np.asarray(problem.cost_cents[None, :] / parts[:, None])


def polished(problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags) -> Flags:
    """A plan that no cluster alone, and no SKU taken out of a whole chain, can better.

    A cluster pays for a SKU where nobody else of its party lists it. The plan has to keep the rules.
    """
    best = by_clusters(problem, pieces, listed)
    for _ in range(_ROUNDS):
        shorter = _without_one_sku(problem, pieces, best)
        if shorter is None:
            return best
        best = by_clusters(problem, pieces, shorter)
    return best


def by_clusters(
    problem: AssortmentProblem,
    pieces: tuple[Shelf, ...],
    listed: Flags,
    rounds: int = _ROUNDS,
    only: tuple[int, ...] | None = None,
) -> Flags:
    """Each cluster improved by itself, with what the others list given; round after round until nothing changes.

    only   the clusters to improve; all of them where not given
    """
    listed, codes = listed.copy(), problem.party_codes
    carriers = np.array([listed[codes == code].sum(axis=0) for code in range(codes.max() + 1)])
    for _ in range(rounds):
        before = listed.copy()
        for c in range(len(pieces)) if only is None else only:
            alone = carriers[codes[c]] == listed[c]  # nobody else of the party lists it
            own = _with_changes_left(problem, pieces[c], listed, c).with_cost(problem.cost_cents * alone)
            better = improved(own, listed[c])
            carriers[codes[c]] += better.astype(np.int64) - listed[c]
            listed[c] = better
        if (listed == before).all():
            break
    return listed


def _with_changes_left(problem: AssortmentProblem, shelf: Shelf, listed: Flags, cluster: int) -> Shelf:
    """The shelf with what the other clusters leave of the changes of the chain."""
    if problem.max_changes_chain is None or problem.current is None:
        return shelf
    changed = (listed != problem.current).sum(axis=1)
    left = problem.max_changes_chain - int(changed.sum()) + int(changed[cluster])
    return shelf.with_limit(change_limit(problem, cluster, left))


def _without_one_sku(problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags) -> Flags | None:
    """The plan with one SKU taken out of every cluster of a party, and each of these improved without it.

    The first SKU for which this pays, of those that hardly earn their cost. None where it never does.
    """
    now, cost = profit_cents(problem, listed), problem.cost_cents
    codes, adds = problem.party_codes, incremental_cents(problem, listed)
    for party in np.unique(codes):
        members = np.flatnonzero(codes == party)
        earns = adds[members].sum(axis=0)
        doubtful = np.flatnonzero(listed[members].any(axis=0) & (earns < _DOUBTFUL * cost))
        for sku in doubtful[np.argsort(earns[doubtful] - cost[doubtful], kind="stable")].tolist():
            shorter = _banned(problem, pieces, listed, (members, sku))
            if shorter is not None and profit_cents(problem, shorter) > now + 1e-9 * abs(now):
                return shorter
    return None


def _banned(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, place: tuple[Codes, int]
) -> Flags | None:
    members, sku = place
    changed, codes = listed.copy(), problem.party_codes
    changed[members, sku] = False
    for c in members.tolist():
        if not listed[c, sku]:
            continue
        if not pieces[c].keeps(changed[c]):
            return None
        others = codes == codes[c]
        others[c] = False
        price = problem.cost_cents * ~changed[others].any(axis=0)
        may = pieces[c].may.copy()
        may[sku] = False
        shelf = _with_changes_left(problem, replace(pieces[c], may=may, cost_cents=price), changed, c)
        if not shelf.keeps(changed[c]):
            return None
        changed[c] = improved(shelf, changed[c])
    return changed


def _within_changes(problem: AssortmentProblem, pieces: tuple[Shelf, ...]) -> Flags | None:
    """Changes are given a price, as low as keeps them within their number; what is left is then spent by search.

    None where even the fewest changes are too many.
    """
    current, most = problem.current, problem.max_changes_chain
    if current is None or most is None:
        return None
    toll = 1.0 - 2.0 * current
    fewest = _stack([best_selection(shelf, -row)[0] for shelf, row in zip(pieces, toll, strict=True)])
    if fewest is None or int((fewest != current).sum()) > most:
        return None
    prices, best = equal_prices(problem), fewest
    low, high = 0.0, float(problem.value_cents.max(initial=0.0)) + float(problem.cost_cents.max(initial=0.0)) + 1.0
    for _ in range(12):
        price = (low + high) / 2
        lists = [search(s.with_cost(p + price * t)) for s, p, t in zip(pieces, prices, toll, strict=True)]
        listed = _stack(lists)
        if listed is not None and int((listed != current).sum()) <= most:
            best, high = max(best, listed, key=lambda one: profit_cents(problem, one)), price
        else:
            low = price
    return polished(problem, pieces, best)


def _stack(lists: list[Flags | None]) -> Flags | None:
    found = [one for one in lists if one is not None]
    return np.array(found) if len(found) == len(lists) else None
