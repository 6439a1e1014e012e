"""Measures of a resolution, counted by hand: people x (3 accounts), y (2), z (1)."""

import duckdb
import pytest

from experiments.models.identity_accuracy import Accuracy, by_evidence, false_merges, pairwise, whole_customers


@pytest.fixture
def found():
    """`a` and `b` are rightly joined, `c` is missed, `d` and `e` are right, and `z` is falsely joined with them."""
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE truth AS FROM (VALUES ('a', 'x'), ('b', 'x'), ('c', 'x'), ('d', 'y'), ('e', 'y'), ('f', 'z'))
            AS t(subject, person)
    """).fetchall()
    connection.execute("""
        CREATE TABLE customers AS FROM (VALUES ('a', 1), ('b', 1), ('c', 2), ('d', 3), ('e', 3), ('f', 3), ('g', 3))
            AS t(subject, customer_id)
    """).fetchall()
    connection.execute("""
        CREATE TABLE links AS FROM (VALUES ('a', 'b', 'email', 1.0), ('d', 'e', 'email', 1.0),
            ('e', 'f', 'profile', 0.5::DOUBLE),
            ('a', 'f', 'profile', 0.99)) AS t(left_subject, right_subject, type, score)
    """).fetchall()
    return connection


def test_pairs(found):
    # joined: ab, de, df, ef; of one person: ab, ac, bc, de; `g` has no truth and does not count
    assert pairwise(found, "customers", "truth") == Accuracy(found=4, right=2, true=4)


def test_whole_customers(found):
    # none of {a b}, {c}, {d e f} is a person whole and alone
    assert whole_customers(found, "customers", "truth") == Accuracy(found=3, right=0, true=3)
    found.execute("UPDATE customers SET customer_id = 4 WHERE subject = 'f'").fetchall()
    assert whole_customers(found, "customers", "truth") == Accuracy(found=4, right=2, true=3)


def test_each_evidence_alone(found):
    assert by_evidence(found, "links", "truth") == {"email": Accuracy(2, 2, 4), "profile": Accuracy(2, 0, 4)}


def test_false_merges_are_links_inside_a_customer(found):
    rows = false_merges(found, "links", "customers", "truth")
    assert rows.to_dict("records") == [
        {"left_subject": "e", "right_subject": "f", "type": "profile", "score": 0.5, "customer_id": 3}
    ]


def test_rates():
    one = Accuracy(found=4, right=2, true=8)
    assert (one.precision, one.recall, one.f1) == (0.5, 0.25, pytest.approx(1 / 3))
    nothing = Accuracy(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)
    assert Accuracy(1, 0, 1).f1 == 0.0
