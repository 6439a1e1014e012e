"""What holds of every resolution: order, repetition and merging lose nothing."""

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.simulator.people import plant_people
from features.identity.clusters import divided
from features.identity.entry import hash_identifiers
from features.identity.evidence import ORIGINS, empty, gather
from features.identity.limits import Options
from features.identity.normalise import REGIONS
from features.identity.resolve import resolve
from tests.helpers.identities import KEY, evidence_of, groups

LETTERS = "abcdefgh"
START = datetime(2020, 1, 1)

accounts = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([None, "x@x.de", "y@x.de", "z@x.de"]),
            "member_number": st.sampled_from([None, None, "1", "2"]),
            "twin_id": st.sampled_from([None, None, "a", "b"]),
            "created_at": st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
        }
    ),
    min_size=1,
    max_size=len(LETTERS),
).map(lambda rows: [{"account_id": letter, **row} for letter, row in zip(LETTERS, rows, strict=False)])


def outcome(rows, at=None):
    connection = evidence_of(rows)
    resolve(connection, "evidence", at, Options(is_fuzzy=False))
    return connection


def assigned(connection):
    return connection.execute("SELECT subject, customer_id FROM customers ORDER BY subject").fetchall()


@settings(max_examples=8)
@given(accounts, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(rows, random):
    connection = outcome(rows)
    before = assigned(connection)
    shuffled = random.sample(rows, len(rows))
    assert assigned(outcome(shuffled)) == before
    resolve(connection, "evidence", None, Options(is_fuzzy=False))
    assert assigned(connection) == before


@settings(max_examples=8)
@given(accounts)
def test_unique_ids_never_meet_and_everyone_has_one_customer(rows):
    connection = outcome(rows)
    numbers = {row["account_id"]: row["member_number"] for row in rows if row["member_number"]}
    found = groups(connection)
    assert all(len({numbers[letter] for letter in group if letter in numbers}) <= 1 for group in found)
    letters = "".join(found)
    assert len(letters) == len(set(letters))
    assert {row["account_id"] for row in rows if row["email"] or row["member_number"] or row["twin_id"]} <= set(letters)


@settings(max_examples=8)
@given(accounts, st.lists(st.sampled_from(LETTERS), max_size=20))
def test_merging_identities_conserves_purchases(rows, buyers):
    connection = outcome(rows)
    connection.execute("CREATE TABLE bought (subject VARCHAR, units INTEGER)").fetchall()
    for units, letter in enumerate(buyers, start=1):
        connection.execute("INSERT INTO bought VALUES (?, ?)", [f"account:own:{letter}", units]).fetchall()
    by_customer = connection.execute("""
        SELECT coalesce(customer_id, subject), count(*), sum(units)
        FROM bought LEFT JOIN customers USING (subject) GROUP BY ALL
    """).fetchall()
    assert sum(lines for _, lines, _ in by_customer) == len(buyers)
    assert sum(units for _, _, units in by_customer) == sum(range(1, len(buyers) + 1))


@pytest.mark.parametrize("threads", [1, 3])
def test_probable_links_do_not_depend_on_order_or_threads(threads):
    planted = plant_people(1500, 5)
    hashed = hash_identifiers(planted.records, KEY, REGIONS["US"])
    shuffled = hashed.take(np.random.default_rng(1).permutation(len(hashed)))
    found = []
    for rows, cores in ((hashed, 2), (shuffled, threads)):
        connection = duckdb.connect(config={"threads": cores})
        empty(connection, "evidence")
        connection.register("rows", rows)
        gather(connection, "rows", ORIGINS[0], "evidence")
        resolve(connection, "evidence")
        links = "SELECT left_subject, right_subject, type, score FROM links ORDER BY ALL"
        found.append((assigned(connection), connection.execute(links).fetchall()))
    assert found[0] == found[1]
    assert len(found[0][1]) > 1000


pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]), max_size=12)


@given(pairs, pairs)
def test_groups_hold_no_veto_and_join_nothing_needlessly(links, vetoes):
    roots = divided(links, vetoes)
    assert set(roots) == {node for pair in links for node in pair}
    assert not [pair for pair in vetoes if pair[0] in roots and roots[pair[0]] == roots.get(pair[1])]
    assert all(root <= node and roots[root] == root for node, root in roots.items())
    if not vetoes:
        assert all(roots[left] == roots[right] for left, right in links)
