"""Real removals of the category: SKUs that went, by written rules, and where their buyers' demand went."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from features.errors import DataError
from features.past import Past
from features.sql import literal
from training.assortments.choice.delistings import REASONS, DelistingRule, Diversion, delistings, diversion
from training.assortments.choice.transfer import Transfer
from training.assortments.stages.scope import Scope
from training.assortments.tables.part import Part, without

RESAMPLES = 2000
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC).replace(tzinfo=None)
_WEEK = timedelta(weeks=1)
TOO_FEW = "Too few to conclude: the interval holds no transfer at all as well."


def tables(past: Past, scope: Scope, chain: Transfer) -> Part:
    """`removals`: a row a SKU, intervals as they come out, wide or not; where there is none, why.

    Only ends count whose weeks of silence lie whole before the cutoff.
    """
    rule = DelistingRule(_first_week(past), _departments(past, scope))
    try:
        found = delistings(past, rule)
    except DataError as error:
        return without(str(error), "removals")
    ended = found.registry[_is_past(found.registry, rule, scope)]
    ended = ended[ended["sku"].isin(_skus(past, scope))]
    mine = ended[ended["reason"] == REASONS[-1]]
    if mine.empty:
        told = f"Of {len(ended)} SKUs of this category that ended sharply none was a delisting"
        said = told if len(ended) else "No SKU of this category ended its sales sharply"
        asked = f"{rule.least_buyers} repeat buyers or more, still shopping, and no new SKU of the same maker beside it"
        return without(f"{said}. A delisting to learn from needs {asked}.", "removals")
    predicted = 100 * (1 - float(np.average(chain.walked, weights=np.maximum(chain.demand, 1e-12))))
    rows = []
    for sku, name, week in zip(mine["sku"], mine["name"], mine["last_week"], strict=True):
        seen = diversion(found, str(sku), rule, RESAMPLES, past.settings.seed)
        rows.append(_row(str(sku), name, rule.weeks_from + timedelta(weeks=int(week)), seen, predicted))
    return Part({"removals": pd.DataFrame(rows)})


def _row(sku: str, name: object, gone: datetime, seen: Diversion, predicted: float) -> dict[str, object]:
    low, high = 100 * seen.low, 100 * seen.high
    if low <= 0:
        said = TOO_FEW
    elif low <= predicted <= high:
        said = "In line with what the plan assumes."
    else:
        said = f"{'More' if predicted < low else 'Less'} stayed than the plan assumes."
    return {
        "sku": sku,
        "name": name if isinstance(name, str) else sku,
        "gone_on": gone.date().isoformat(),
        "buyers": seen.buyers,
        "lines_before": seen.lines_before,
        "predicted_percent": predicted,
        "observed_percent": 100 * seen.to_category,
        "low_percent": low,
        "high_percent": high,
        "note": said,
    }


def _is_past(registry: pd.DataFrame, rule: DelistingRule, scope: Scope) -> pd.Series:
    known = (scope.cutoff.at - rule.weeks_from.replace(tzinfo=scope.cutoff.at.tzinfo)).days // 7
    return registry["last_week"] + rule.silent_weeks <= known


def _first_week(past: Past) -> datetime:
    """The begin of the week of the first purchase; weeks begin as the first promotion does, without one on Monday."""
    with past.session() as connection:
        first, promoted = connection.execute(
            """SELECT (SELECT min(bought_at) FROM purchases), (SELECT min("from") FROM promotions)"""
        ).fetchall()[0]
    begins: datetime = promoted or _MONDAY
    weeks: int = (first - begins) // _WEEK
    return begins + weeks * _WEEK


def _of_category(scope: Scope) -> str:
    return " OR ".join(f"{level} = {literal(scope.category)}" for level in ("department", "category", "subcategory"))


def _departments(past: Past, scope: Scope) -> tuple[str, ...]:
    return _texts(past, f"SELECT DISTINCT department FROM skus WHERE {_of_category(scope)} ORDER BY 1")


def _skus(past: Past, scope: Scope) -> tuple[str, ...]:
    return _texts(past, f"SELECT sku FROM skus WHERE {_of_category(scope)} ORDER BY 1")


def _texts(past: Past, query: str) -> tuple[str, ...]:
    with past.session() as connection:
        return tuple(str(value) for (value,) in connection.execute(query).fetchall() if value is not None)
