"""The festival screen: uplift of past events, stock for the next one, what only moves in time or between channels."""

import math

import numpy as np
import pandas as pd

from features.contracts.columns import STORE, WEB
from features.errors import DataError
from features.past import Past
from training.assortments.festival.daily import NOT_TOLD
from training.assortments.festival.experience import Experience, experience
from training.assortments.festival.plan import Ask, festival_plan
from training.assortments.optimiser.value import units
from training.assortments.stages.outcome import Outcome
from training.assortments.stages.scope import Scope
from training.assortments.stages.terms import LEFT_OVER_LOSS
from training.assortments.tables.part import Part, without

NAMES = ("festival_uplifts", "festival_flows", "festival_stock")


def tables(past: Past, scope: Scope, out: Outcome) -> Part:
    """The three tables; where no past event tells anything, why."""
    try:
        seen = experience(past, scope.category)
    except DataError as error:
        return without(str(error), *NAMES)
    if not seen.uplift.events:
        return without(" ".join(seen.notes) or "No past event is in the calendar.", *NAMES)
    name = seen.events[-1].name
    days = _days(seen)
    uplifts, flows = _uplifts(seen, name), _flows(seen, name, scope)
    stock = _stock(seen, name, days, scope, out)
    made = {"festival_uplifts": uplifts, "festival_flows": flows, "festival_stock": stock}
    why = " ".join(seen.notes) or "Past events say nothing of it."
    return Part(
        {key: rows for key, rows in made.items() if len(rows)}, {key: why for key in NAMES if not len(made[key])}
    )


def _days(seen: Experience) -> float:
    last = seen.events[-1]
    return max((last.end - last.start).total_seconds() / 86_400, 1.0)


def _uplifts(seen: Experience, name: str) -> pd.DataFrame:
    cells = seen.uplift.cells
    return pd.DataFrame({
        "event": name,
        "channel": cells["channel"],
        "depth_percent": [_depth_percent(str(depth)) for depth in cells["depth"]],
        "uplift": cells["times"],
        "low": cells["low"],
        "high": cells["high"],
        "events_seen": int(seen.uplift.events),
    }).drop_duplicates(["event", "channel", "depth_percent"])  # fmt: skip


def _depth_percent(depth: str) -> float:
    """The lower end of a class of depths; 0 where none is told."""
    return {"10 to 25 %": 10.0, "over 25 %": 25.0}.get(depth, 0.0)


def _flows(seen: Experience, name: str, scope: Scope) -> pd.DataFrame:
    """Of the last event: gross units above usual, what was pulled forward, what came from the other channel."""
    net = seen.dips.net
    if net.empty:
        return pd.DataFrame()
    last = net[net["event"] == name]
    margin = (scope.catalogue["price_cents"] - scope.catalogue["unit_cost_cents"]).mean()
    rows = []
    for row in last.to_dict("records"):
        gross, dip = float(row["gained"]), float(row["missing around it"])
        moved = _moved(seen.transfer, name, str(row["channel"]))
        half = (float(row["high"]) - float(row["low"])) / 2
        rest = gross - dip - moved
        rows.append({
            "event": name,
            "channel": row["channel"],
            "gross_units": gross,
            "pulled_forward_units": dip,
            "transferred_units": moved,
            "net_units": rest,
            "low_units": rest - half,
            "high_units": rest + half,
            "net_profit_cents": round(rest * (0.0 if math.isnan(margin) else margin)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _moved(transfer: pd.DataFrame, name: str, channel: str) -> float:
    """Lines that the channel took from the other: what moved online is a loss of stores."""
    if transfer.empty or channel not in {STORE, WEB}:
        return 0.0
    online = float(transfer.loc[transfer["event"] == name, "moved"].sum())
    return online if channel == WEB else -online


def _stock(seen: Experience, name: str, days: float, scope: Scope, out: Outcome) -> pd.DataFrame:
    """A typical store of each cluster."""
    problem = out.problem
    daily = units(problem, out.proposed) / problem.stores_per_cluster[:, None] / problem.horizon_days
    catalogue = scope.catalogue
    cost = catalogue["unit_cost_cents"].fillna(0.0).to_numpy(dtype=np.float64)
    margin = np.maximum(catalogue["price_cents"].fillna(0.0).to_numpy(dtype=np.float64) - cost, 0.01)
    loss = np.maximum(LEFT_OVER_LOSS * cost, 0.01)
    ask = Ask(
        stores=problem.clusters,
        skus=problem.skus,
        category=(scope.category,) * len(problem.skus),
        depth=(NOT_TOLD,) * len(problem.skus),
        days=days,
        usual_units=daily * days,
        margin=margin,
        loss=loss,
    )
    stock = festival_plan(seen, ask).tables["stock"]
    stock = stock[stock["stock units"] > 0]
    at = pd.Index(problem.skus).get_indexer(pd.Index(stock["sku"]))
    return pd.DataFrame({
        "event": name,
        "cluster": stock["store_id"],
        "sku": stock["sku"],
        "name": catalogue["name"].fillna(catalogue["sku"]).to_numpy()[at],
        "expected_units": stock["expected units"],
        "low_units": stock["low"],
        "high_units": stock["high"],
        "stock_units": stock["stock units"],
        "quantile_percent": 100 * (margin / (margin + loss))[at],
        "stock_out_percent": 100 * stock["stock-out risk"],
    })  # fmt: skip
