"""The screen of new SKUs: described and not sold yet; forecast from attributes, with whom they take from."""

import numpy as np
import pandas as pd

from features.errors import DataError
from features.past import Past
from features.sql import literal
from training.assortments.demand.newcomers import newcomers
from training.assortments.optimiser.problem import AssortmentProblem, Floats
from training.assortments.stages.outcome import Outcome
from training.assortments.stages.scope import ASSUMED_COST_SHARE, CENTS, Scope
from training.assortments.tables.part import Part, without

MOST = 20
"""New SKUs that are shown; the most promising first."""
TEST_WEEKS = 8
TAKES_FROM = 3


def tables(past: Past, scope: Scope, out: Outcome) -> Part:
    """`newcomers`, where the catalogue describes SKUs of the category that were never sold before the cutoff."""
    fresh = fresh_skus(past, scope)
    if not len(fresh):
        return without("No SKU without history is described in the catalogue of this category.", "newcomers")
    try:
        found = newcomers(scope.panel[scope.panel["week"] < scope.cutoff.at], scope.cutoff, scope.catalogue)
    except DataError as error:
        return without(str(error), "newcomers")
    ahead = found.forecast(fresh).groupby("sku", sort=False)[["mean", "p10", "p90"]].mean()
    rows = [_row(sku, name, ahead.loc[sku], scope, out) for sku, name in zip(fresh["sku"], fresh["name"], strict=True)]
    table = pd.DataFrame(rows).sort_values(["net_profit_cents", "sku"], ascending=[False, True], ignore_index=True)
    return Part({"newcomers": table.head(MOST)})


def fresh_skus(past: Past, scope: Scope) -> pd.DataFrame:
    """SKUs of the category of which nothing was sold and kept before the cutoff, and that are not discontinued."""
    levels = " OR ".join(f"{level} = {literal(scope.category)}" for level in ("department", "category", "subcategory"))
    with past.session() as connection:
        return connection.execute(
            f"""SELECT sku, coalesce(name, sku) AS name, brand, subcategory, pack FROM skus
            WHERE ({levels}) AND sku NOT IN (SELECT sku FROM purchases)
                AND (discontinued_on IS NULL OR discontinued_on > DATE '{scope.cutoff.at.date()}') ORDER BY sku"""
        ).df()


def _row(sku: str, name: str, ahead: pd.Series, scope: Scope, out: Outcome) -> dict[str, object]:
    """Its sales are as its attributes say; what others lose is as the chain's shoppers choose between them."""
    problem = out.problem
    taken, lost = _taken(problem, out.proposed)
    price = float(scope.catalogue["price_cents"].median())
    margin = price * (1 - ASSUMED_COST_SHARE)
    store_weeks = float(problem.stores_per_cluster.sum()) * problem.horizon_days / 7
    ends = [float(ahead[level]) for level in ("p10", "mean", "p90")]
    net = sorted(store_weeks * rate * (margin - lost) for rate in ends)
    best = np.argsort(-taken, kind="stable")[:TAKES_FROM].tolist()
    row: dict[str, object] = {
        "sku": sku,
        "name": name,
        "attributes": "brand, subcategory, pack",
        "rate_of_sale_units": ends[1],
        "low_units": min(ends[0], ends[1]),
        "high_units": max(ends[2], ends[1]),
        "net_profit_cents": round(store_weeks * ends[1] * (margin - lost)),
        "low_cents": round(net[0]),
        "high_cents": round(net[-1]),
        "test_stores": max(round(0.1 * len(scope.stores)), 1),
        "test_weeks": TEST_WEEKS,
        "plan": (
            "No test: what it takes from the others is worth more than what it brings, at the high end too."
            if net[-1] < 0
            else f"Price it near {price / CENTS:.2f}, list it in the test stores for {TEST_WEEKS} weeks, and compare "
            "the category with as many stores like them."
        ),
    }
    for nth, other in enumerate(best, start=1):
        row[f"takes_from_{nth}"] = problem.skus[other] if taken[other] > 0 else None
        row[f"takes_from_{nth}_percent"] = 100 * float(taken[other]) if taken[other] > 0 else None
    return row


def _taken(problem: AssortmentProblem, listed: np.ndarray) -> tuple[Floats, float]:
    """(n,) of a newcomer's sales, what each SKU loses; and what that costs a unit sold, in cents.

    An average SKU is added: a share P of its sales would have left with nothing, the rest comes from the others in
    proportion to what shoppers choose now (multinomial logit by class).
    """
    weight = np.where(listed[:, None, :], problem.weight, 0.0)
    chosen = weight / (1 + weight.sum(axis=2, keepdims=True))
    share = (problem.visits[:, None] * problem.mix) / problem.visits.sum()
    taken = np.einsum("ck,ckn->n", share, chosen)
    lost = float(np.einsum("ck,ckn,cn->", share, chosen, problem.unit_profit_cents))
    return np.asarray(taken, dtype=np.float64), lost
