import uuid

from hypothesis import given
from hypothesis import strategies as st

from serving.web.identifiers import recommendation_id, request_id, time_ordered_id

INSTANTS = st.integers(min_value=0, max_value=(1 << 48) * 1_000_000 - 1)


@given(INSTANTS)
def test_an_id_is_a_uuid_of_version_7_and_holds_its_millisecond(now_ns):
    made = uuid.UUID(time_ordered_id(now_ns))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == now_ns // 1_000_000


@given(INSTANTS, INSTANTS)
def test_ids_of_later_milliseconds_sort_later(first, second):
    if first // 1_000_000 < second // 1_000_000:
        assert time_ordered_id(first) < time_ordered_id(second)


def test_no_two_answers_of_the_same_instant_share_an_id():
    assert len({recommendation_id(0) for _ in range(5000)}) == 5000


def test_a_safe_request_id_is_kept():
    assert request_id("shop-42_a.b:c", 0) == "shop-42_a.b:c"
    assert request_id("x" * 128, 0) == "x" * 128


def test_an_unsafe_request_id_is_replaced():
    for given_id in ("", "x" * 129, "two words", "line\nbreak", "<b>", "käse", "a\r\nSet-Cookie: x=1"):
        made = request_id(given_id, 0)
        assert made != given_id
        assert uuid.UUID(made).version == 7
