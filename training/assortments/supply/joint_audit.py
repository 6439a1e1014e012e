"""An independent look at lists with their order: demand, profit and bound again, by plain loops over the turn alone."""

import math
from collections.abc import Iterator

from training.assortments.supply.alternate import CENTS, Joined, Turn
from training.assortments.supply.audit import audit, recomputed

_CENT = 0.01
_RELATIVE = 1e-9
_UNITS = 1e-6


def joint_faults(joined: Joined, turn: Turn, bound_cents: float) -> tuple[str, ...]:
    """What is wrong, in sentences; empty where the order covers what the lists sell and the profit is what is said."""
    faults = [*audit(turn.order), *_demand(joined, turn)]
    profit = profit_cents(joined, turn)
    if abs(profit - turn.profit_cents) > _CENT + _RELATIVE * abs(profit):
        faults.append(f"lists and order earn {profit:.2f} cents, not {turn.profit_cents:.2f}")
    if profit > bound_cents + _CENT + _RELATIVE * abs(profit):
        faults.append(f"lists and order earn {profit:.2f} cents, more than their bound of {bound_cents:.2f}")
    return tuple(faults)


def profit_cents(joined: Joined, turn: Turn) -> float:
    """Margin less the order, with what is left over, less costs of listing; counted again."""
    sold = _sold(joined, turn)
    parts = [units * float(joined.margin_cents[c, i]) for (c, i), units in sold.items()]
    parts.append(-CENTS * recomputed(turn.order.problem, turn.order))
    problem = joined.supply
    for nth, sku in enumerate(problem.skus):
        ordered = float(turn.order.units[:, :, nth].sum())
        at = joined.shelf.skus.index(sku)
        needed = math.fsum(units for (_, i), units in sold.items() if i == at)
        if ordered > needed:
            price = float(turn.order.lowest_price[nth])
            parts.append(CENTS * (1 - joined.left_over_loss) * price * (ordered - needed))
    if joined.shelf.sku_cost_cents is not None:
        sellers = joined.shelf.party or ("",) * len(joined.shelf.clusters)
        listed = {(sellers[c], i) for c, i in sold}
        parts += [-float(joined.shelf.sku_cost_cents[i]) for _, i in listed]
    return math.fsum(parts)


def _sold(joined: Joined, turn: Turn) -> dict[tuple[int, int], float]:
    """(cluster, SKU) -> units, of what is listed."""
    shelf, sold = joined.shelf, dict[tuple[int, int], float]()
    for c in range(len(shelf.clusters)):
        at = [i for i in range(len(shelf.skus)) if turn.listed[c, i]]
        for i in at:
            shares = [
                float(share) * float(weight[i]) / (1 + math.fsum(float(weight[j]) for j in at))
                for share, weight in zip(shelf.mix[c], shelf.weight[c], strict=True)
            ]
            sold[c, i] = float(shelf.visits[c]) * math.fsum(shares)
    return sold


def _demand(joined: Joined, turn: Turn) -> Iterator[str]:
    """The order is for what the lists sell."""
    sold = _sold(joined, turn)
    for r, name in enumerate(joined.supply.retailers):
        for nth, sku in enumerate(joined.supply.skus):
            at = joined.shelf.skus.index(sku)
            needed = math.fsum(float(joined.part[c, r]) * units for (c, i), units in sold.items() if i == at)
            told = float(turn.order.problem.demand_units[r, nth])
            if abs(needed - told) > _UNITS * max(1.0, needed):
                yield f"{name} sells {needed:.3f} units of {sku}, and the order is for {told:.3f}"
