"""Properties of labels: what is bought in [cutoff, end) under the customers of the cutoff, and nothing else."""

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts.facts import Facts
from features.past import Past
from features.settings import Settings
from tests.helpers.worked_tables import CUTOFF, facts_of, write_warehouse

HEADER = "customer | basket | sku | days_ago"
KNOWN = f"""
    {HEADER}
    ann | a0 | tea  | 9
    bob | b0 | milk | 9
    bob | b1 | ale  | 3
"""
END_DAYS = 7
LINE = st.tuples(
    st.sampled_from(["", "ann", "bob", "zoe"]),
    st.sampled_from(["x", "y"]),
    st.sampled_from(["tea", "milk", "new"]),
    st.sampled_from([9.0, 0.5, 0.0, -0.5, -3.0, -6.999, -7.0, -8.0]),
)
LINES = st.lists(LINE, max_size=12)


@cache
def known() -> Facts:
    with TemporaryDirectory() as name:
        return facts_of(Path(name), KNOWN)


def labels(lines: list[tuple[str, str, str, float]]) -> set[tuple[str, str]]:
    """Pairs of customer and SKU; `?` is a SKU without a code, once for each."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        text = "\n".join([HEADER, *(" | ".join(map(str, line)) for line in lines)])
        past = Past(Settings(work=folder), write_warehouse(folder / "warehouse", text), CUTOFF)
        customer, sku = past.labels_until(known(), CUTOFF.plus_days(END_DAYS))
        assert list(zip(customer, sku, strict=True)) == sorted(zip(customer, sku, strict=True))
        return {
            (known().customers.text(int(who)), known().skus.text(int(what)) if what >= 0 else "?")
            for who, what in zip(customer, sku, strict=True)
        }


@settings(max_examples=12)
@given(LINES)
def test_labels_are_what_a_slow_reading_finds(lines: list[tuple[str, str, str, float]]) -> None:
    """The first instant of the window counts, that of its end does not; strangers and the anonymous have none."""
    bought = {
        (who, sku if sku != "new" else "?")
        for who, _, sku, days_ago in lines
        if who in {"ann", "bob"} and 0 >= days_ago > -END_DAYS
    }
    assert labels(lines) == bought


@settings(max_examples=8)
@given(LINES, st.randoms(use_true_random=False))
def test_order_and_repeated_rows_change_no_label(lines: list[tuple[str, str, str, float]], random: Random) -> None:
    assert labels(random.sample(lines + lines, 2 * len(lines))) == labels(lines)


def test_at_the_very_edges() -> None:
    assert labels([("ann", "x", "tea", 0.0)]) == {("ann", "tea")}
    assert labels([("ann", "x", "tea", -END_DAYS)]) == set()
    assert labels([("ann", "x", "tea", 1 / 86_400)]) == set()
    assert labels([("ann", "x", "tea", 1 / 86_400 - END_DAYS)]) == {("ann", "tea")}
