"""Properties of returns: the future changes no feature, and what is kept and what came back is what was bought."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import Cutoff
from features.engine import duckdb_engine
from features.facts.snapshot import expressions
from features.known import Known, known_before
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import RECEIPTS, load, rows
from tests.helpers.worked_tables import Row

MAPPING = RECEIPTS + '[returns]\nfiles = "returns.csv"\n'
DAY = datetime(2025, 3, 1)
CUTOFF = DAY + timedelta(days=10)
Line = tuple[object, ...]
SKUS = st.sampled_from(["milk", "tea"])
LINES = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), st.integers(1, 3), SKUS, st.integers(0, 9), st.integers(0, 3)),
    min_size=1,
    max_size=8,
    unique_by=lambda line: line[:2],
)
"""Receipt, line, SKU, day, units."""


def returned(line: st.SearchStrategy[object], days: st.SearchStrategy[int]) -> st.SearchStrategy[list[Line]]:
    """Receipt, line (or none), SKU, day, units."""
    return st.lists(st.tuples(st.sampled_from(["1", "2"]), line, SKUS, days, st.sampled_from([0.5, 1, 2])), max_size=5)


NUMBERED, UNNUMBERED = st.integers(1, 3), st.just("")
BEFORE, AFTER = st.integers(0, 9), st.integers(10, 40)
PAST, FUTURE = (returned(st.one_of(NUMBERED, UNNUMBERED), days) for days in (BEFORE, AFTER))
EITHER = st.one_of(returned(NUMBERED, BEFORE), returned(UNNUMBERED, BEFORE))


def csv(header: str, lines: list[Line]) -> str:
    days = [(*line[:3], (DAY + timedelta(days=int(str(line[3])))).isoformat(), *line[4:]) for line in lines]
    return header + "\n" + "".join(",".join(map(str, line)) + "\n" for line in days)


def loaded(folder: Path, lines: list[Line], back: list[Line]) -> Warehouse:
    receipts = csv("receipt_id,line,sku,sold_at,units,loyalty_id,paid", [(*line, "ann", 6) for line in lines])
    files = {"receipts.csv": receipts, "returns.csv": csv("receipt_id,line,sku,returned_at,units", back)}
    load(Settings(work=folder, memory_limit="256MB"), MAPPING, files)
    return Warehouse.open(Settings(work=folder))


@contextmanager
def known(folder: Path, warehouse: Warehouse) -> Iterator[Known]:
    with duckdb_engine(folder / "scratch", "256MB", 1) as engine:
        yield known_before(engine, warehouse.folder, Cutoff(CUTOFF))


def features(lines: list[Line], back: list[Line]) -> dict[str, list[Row]]:
    with TemporaryDirectory() as name, known(Path(name), loaded(Path(name), lines, back)) as before:
        grains = {"lines": before.purchases, **expressions(before)}
        found = {name: grains[name].to_pyarrow().to_pylist() for name in ("lines", "customer_sku", "sku")}
    return {name: sorted((_rounded(row) for row in some), key=str) for name, some in found.items()}


def _rounded(row: Row) -> Row:
    return {name: round(value, 9) if isinstance(value, float) else value for name, value in row.items()}


@settings(max_examples=5)
@given(LINES, PAST, FUTURE)
def test_returns_at_or_after_the_cutoff_change_no_feature(
    lines: list[Line], past: list[Line], future: list[Line]
) -> None:
    assert features(lines, past + future) == features(lines, past)


@settings(max_examples=8)
@given(LINES, EITHER)
def test_kept_and_returned_are_what_was_bought(lines: list[Line], past: list[Line]) -> None:
    """To the rounding of money; lines that came back whole are gone, and no line comes back more than once."""
    with TemporaryDirectory() as folder:
        warehouse = loaded(Path(folder), lines, past)
        bought = rows(warehouse.purchases, ("basket_id", "line", "units"))
        back = rows(warehouse.returns, ("basket_id", "line", "units", "paid"))
        with known(Path(folder), warehouse) as before:
            kept = before.purchases.to_pyarrow().to_pylist()
    came_back = {key: sum(row[2] for row in back if row[:2] == key) for key in {row[:2] for row in back}}
    assert all(came_back.get(row[:2], 0) <= row[2] for row in bought)
    assert len(kept) == sum(row[:2] not in came_back or came_back[row[:2]] < row[2] for row in bought)
    assert sum(row["units"] for row in kept) + sum(row[2] for row in back) == sum(row[2] for row in bought)
    assert sum(row["paid"] for row in kept) + float(sum(row[3] for row in back)) == pytest.approx(6 * len(lines))
