"""The snapshot: every feature family as of a cutoff, one table per grain, written as Parquet."""

import hashlib
import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from types import ModuleType

from ibis import Table
from ibis.backends.duckdb import Backend

from features.clock import EPOCH, Cutoff
from features.contracts.outputs import PROMOTIONS, PURCHASES, SKUS
from features.facts.grains import GRAINS
from features.families import affinity, channel, frequency, popularity, price, promotion, recency, rhythm, store
from features.files import whole_folder
from features.known import Known, promotions_at, purchases_before, visits_of
from features.warehouse.assemble import ibis_table

FAMILIES: tuple[ModuleType, ...] = (
    recency,
    frequency,
    rhythm,
    price,
    promotion,
    affinity,
    channel,
    store,
    popularity,
)


def code_version() -> str:
    """Names the code that makes snapshots and facts: what other code made is never taken for its work."""
    features = Path(__file__).parents[1]
    files = (features / "known.py", *sorted(features.glob("facts/*.py")), *sorted(features.glob("families/*.py")))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    return digest.hexdigest()[:8]


def expressions(known: Known) -> dict[str, Table]:
    """One expression per grain: all families that speak of it, outer-joined on its key."""
    return {name: _joined([f(known) for f in _functions(name)], list(grain.key)) for name, grain in GRAINS.items()}


def unbound(cutoff: Cutoff, plan_days: float = 0.0) -> Known:
    """What is known at a cutoff, over tables that are not there yet."""
    lines = purchases_before(ibis_table(PURCHASES), ibis_table(SKUS), cutoff)
    return Known(cutoff, lines, visits_of(lines), promotions_at(ibis_table(PROMOTIONS), cutoff, plan_days))


def family_of_columns() -> dict[str, str]:
    """`grain.column` -> the family that makes it, of every column of the snapshot."""
    known = unbound(Cutoff(EPOCH))
    return {
        f"{name}.{column}": family.__name__.rpartition(".")[2]
        for family in FAMILIES
        for name, grain in GRAINS.items()
        if hasattr(family, name)
        for column in getattr(family, name)(known).columns
        if column not in grain.key
    }


def _functions(grain: str) -> list[Callable[[Known], Table]]:
    return [getattr(family, grain) for family in FAMILIES if hasattr(family, grain)]


def _joined(tables: list[Table], key: list[str]) -> Table:
    return reduce(lambda left, right: _outer(left, right, key), tables)


def _outer(left: Table, right: Table, key: list[str]) -> Table:
    joined = left.outer_join(right, key)
    merged = {name: joined[name].fill_null(joined[f"{name}_right"]) for name in key}
    return joined.mutate(**merged).drop(*(f"{name}_right" for name in key))


def write_snapshot(engine: Backend, known: Known, folder: Path) -> Path:
    """Write one Parquet file per grain into `folder`, whole or not at all; rows are sorted by key.

    A folder of that name is replaced, and stays as it is where the new one cannot be finished.
    """
    with whole_folder(folder) as partial:
        for grain, table in expressions(known).items():
            engine.to_parquet(table.order_by(list(GRAINS[grain].key)), partial / f"{grain}.parquet")
        (partial / "snapshot.json").write_text(json.dumps({"cutoff": str(known.cutoff)}))
    return folder
