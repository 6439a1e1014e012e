"""The roll-out: which stores try the proposal out, with whom they are compared, and what that can detect."""

import math

import numpy as np
import pandas as pd

from training.assortments.optimiser.problem import AssortmentProblem, Floats
from training.assortments.stages.scope import Scope
from training.assortments.stages.shelves import Shelves

WEEKS = 8
SHARE = 0.2
"""Of a cluster's stores, tried out at most; as many are compared."""
MOST_PAIRS = 25
_Z = 1.959964 + 0.841621
"""Two-sided 5 %, power 80 %."""


def trial(
    scope: Scope, held: Shelves, problem: AssortmentProblem, now_profit_cents: Floats, decisions: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `rollout` and `rollout_pairs`; clusters of fewer than two stores are left out.

    Pairs are stores of a cluster whose weekly sales before are most correlated, the closest first (matched pairs). The
    detectable change is that of a paired difference of mean weekly profit, as listed now, over the weeks of the test.
    """
    weekly = _weekly(scope)
    earned = _weekly(scope, np.average(now_profit_cents, axis=0, weights=problem.visits))
    plans, pairs = [], []
    for nth, name in enumerate(problem.clusters):
        members = np.flatnonzero(held.label == nth)
        found = _pairs(weekly, members, max(1, min(round(len(members) * SHARE), MOST_PAIRS)))
        if not found:
            continue
        plans.append(_plan(name, earned, found, decisions[decisions["cluster"] == name]))
        pairs += [
            {
                "cluster": name,
                "test_store": scope.stores[one],
                "control_store": scope.stores[other],
                "correlation": like,
            }
            for one, other, like in found
        ]
    return pd.DataFrame(plans), pd.DataFrame(pairs)


def _weekly(scope: Scope, worth: Floats | None = None) -> Floats:
    """(S, weeks) units of the category, or what they earn where a unit of each SKU is worth (n,)."""
    rows = scope.panel[scope.panel["week"] < scope.cutoff.at]
    if worth is not None:
        rows = rows.assign(units=rows["units"] * worth[rows["sku"].cat.codes])
    table = rows.pivot_table(index="store_id", columns="week", values="units", aggfunc="sum", observed=False)
    return np.asarray(table.fillna(0.0).to_numpy(dtype=np.float64)[:, -26:])


def _pairs(weekly: Floats, members: np.ndarray, most: int) -> list[tuple[int, int, float | None]]:
    """(test, control, correlation), each store once; the size of two stores counts beside the course of their sales."""
    if len(members) < 2:
        return []
    level = np.log1p(weekly[members].mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        like = np.corrcoef(weekly[members])
    like = np.nan_to_num(np.atleast_2d(like))
    score = like - np.abs(level[:, None] - level[None, :])
    score[np.tril_indices(len(members))] = -np.inf
    found: list[tuple[int, int, float | None]] = []
    for at in np.argsort(-score, axis=None, kind="stable").tolist():
        one, other = divmod(at, len(members))
        used = {index for pair in found for index in pair[:2]}
        if len(found) == most or not np.isfinite(score[one, other]):
            break
        if int(members[one]) not in used and int(members[other]) not in used:
            found.append((int(members[one]), int(members[other]), float(like[one, other])))
    return found


def _plan(
    name: str, earned: Floats, found: list[tuple[int, int, float | None]], rows: pd.DataFrame
) -> dict[str, object]:
    now, then = int(rows["profit_now_cents"].sum()), int(rows["profit_proposed_cents"].sum())
    gaps = np.array([earned[one] - earned[other] for one, other, _ in found])
    mean = float(np.mean([earned[one].mean() for one, _, _ in found]))
    error = float(gaps.std(ddof=1)) / math.sqrt(WEEKS * len(found)) if gaps.size > 1 else 0.0
    detectable = 100 * _Z * error / mean if mean > 0 else 0.0
    promised = 100 * (then - now) / now if now else 0.0
    return {
        "cluster": name,
        "test_stores": len(found),
        "control_stores": len(found),
        "weeks": WEEKS,
        "promised_percent": promised,
        "detectable_percent": detectable,
        "stop_rule": (
            f"End early where test stores fall more than {max(detectable, 1.0):.0f} % behind their controls over four "
            "weeks; read the result after the last week only."
        ),
    }
