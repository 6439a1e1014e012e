"""Properties of loading: order, repetition and splitting change nothing, and no row is lost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import RECEIPTS, load, of_table, rows

Line = tuple[str, int, str, str, int, Decimal]
"""Order, line, SKU, day, units, paid."""

MAPPING = RECEIPTS + '[web_orders]\nfiles = "orders.csv"\n'
LINES = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.integers(1, 4),
        st.sampled_from(["milk", "bread", "tea"]),
        st.sampled_from(["2025-03-01", "2025-03-02", "2025-04-01"]),
        st.integers(0, 3),
        st.decimals(0, 20, places=2),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda line: line[:2],
)
FEW = settings(max_examples=6)


@contextmanager
def work_folder() -> Iterator[Settings]:
    with TemporaryDirectory() as folder:
        yield Settings(work=Path(folder), memory_limit="256MB")


def receipts(lines: Sequence[Line], *, numbered: bool = True) -> str:
    return _csv(("receipt_id", "line", "sku", "sold_at", "units", "paid"), lines, numbered=numbered)


def orders(lines: Sequence[Line], *, numbered: bool = True) -> str:
    return _csv(("order_id", "line", "sku", "ordered_at", "units", "paid"), lines, numbered=numbered)


def _csv(header: tuple[str, ...], lines: Sequence[Line], *, numbered: bool) -> str:
    kept = [nth for nth, name in enumerate(header) if numbered or name != "line"]
    return "".join(",".join(str(row[nth]) for nth in kept) + "\n" for row in (header, *lines))


def history(folder: Settings) -> list[tuple[object, ...]]:
    return rows(Warehouse.open(folder).purchases)


@FEW
@given(LINES, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_changes_nothing(lines: list[Line], random: object, numbered: bool) -> None:  # noqa: FBT001
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    with work_folder() as one, work_folder() as other:
        digest = load(one, RECEIPTS, {"receipts.csv": receipts(lines, numbered=numbered)}).digest
        assert load(other, RECEIPTS, {"receipts.csv": receipts(shuffled, numbered=numbered)}).digest == digest
        assert history(one) == history(other)


@FEW
@given(LINES, st.integers(1, 3))
def test_duplicates_change_nothing(lines: list[Line], times: int) -> None:
    with work_folder() as one, work_folder() as other:
        digest = load(one, RECEIPTS, {"receipts.csv": receipts(lines)}).digest
        report = load(other, RECEIPTS, {"receipts.csv": receipts(lines * times)})
        assert report.digest == digest
        assert of_table(report, "till_receipts").duplicates == len(lines) * (times - 1)
        again = load(other, RECEIPTS, {"receipts.csv": receipts(lines[::-1])})
        assert (again.changed, again.digest) == (False, digest)
        assert history(one) == history(other)


@FEW
@given(LINES, st.integers(1, 11), st.booleans())
def test_one_load_or_two_come_to_the_same(lines: list[Line], at: int, late_first: bool) -> None:  # noqa: FBT001
    parts = [part for part in (lines[:at], lines[at:]) if part]
    with work_folder() as one, work_folder() as other:
        digest = load(one, RECEIPTS, {"receipts.csv": receipts(lines)}).digest
        for part in reversed(parts) if late_first else parts:
            last = load(other, RECEIPTS, {"receipts.csv": receipts(part)}).digest
        assert last == digest
        assert history(one) == history(other)


@FEW
@given(LINES, LINES, st.booleans())
def test_lines_of_both_channels_are_all_in_the_history(
    offline: list[Line],
    online: list[Line],
    numbered: bool,  # noqa: FBT001
) -> None:
    files = {
        "receipts.csv": receipts(offline, numbered=numbered),
        "orders.csv": orders(online, numbered=numbered),
    }
    with work_folder() as folder:
        load(folder, MAPPING, files)
        found = rows(
            Warehouse.open(folder).purchases,
            "channel, split_part(basket_id, ':', 2), sku, CAST(CAST(bought_at AS DATE) AS VARCHAR), units, paid",
        )
        keys = rows(Warehouse.open(folder).purchases, ("basket_id", "line"))
    brought = [("store", *line) for line in offline] + [("web", *line) for line in online]
    assert Counter(found) == Counter((line[0], line[1], *line[3:]) for line in brought)
    assert len(set(keys)) == len(keys)
    if not numbered:
        counted = Counter(basket for basket, _ in keys)
        assert set(keys) == {(basket, nth) for basket, lines in counted.items() for nth in range(1, lines + 1)}


CELLS = st.sampled_from(["1", "2", "milk", "2025-03-01", "2031-01-01", "-1", "", "x,y", '"'])


@FEW
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS, CELLS), max_size=8))
def test_every_row_is_loaded_a_duplicate_or_in_quarantine(noise: list[tuple[str, ...]]) -> None:
    good = [(f"g{nth}", 1, "milk", "2025-03-01", 1, 1) for nth in range(2 * len(noise) + 1)]
    cells = ("receipt_id", "line", "sku", "sold_at", "units", "paid")
    quoted = [",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in (cells, *good, *noise)]
    with work_folder() as folder:
        report = load(folder, RECEIPTS, {"receipts.csv": "\n".join(quoted) + "\n"})
        counts = of_table(report, "till_receipts")
        held = folder.quarantine / "till_receipts.parquet"
        in_quarantine = len(rows(held)) if held.exists() else 0
    assert counts.read == len(good) + len(noise)
    assert counts.read == counts.added + counts.duplicates + in_quarantine
    assert counts.added >= len(good)
