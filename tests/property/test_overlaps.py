"""Intervals that stand apart: what is left out, found a second way; what is kept never overlaps."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contracts.extract import Extract, Value
from features.contracts.inputs import PRICES
from features.loading.staging import Staged, stage
from features.sql import instant, literal
from tests.helpers.loads import rows

Span = tuple[str, int, int | None]
"""SKU, first day, first day after it (None: until further notice)."""

DAY = datetime(2025, 1, 1)
SPANS = st.lists(
    st.builds(
        lambda sku, first, days: (sku, first, first + days if days else None),
        st.sampled_from(["milk", "tea"]),
        st.integers(0, 9),
        st.one_of(st.none(), st.integers(1, 5)),
    ),
    unique_by=lambda span: span[:2],
    max_size=9,
)


def staged(connection: duckdb.DuckDBPyConnection, spans: list[Span], folder: Path, held: Path | None) -> Staged:
    folder.mkdir()
    days = [
        f"({literal(sku)}, {instant(DAY + timedelta(days=first))}, "
        f"{instant(DAY + timedelta(days=past)) if past else 'NULL'})"
        for sku, first, past in spans
    ]
    nothing = "(SELECT '' AS sku, TIMESTAMP '2025-01-01' AS a, NULL AS b, '' AS _file WHERE false)"
    values = f"(SELECT *, 'prices.csv' AS _file FROM (VALUES {', '.join(days)}) t(sku, a, b))" if days else nothing
    extract = Extract(
        table=PRICES,
        rows=values,
        values={
            "sku": Value("sku"),
            "from": Value("a"),
            "to": Value("CAST(b AS TIMESTAMP)"),
            "price": Value("CAST(1 AS DECIMAL(18,4))"),
        },
        raw_columns=("sku", "a", "b"),
        files=(),
    )
    return stage(connection, extract, folder, DAY, held)


def spans_of(path: Path) -> list[Span]:
    found = rows(path, ("sku", "from", "to", "price"))
    assert all(price == Decimal(1) for *_, price in found)
    return sorted((sku, (first - DAY).days, (past - DAY).days if past else None) for sku, first, past, _ in found)


def clashes(one: Span, others: list[Span], held: list[Span]) -> bool:
    """Whether a span begins inside an earlier one, or reaches into one that was there before."""
    inside = any(sku == one[0] and first < one[1] and past and past > one[1] for sku, first, past in others + held)
    reaches = any(sku == one[0] and first > one[1] and one[2] and first < one[2] for sku, first, past in held)
    return inside or reaches


def left_after(spans: list[Span], held: list[Span]) -> list[Span]:
    """Spans without those that clash; again, for spans that were there before stay where a correction is left out."""
    corrected = {span[:2] for span in spans}
    standing = [span for span in held if span[:2] not in corrected]
    kept = [span for span in spans if not clashes(span, spans, standing)]
    return sorted(kept) if kept == spans else left_after(kept, held)


@settings(max_examples=15)
@given(SPANS, SPANS)
def test_what_overlaps_is_left_out_and_counted(before: list[Span], spans: list[Span]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        first = staged(connection, before, Path(folder) / "one", None)
        held = spans_of(first.path)
        second = staged(connection, spans, Path(folder) / "two", first.path)
        kept, bad = spans_of(second.path), sum(second.bad.by_reason().values())
    assert held == left_after(before, [])
    assert kept == left_after(spans, held)
    assert len(kept) + bad == len(spans)
    merged = kept + [span for span in held if span[:2] not in {one[:2] for one in kept}]
    assert not any(clashes(span, merged, []) for span in merged)


def test_a_price_stays_where_its_correction_is_left_out() -> None:
    """The load would shorten a price to make room for a later one, but an earlier one reaches into it."""
    held = [("milk", 1, 9)]
    assert left_after([("milk", 0, 2), ("milk", 1, 5), ("milk", 6, 8)], held) == []
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        first = staged(connection, held, Path(folder) / "one", None)
        load = [("milk", 0, 2), ("milk", 1, 5), ("milk", 6, 8)]
        assert spans_of(staged(connection, load, Path(folder) / "two", first.path).path) == []
