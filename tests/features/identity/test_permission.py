"""What persons permit as of an instant, worked by hand; above all at the very instant.

A cutoff is the first instant that is not seen: a consent given at it does not count yet, and neither does one's end.
"""

from datetime import datetime, timedelta

import duckdb
import pytest

from features.identity.permission import POOLING, RECOMMENDATIONS, TRAINING, answers, permitted

AT = datetime(2025, 5, 1, 12)
MOMENT = timedelta(microseconds=1)
ANN, CARD = "account:own:ann", "card:own:L1"


def consents(*rows):
    """(holder, id, purpose, granted_at, withdrawn_at, consent_id) of our own party."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE consents (party VARCHAR, holder VARCHAR, id VARCHAR, purpose VARCHAR, granted_at TIMESTAMP, "
        "withdrawn_at TIMESTAMP, consent_id VARCHAR)"
    ).fetchall()
    for row in rows:
        connection.execute("INSERT INTO consents VALUES ('own', ?, ?, ?, ?, ?, ?)", list(row)).fetchall()
    return connection


def names(connection, purpose=POOLING, at=AT):
    permitted(connection, "consents", purpose, at, "found")
    return {name for (name,) in connection.execute("FROM found").fetchall()}


def said(connection, purpose=TRAINING, at=AT):
    rows = connection.execute(answers("consents", purpose, at)).fetchall()
    return {subject: permits for _, subject, permits in rows}


@pytest.mark.parametrize(
    ("granted", "withdrawn", "stands"),
    [
        (AT - MOMENT, None, True),
        (AT, None, False),
        (AT + MOMENT, None, False),
        (AT - MOMENT, AT - MOMENT, False),
        (AT - MOMENT, AT, True),
        (AT - MOMENT, AT + MOMENT, True),
    ],
    ids=["just before", "at it", "after it", "taken back before", "taken back at it", "taken back after"],
)
def test_a_consent_stands_at_an_instant_by_what_is_known_before_it(granted, withdrawn, stands):
    connection = consents(("account", "ann", POOLING, granted, withdrawn, None))
    assert names(connection) == ({ANN} if stands else set())


def test_as_of_now_a_consent_stands_that_was_not_taken_back():
    connection = consents(
        ("account", "ann", POOLING, AT, None, None), ("loyalty_card", "L1", POOLING, AT, AT + MOMENT, None)
    )
    assert names(connection, at=None) == {ANN}


def test_a_standing_consent_is_named_by_its_holder_and_by_its_own_id():
    connection = consents(
        ("account", "ann", POOLING, AT - MOMENT, None, "k"), ("loyalty_card", "L1", TRAINING, AT - MOMENT, None, "l")
    )
    assert names(connection) == {ANN, "consent:own:k"}
    assert names(connection, TRAINING) == {CARD, "consent:own:l"}


@pytest.mark.parametrize(
    ("granted", "expected"), [(AT - MOMENT, {ANN: True}), (AT, {}), (AT + MOMENT, {})], ids=["before", "at", "after"]
)
def test_a_consent_given_at_the_cutoff_was_not_asked_before_it(granted, expected):
    assert said(consents(("account", "ann", TRAINING, granted, None, None))) == expected


@pytest.mark.parametrize("after", [-MOMENT, timedelta(0), MOMENT, timedelta(days=99)])
def test_what_was_taken_back_permits_nothing_however_late(after):
    assert said(consents(("account", "ann", TRAINING, AT - timedelta(days=9), AT + after, None))) == {ANN: False}


def test_a_permission_that_was_given_anew_counts():
    connection = consents(
        ("account", "ann", TRAINING, AT - timedelta(days=9), AT - timedelta(days=5), None),
        ("account", "ann", TRAINING, AT - timedelta(days=3), None, None),
        ("loyalty_card", "L1", RECOMMENDATIONS, AT - timedelta(days=3), None, None),
    )
    assert said(connection) == {ANN: True}
    assert said(connection, RECOMMENDATIONS) == {CARD: True}


def test_the_purposes_are_those_of_the_contract():
    assert (POOLING, TRAINING, RECOMMENDATIONS) == ("pooling", "training", "recommendations")
