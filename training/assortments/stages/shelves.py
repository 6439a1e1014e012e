"""The problem of a run: clusters of stores, what their shoppers want, what a shelf holds, and the buyer's rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.assortments.choice.attraction import Attraction
from training.assortments.choice.clusters import Curve, clusters, curve, profile
from training.assortments.optimiser.problem import AssortmentProblem
from training.assortments.stages.scope import Scope
from training.assortments.stages.shoppers import Shoppers

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLUSTERS = (1, 2, 3, 4, 6, 8)
"""Numbers of clusters that are tried."""
MOST_FACINGS = 6
SHELF_DEPTH_CM = 45.0
SHELF_ROWS = 1
"""Rows of a facing in height: nobody says how high a shelf is."""
DAYS_OF_SUPPLY = 3.0
LEAST_SHARE = 0.1
"""Of visits, what a store's own list sells to at least: fewer would make many visits of few sales."""
CARRIED_SHARE = 0.5
"""A cluster carries now what at least half of its stores carry."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """C clusters of S stores.

    label    (S,) cluster of each store
    curve    profit by number of clusters, under the rules that name no cluster
    problem  P1 without the buyer's rules, at today's costs
    demand   (S,) forecast units of each store over the horizon, all planned SKUs, as listed now
    listed   (S, n) what each store carries now
    """

    label: Codes
    curve: Curve
    problem: AssortmentProblem
    demand: Floats
    listed: Flags

    def pooled(self, attraction: Attraction, scale: Floats | None = None) -> tuple[Attraction, Floats]:
        """Attractions of stores as those of clusters, weighed by visits, and (C,) visits of clusters.

        `scale` (C,) multiplies what clusters sell now; 1 where it is not given.
        """
        visits = self._visits(attraction, scale)
        return attraction.pooled(_member(self.label, visits)), _summed(visits, self.label)

    def averaged(self, of_stores: Floats, attraction: Attraction) -> Floats:
        """(C, ·) means of what is known of stores (S, ·), by their visits."""
        return np.asarray(_member(self.label, self._visits(attraction, None)) @ of_stores)

    def sold_now(self, attraction: Attraction, scale: Floats | None = None) -> Floats:
        """(C, n) units over the horizon where every store keeps its own list."""
        sold = np.zeros((len(self.problem.clusters), len(self.problem.skus)))
        np.add.at(sold, self.label, self._visits(attraction, scale)[:, None] * attraction.shares(self.listed))
        return sold

    def _visits(self, attraction: Attraction, scale: Floats | None) -> Floats:
        demand = self.demand if scale is None else self.demand * scale[self.label]
        return visits_of(attraction, self.listed, demand)


def gather(
    scope: Scope,
    found: Shoppers,
    forecast: pd.DataFrame,
    horizon_weeks: int,
    earned: Callable[[AssortmentProblem, Codes, Floats], float],
    number: int | None = None,
) -> Shelves:
    """Clusters by the curve of profit over number, and the problem of the chosen ones, without rules.

    earned  what a plan for clusters with labels (S,), whose stores sell (S,) now, would earn: for the curve
    number  of clusters, where it is settled: by the run whose workbook came back
    """
    demand = _demand(scope, forecast)
    profiles = profile(found.planned.mix, np.maximum(scope.facings.sum(axis=1), 1).astype(np.float64))

    def profit(label: Codes) -> float:
        return earned(_problem(scope, found.planned, label, demand, horizon_weeks), label, demand)

    found_curve = curve(profiles, [each for each in CLUSTERS if each <= len(scope.stores)], profit)
    label = found_curve.label if number is None else clusters(profiles, number)
    problem = _problem(scope, found.planned, label, demand, horizon_weeks)
    return Shelves(label, found_curve, problem, demand, scope.listed)


def visits_of(attraction: Attraction, listed: Flags, demand: Floats) -> Floats:
    """(S,) visits over the horizon that sell `demand` (S,) units from what each store carries, `listed` (S, n).

    They are told from a store's own list, not from its cluster's: so they are the same however stores are clustered. A
    store whose shelf would please hardly anybody is taken to please `LEAST_SHARE` of them; without any list, nobody.
    """
    share = attraction.shares(listed).sum(axis=1)
    return np.asarray(np.where(listed.any(axis=1), demand / np.maximum(share, LEAST_SHARE), 0.0))


def _demand(scope: Scope, forecast: pd.DataFrame) -> Floats:
    """(S,) means add up over SKUs and weeks; a store without a forecast sells nothing."""
    totals = forecast.groupby(forecast["store_id"].astype(str))["mean"].sum()
    return np.asarray(totals.reindex(list(scope.stores)).fillna(0.0).to_numpy(dtype=np.float64))


def _summed(of_stores: Floats, label: Codes) -> Floats:
    """(C,) sums over the stores of a cluster."""
    return np.bincount(label, of_stores, minlength=int(label.max()) + 1).astype(np.float64)


def _member(label: Codes, visits: Floats) -> Floats:
    """(C, S) share that a store has in the visits of its cluster."""
    weight = np.zeros((int(label.max()) + 1, len(label)))
    weight[label, np.arange(len(label))] = np.maximum(visits, 1e-9)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _problem(scope: Scope, planned: Attraction, label: Codes, demand: Floats, horizon_weeks: int) -> AssortmentProblem:
    visits = visits_of(planned, scope.listed, demand)
    pooled = planned.pooled(_member(label, visits))
    current = carried_now(scope, label)
    count = len(current)
    catalogue = scope.catalogue
    margin = (catalogue["price_cents"] - catalogue["unit_cost_cents"]).fillna(0.0).to_numpy(dtype=np.float64)
    width = catalogue["width_cm"].to_numpy(dtype=np.float64)
    has_widths = not np.isnan(width).any()
    base = AssortmentProblem(
        skus=scope.skus,
        clusters=tuple(names(count)),
        stores_per_cluster=np.bincount(label, minlength=count).astype(np.int64),
        visits=_summed(visits, label),
        mix=pooled.mix,
        weight=pooled.weight,
        unit_profit_cents=np.tile(margin, (count, 1)),
        horizon_days=7.0 * horizon_weeks,
        max_skus=None if has_widths else np.maximum(current.sum(axis=1), 1).astype(np.int64),
        current=current,
    )
    return _with_space(base, scope, label, width) if has_widths else base


def _with_space(problem: AssortmentProblem, scope: Scope, label: Codes, width: Floats) -> AssortmentProblem:
    """Shelf of a typical store of the cluster, for what its list needs: never less than today's list takes."""
    current = problem.current if problem.current is not None else np.zeros(problem.unit_profit_cents.shape, dtype=bool)
    space = scope.shops["space_cm"].to_numpy(dtype=np.float64)
    typical = np.array([np.median(space[label == cluster]) for cluster in range(len(problem.clusters))])
    depth = scope.catalogue["depth_cm"].fillna(SHELF_DEPTH_CM).to_numpy(dtype=np.float64)
    return replace(
        problem,
        width_cm=width,
        space_cm=np.maximum(typical, current @ width),
        max_facings=np.full(len(problem.skus), MOST_FACINGS, dtype=np.int64),
        facing_capacity_units=np.maximum(np.floor(SHELF_DEPTH_CM / depth), 1.0) * SHELF_ROWS,
    )


def carried_now(scope: Scope, label: Codes) -> Flags:
    """(C, n) what at least half of a cluster's stores carry; a cluster that shares nothing: what most carry."""
    number = int(label.max()) + 1
    counts = np.zeros((number, len(scope.skus)))
    np.add.at(counts, label, scope.listed)
    share = counts / np.bincount(label, minlength=number)[:, None]
    typical = np.array([np.median(scope.listed[label == cluster].sum(axis=1)) for cluster in range(number)])
    held = share >= CARRIED_SHARE
    for cluster in range(number):  # where lists differ much, the typical number of SKUs, the most carried first
        most = max(int(typical[cluster]), 1)
        if held[cluster].sum() < most:
            order = np.argsort(-share[cluster], kind="stable")[:most]
            held[cluster] = False
            held[cluster, order[share[cluster, order] > 0]] = True
    return held


def names(count: int) -> list[str]:
    """Names that sort in their order."""
    return [f"cluster {nth + 1:0{len(str(count))}}" for nth in range(count)]
