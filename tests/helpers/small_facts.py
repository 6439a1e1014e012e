"""Facts of one customer, one store and two SKUs, column by column, for what is computed from them."""

from collections.abc import Mapping
from functools import cache

import numpy as np

from features.facts.facts import COLUMNS, Columns, Facts, Grouped, Ids, Level, missing_value
from features.facts.grains import GRAINS, levels, pairs
from features.facts.snapshot import expressions
from tests.helpers.worked_tables import CUTOFF, unbound

MILK, TEA = 0, 1
ANN, NORTH = 0, 0


def small_facts(values: Mapping[str, float]) -> Facts:
    """What is known of ann, the store north and milk, which is of the shelf Dairy and the brand Farm.

    values  "grain.column" -> value; the other columns have what a missing value means. Of tea, which has
            neither shelf nor brand, nothing is known.
    """
    unknown = {name for name in values if name.split(".")[1] not in columns(name.split(".")[0])}
    if unknown:
        message = f"no columns of the facts: {sorted(unknown)}"
        raise ValueError(message)
    rows = {grain: _columns(grain, values) for grain in GRAINS}
    rows["sku"] = Columns(rows["sku"].names, np.concatenate([rows["sku"].values, rows["sku"].blank()[None, :]]))
    one, first = np.array([0, 1], dtype=np.int64), np.zeros(1, dtype=np.int32)
    on_shelf, alone = np.array([0, -1], dtype=np.int32), {name: rows[name] for name in COLUMNS}
    return Facts(
        cutoff_days=CUTOFF.days,
        customers=_ids("ann"),
        skus=_ids("milk", "tea"),
        stores=_ids("north"),
        levels={key.column: Level(_ids("Farm" if key.column == "brand" else "Dairy"), on_shelf) for key in levels()},
        home_store=first,
        store_lat=np.zeros(1, dtype=np.float32),
        store_lon=np.zeros(1, dtype=np.float32),
        pairs={name: Grouped(one, first, rows[name]) for name in pairs()},
        **alone,
    )


@cache
def columns(grain: str) -> tuple[str, ...]:
    """The columns that the facts have of a grain."""
    keys = {*GRAINS[grain].key, "home_store"}
    return tuple(name for name in expressions(unbound())[grain].columns if name not in keys)


def _ids(*texts: str) -> Ids:
    return Ids(np.array([text.encode() for text in texts]))


def _columns(grain: str, values: Mapping[str, float]) -> Columns:
    names = columns(grain)
    row = [values.get(f"{grain}.{name}", missing_value(name)) for name in names]
    return Columns(names, np.array([row], dtype=np.float32))
