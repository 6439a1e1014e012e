"""Costs that no order can beat, whatever is carried: what bounds assortment and order together."""

from dataclasses import dataclass

import numpy as np

from training.assortments.supply.problem import Floats, OrderProblem


@dataclass(frozen=True, slots=True, eq=False)
class Most:
    """The most units that may be needed: of_sku (N,), all retailers; of_account (A,), all SKUs that it offers."""

    of_sku: Floats
    of_account: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CostLine:
    """Ordering D > 0 units of a SKU, for all retailers, costs `fixed` + `unit` · D, near D = `near`; all (N,)."""

    fixed: Floats
    unit: Floats
    near: Floats

    @property
    def average(self) -> Floats:
        """(N,) what each of `near` units costs."""
        return np.asarray(self.unit + self.fixed / np.maximum(self.near, 1e-9))


def cheapest_line(supply: OrderProblem, most: Most, left_over_loss: float, near: Floats) -> CostLine:
    """A line below what any order of up to `most` units costs, as high as it gets where `near` (N,) units are needed.

    An offer o (an account and a unit tier) sells for s, its price with freight and the account's fixed cost spread over
    the most units that it may be asked for, and no fewer than B units, its minimum or where its tier begins. Who needs
    D units and takes more is left with B − D of them, which lose a share of the SKU's lowest price p:

        cost(D) ≥ min_o s_o D + loss · p · max(B_o − D, 0) + line cost_o

    which holds for orders split over offers too: each part is at its offer's s or above the least s, and all units
    together are B or more of each offer taken. inf where nobody supplies the SKU.
    """
    fixed, unit = np.zeros(len(supply.skus)), np.full(len(supply.skus), np.inf)
    price = np.nan_to_num(supply.unit_cost, nan=np.inf) * (1 - supply.discount.max(axis=1))[:, None, None]
    freight = np.where(supply.members.T, supply.freight, np.inf).min(axis=0)
    extra = freight + supply.fixed_cost / np.maximum(most.of_account, 1e-9)
    least = np.maximum(supply.unit_from, supply.least_units[:, :, None])
    for sku in range(len(supply.skus)):
        account, tier = np.nonzero(np.isfinite(price[:, sku]) & np.isfinite(least[:, sku]))
        if not len(account):
            continue
        slope = price[account, sku, tier] + extra[account]
        loss = left_over_loss * float(price[:, sku].min())
        offers = np.column_stack([slope, least[account, sku, tier], supply.line_cost[account, sku]])
        fixed[sku], unit[sku] = _highest(offers, loss, float(most.of_sku[sku]), float(near[sku]))
    return CostLine(fixed, unit, near)


def _highest(offers: Floats, loss: float, most: float, near: float) -> tuple[float, float]:
    """Intercept ≥ 0 and slope of the highest line at `near` below min_o of offers (o, 3): s, B and line cost.

    Costs bend at their corners only, so that the highest line goes through two of them.
    """
    slope, least, line = offers.T
    corners = np.stack([np.zeros_like(least), np.minimum(least, most), np.full_like(least, most)])
    costs = slope * corners + loss * np.maximum(least - corners, 0) + line
    at, high = corners.ravel(), costs.ravel()
    run = at[:, None] - at[None]
    rise = np.divide(high[:, None] - high[None], run, out=np.zeros_like(run), where=run > 0)
    slopes = np.unique(np.maximum(rise, 0.0))
    intercepts = (costs[None] - slopes[:, None, None] * corners[None]).min(axis=(1, 2))
    worth = np.where(intercepts >= -1e-12, intercepts + slopes * near, -np.inf)
    best = int(np.argmax(worth))
    return max(float(intercepts[best]), 0.0), float(slopes[best])
