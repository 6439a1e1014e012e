"""Properties of codes and grouped rows: they agree with a dictionary."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.facts.facts import Columns, Grouped, Ids

TEXTS = st.text(min_size=1, max_size=4).filter(lambda text: not text.endswith("\0")) | st.sampled_from(
    ["Käse-1", "Käse-10", "茶-1", "0", "00", "sku-001"]
)
KEYS = st.integers(-1, 12)


def ids(texts: list[str]) -> Ids:
    return Ids(np.sort(np.array([text.encode() for text in texts], dtype=np.bytes_)) if texts else np.zeros(0, "S1"))


@given(st.lists(TEXTS, unique=True, max_size=8), st.lists(st.text(max_size=6), max_size=8))
def test_codes_are_positions_of_sorted_ids_and_unknown_texts_have_none(known: list[str], asked: list[str]) -> None:
    expected = {text: code for code, text in enumerate(sorted(known, key=str.encode))}
    mine = ids(known)
    assert [mine.code(text) for text in (*known, *asked)] == [expected.get(text, -1) for text in (*known, *asked)]
    assert [mine.text(code) for code in range(len(mine))] == list(expected)


@given(st.lists(TEXTS, unique=True, max_size=8), st.lists(TEXTS, max_size=8))
def test_many_codes_are_the_codes_of_each(known: list[str], asked: list[str]) -> None:
    mine = ids(known)
    keys = np.array([text.encode() for text in asked], dtype=np.bytes_) if asked else np.zeros(0, "S1")
    found = mine.codes(keys)
    assert found.dtype == np.int32
    assert found.tolist() == [mine.code(text) for text in asked]


@given(st.lists(st.sets(st.integers(0, 9), max_size=6), min_size=1, max_size=5), st.data())
def test_rows_are_found_as_in_a_dictionary(groups: list[set[int]], data: st.DataObject) -> None:
    flat = [(group, key) for group, keys in enumerate(groups) for key in sorted(keys)]
    starts = np.concatenate([[0], np.cumsum([len(keys) for keys in groups])]).astype(np.int64)
    values = np.arange(len(flat), dtype=np.float32)[:, None]
    grouped = Grouped(starts, np.array([key for _, key in flat], dtype=np.int32), Columns(("row",), values))
    group = data.draw(st.integers(-1, len(groups) - 1))
    asked = data.draw(st.lists(KEYS, max_size=6))
    rows, found = grouped.find(group, np.array(asked, dtype=np.int32))
    dictionary = {pair: row for row, pair in enumerate(flat)}
    assert found.tolist() == [(group, key) in dictionary for key in asked]
    assert rows.tolist() == [dictionary.get((group, key), 0) for key in asked]
