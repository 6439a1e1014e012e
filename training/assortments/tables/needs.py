"""Tables of need states, and of where demand goes when a SKU is missing."""

import numpy as np
import pandas as pd

from training.assortments.choice.need_states import NeedStates
from training.assortments.choice.transfer import Transfer
from training.assortments.optimiser.problem import Floats
from training.assortments.report.screens.needs import WALKS
from training.assortments.stages.outcome import Outcome
from training.assortments.stages.scope import Scope
from training.assortments.tables.decisions import Evidence

SHOWN_TRANSFERS = 12
"""Destinations of a SKU that are shown; what is left goes to the last row, so that all rows make 100 %."""
OTHERS = "(others)"


def needs(out: Outcome, why: Evidence, chain: Transfer, scope: Scope) -> pd.DataFrame:
    """`needs`: the category and its need states."""
    states = why.needs
    price = scope.catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    about = pd.DataFrame({
        "demand": chain.demand / max(chain.demand.sum(), 1e-12),
        "sales": out.sold_now.sum(axis=0) * price,
        "walked": chain.walked,
        "now": out.now.any(axis=0),
        "proposed": out.proposed.any(axis=0),
    })  # fmt: skip
    duplication = _kept_within(chain, states)
    rows = [_need(about) | {"need_state": "category", "name": scope.category, "distance": 1.0}]
    for state in range(states.count):
        members = np.flatnonzero(states.label == state)
        row = _need(about.iloc[members]) | {
            "need_state": f"need {state + 1}",
            "name": _named(scope, members, about["demand"].to_numpy()),
            "parent": "category",
            "distance": _distance(states, members),
            "duplication_percent": 100 * float(duplication[state]),
        }
        if not row["skus_proposed"]:
            row["gap"] = "Nothing of this need is proposed in any cluster."
        rows.append(row)
    return pd.DataFrame(rows)


def _need(about: pd.DataFrame) -> dict[str, object]:
    weight = float(about["demand"].sum())
    return {
        "parent": None,
        "skus_now": int(about["now"].sum()),
        "skus_proposed": int(about["proposed"].sum()),
        "demand_percent": 100 * weight,
        "sales_cents": round(float(about["sales"].sum())),
        "walk_percent": 100 * float((about["demand"] * about["walked"]).sum()) / max(weight, 1e-12),
        "gap": None,
    }


def _kept_within(chain: Transfer, states: NeedStates) -> Floats:
    """(states,) the share of a state's demand that its other SKUs would take."""
    kept = []
    for state in range(states.count):
        members = np.flatnonzero(states.label == state)
        weight = chain.demand[members]
        within = chain.moved[np.ix_(members, members)].sum(axis=1)
        kept.append(float((weight * within).sum() / max(weight.sum(), 1e-12)))
    return np.array(kept)


def _distance(states: NeedStates, members: np.ndarray) -> float:
    """1 / (1 + mean closeness) of its pairs, as the tree measures it."""
    if len(members) < 2:
        return 0.0
    close = states.closeness[np.ix_(members, members)]
    pairs = close[~np.eye(len(members), dtype=bool)]
    return float(1 / (1 + pairs.mean()))


def _named(scope: Scope, members: np.ndarray, demand: Floats) -> str:
    best = members[np.argmax(demand[members])]
    return f"like {scope.catalogue['name'].iloc[int(best)]}"


def transfers(chain: Transfer, skus: tuple[str, ...]) -> pd.DataFrame:
    """`transfers`, over the chain: the largest shares, the others together, and what walks."""
    rows = []
    for sku in np.flatnonzero(chain.demand > 0).tolist():
        share = chain.moved[sku]
        best = [other for other in np.argsort(-share, kind="stable")[:SHOWN_TRANSFERS].tolist() if share[other] > 0]
        rows += [(skus[sku], skus[other], 100 * float(share[other])) for other in best]
        rest = float(share.sum() - share[best].sum())
        if rest > 0:
            rows.append((skus[sku], OTHERS, 100 * rest))
        rows.append((skus[sku], WALKS, 100 * float(chain.walked[sku])))
    return pd.DataFrame(rows, columns=["sku", "to_sku", "transfer_percent"])
