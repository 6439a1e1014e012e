"""Tables of clusters and their stores."""

import numpy as np
import pandas as pd

from training.assortments.optimiser.problem import AssortmentProblem
from training.assortments.optimiser.value import sku_profit_cents
from training.assortments.stages.outcome import Outcome, interval, whole
from training.assortments.stages.scope import Scope
from training.assortments.stages.shelves import Shelves
from training.assortments.stages.shoppers import Shoppers


def clusters(out: Outcome, held: Shelves, scope: Scope, found: Shoppers, decisions: pd.DataFrame) -> pd.DataFrame:
    """`clusters`: profits are the sums of their decisions."""
    problem = out.problem
    sums = decisions.groupby("cluster", sort=False)[
        ["profit_now_cents", "profit_proposed_cents", "sales_now_cents"]
    ].sum()
    drawn = out.drawn(lambda one: sku_profit_cents(one, out.proposed).sum(axis=1))
    low, high = interval(drawn, sums["profit_proposed_cents"].to_numpy(dtype=np.float64))
    rows = []
    for nth, name in enumerate(problem.clusters):
        rows.append({
            "cluster": name,
            "name": name,
            "stores": int(problem.stores_per_cluster[nth]),
            "profile": _profile(problem, held, scope, found, nth),
            "weekly_visits": float(problem.visits[nth] * 7 / problem.horizon_days),
            "sales_now_cents": int(sums["sales_now_cents"].loc[name]),
            "profit_now_cents": int(sums["profit_now_cents"].loc[name]),
            "profit_proposed_cents": int(sums["profit_proposed_cents"].loc[name]),
            "low_cents": int(np.floor(low[nth])),
            "high_cents": int(np.ceil(high[nth])),
            "skus_now": int(out.now[nth].sum()),
            "skus_proposed": int(out.proposed[nth].sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _profile(problem: AssortmentProblem, held: Shelves, scope: Scope, found: Shoppers, cluster: int) -> str:
    """What sets a cluster apart: the class of shoppers that it has more of, and how much its stores sell."""
    mix = held.averaged(found.model.mix, found.planned)
    average = np.average(mix, axis=0, weights=problem.visits)
    over = mix[cluster] - average
    kind = int(np.argmax(over))
    mine, mean = held.demand[held.label == cluster].mean(), held.demand.mean()
    size = "larger than most" if mine > 1.2 * mean else "smaller than most" if mine < 0.8 * mean else "of middle size"
    favourite = int(np.argmax(found.model.utility[kind] - found.model.utility.mean(axis=0)))
    name = scope.catalogue["name"].iloc[favourite]
    if len(problem.clusters) == 1:
        return "All stores: lists of their own would hardly earn more."
    return (
        f"Stores {size}; more shoppers of class {kind + 1} than elsewhere ({mix[cluster, kind]:.0%} against "
        f"{average[kind]:.0%}), who stand out for {name}."
    )


def cluster_mix(problem: AssortmentProblem, held: Shelves, found: Shoppers) -> pd.DataFrame:
    rows = [
        {"cluster": name, "shopper_class": f"class {kind + 1}", "share_percent": 100 * float(share)}
        for name, shares in zip(problem.clusters, held.averaged(found.model.mix, found.planned), strict=True)
        for kind, share in enumerate(shares)
    ]
    return pd.DataFrame(rows)


def stores(problem: AssortmentProblem, held: Shelves, scope: Scope, horizon_weeks: int) -> pd.DataFrame:
    price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    mean_price = float(np.average(price, weights=np.maximum(scope.listed.sum(axis=0), 1)))
    return pd.DataFrame({
        "store_id": scope.shops["store_id"],
        "name": scope.shops["name"],
        "cluster": np.array(problem.clusters, dtype=object)[held.label],
        "latitude": scope.shops["lat"],
        "longitude": scope.shops["lon"],
        "weekly_sales_cents": whole(held.demand * mean_price / horizon_weeks),
    })  # fmt: skip


def cluster_curve(held: Shelves) -> pd.DataFrame:
    return pd.DataFrame({"clusters": held.curve.numbers, "profit_cents": whole(held.curve.profit)})
