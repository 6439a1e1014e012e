"""Real removals of the category: SKUs that went, by written rules, and where their buyers' demand went."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from features.engine import session
from features.errors import DataError
from features.settings import Settings
from features.sql import literal, parquet
from features.warehouse.warehouse import Warehouse
from training.assortments.choice.delistings import REASONS, DelistingRule, Diversion, delistings, diversion
from training.assortments.choice.transfer import Transfer
from training.assortments.stages.scope import Scope
from training.assortments.tables.part import Part, without

RESAMPLES = 2000
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC).replace(tzinfo=None)
_WEEK = timedelta(weeks=1)
TOO_FEW = "Too few to conclude: the interval holds no transfer at all as well."


def removals(settings: Settings, scope: Scope, chain: Transfer) -> Part:
    """`removals`: a row a SKU, intervals as they come out, wide or not; where there is none, why.

    Only ends count whose weeks of silence lie before the cutoff.
    """
    warehouse = Warehouse.open(settings)
    departments = _departments(warehouse, scope)
    rule = DelistingRule(_first_week(warehouse), departments)
    try:
        found = delistings(settings, rule)
    except DataError as error:
        return without(str(error), "removals")
    ended = found.registry[_is_past(found.registry, rule, scope)]
    ended = ended[ended["sku"].isin(_skus(warehouse, scope))]
    mine = ended[ended["reason"] == REASONS[-1]]
    if mine.empty:
        told = f"Of {len(ended)} SKUs of this category that ended sharply none was a delisting"
        said = told if len(ended) else "No SKU of this category ended its sales sharply"
        asked = f"{rule.least_buyers} repeat buyers or more, still shopping, and no new SKU of the same maker beside it"
        return without(f"{said}. A delisting to learn from needs {asked}.", "removals")
    predicted = 100 * (1 - float(np.average(chain.walked, weights=np.maximum(chain.demand, 1e-12))))
    rows = []
    for sku, name, week in zip(mine["sku"], mine["name"], mine["last_week"], strict=True):
        seen = diversion(found, str(sku), rule, RESAMPLES, settings.seed)
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


def _first_week(warehouse: Warehouse) -> datetime:
    """The begin of the week of the first purchase; weeks begin as the first promotion does, without one on Monday."""
    with session() as connection:
        first, promoted = connection.execute(
            f"""SELECT (SELECT min(bought_at) FROM {parquet(warehouse.purchases)}),
                (SELECT min("from") FROM {parquet(warehouse.table("promotions"))})"""
        ).fetchall()[0]
    begins: datetime = promoted or _MONDAY
    weeks: int = (first - begins) // _WEEK
    return begins + weeks * _WEEK


def _of_category(scope: Scope) -> str:
    return " OR ".join(f"{level} = {literal(scope.category)}" for level in ("department", "category", "subcategory"))


def _departments(warehouse: Warehouse, scope: Scope) -> tuple[str, ...]:
    return _texts(warehouse, f"SELECT DISTINCT department FROM skus WHERE {_of_category(scope)} ORDER BY 1")


def _skus(warehouse: Warehouse, scope: Scope) -> tuple[str, ...]:
    return _texts(warehouse, f"SELECT sku FROM skus WHERE {_of_category(scope)} ORDER BY 1")


def _texts(warehouse: Warehouse, query: str) -> tuple[str, ...]:
    with session() as connection:
        connection.execute(f"CREATE VIEW skus AS FROM {parquet(warehouse.skus)}")
        return tuple(str(value) for (value,) in connection.execute(query).fetchall() if value is not None)
