"""Instants and cutoffs: UTC, to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import EPOCH, Cutoff

INSTANTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-06-01", datetime(2025, 6, 1)),
        ("2025-06-01T08:30:00.000001", datetime(2025, 6, 1, 8, 30, 0, 1)),
        ("2025-06-01T08:30:00Z", datetime(2025, 6, 1, 8, 30)),
        ("2025-06-01T08:30:00+08:00", datetime(2025, 6, 1, 0, 30)),
    ],
)
def test_a_text_without_a_zone_is_utc(text: str, at: datetime) -> None:
    assert Cutoff.parse(text) == Cutoff(at)


@pytest.mark.parametrize("text", ["", "yesterday", "2025-02-30", "01/06/2025"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)iso|day|month"):
        Cutoff.parse(text)


@given(INSTANTS)
def test_days_and_back_is_the_same_microsecond(at: datetime) -> None:
    assert Cutoff.of_days(Cutoff(at).days) == Cutoff(at)


@given(INSTANTS, INSTANTS)
def test_days_have_the_order_of_instants(one: datetime, other: datetime) -> None:
    assert (Cutoff(one).days < Cutoff(other).days) == (one < other)


@given(INSTANTS, INSTANTS)
def test_slugs_differ_and_are_file_names(one: datetime, other: datetime) -> None:
    assert (Cutoff(one).slug == Cutoff(other).slug) == (one == other)
    assert Cutoff(one).slug.isalnum()


@given(INSTANTS)
def test_the_text_of_a_cutoff_can_be_read(at: datetime) -> None:
    assert Cutoff.parse(str(Cutoff(at))) == Cutoff(at)


def test_days_before_and_after() -> None:
    cutoff = Cutoff(EPOCH + timedelta(days=10))
    assert (cutoff.days, cutoff.minus_days(0.5).days, cutoff.plus_days(7).days) == (10, 9.5, 17)


def test_an_instant_with_a_zone_becomes_utc() -> None:
    east = datetime(2025, 6, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert Cutoff(east) == Cutoff(datetime(2025, 6, 1, tzinfo=UTC)) == Cutoff(datetime(2025, 6, 1))
