"""The model of probable links: rates counted by hand, and what is beyond doubt or beyond hope."""

import pytest

from features.identity import fuzzy
from features.identity.fuzzy import COMPARISONS, PRIOR_PAIRS, probable_links
from features.identity.limits import Options
from features.identity.profiles import FIELDS, profiles
from features.identity.shared import LINK_COLUMNS, known_before
from tests.helpers.identities import evidence_of

ANN = {
    "given_name": "Ann",
    "family_name": "Lee",
    "birth_date": "1980-02-03",
    "street": "1 Mill Rd",
    "postcode": "10001",
}


def profiled(rows):
    connection = evidence_of(rows)
    known_before(connection, "evidence", None, "known")
    profiles(connection, "known", "profiles")
    return connection


def linked(one, other):
    connection = profiled([{"account_id": "a", **one}, {"account_id": "b", **other}])
    connection.execute(f"CREATE TABLE found ({LINK_COLUMNS})").fetchall()
    probable_links(connection, "profiles", "found", Options())
    return bool(connection.execute("FROM found").fetchall())


def test_how_often_strangers_agree_is_counted():
    rows = [{"account_id": letter, "postcode": "1"} for letter in "abc"] + [
        {"account_id": "d", "postcode": "2"},
        {"account_id": "e", "email": "e@x.de"},
    ]
    # 3 of the 6 pairs that know their postcode, beside the prior's million
    expected = (3 + 1e-3 * PRIOR_PAIRS) / (6 + PRIOR_PAIRS)
    assert fuzzy._chance(profiled(rows), "profiles", ("postcode",), 1e-3) == pytest.approx(expected)  # noqa: SLF001


def test_the_latest_value_counts():
    from datetime import datetime

    rows = [
        {"account_id": "a", "postcode": "1", "created_at": datetime(2021, 1, 1)},
        {"account_id": "a", "postcode": "2", "created_at": datetime(2022, 1, 1)},
        {"account_id": "b", "postcode": "2"},
    ]
    connection = profiled(rows)
    assert connection.execute("SELECT count(DISTINCT postcode), count(postcode) FROM profiles").fetchall() == [(1, 2)]


def test_every_level_agrees_on_known_fields_and_weighs_for_one_person():
    for comparison in COMPARISONS:
        fields = {field for level in comparison.levels for group in level.agree_on for field in group}
        assert fields <= set(FIELDS)
        assert 0 < comparison.m_differs < 1
        assert all(level.m >= level.prior_u for level in comparison.levels)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"given_name": "Anne"},
        {"birth_date": "1980-02-08"},
        {"birth_date": "1980-03-02"},
        {"street": None, "postcode": None},
        {"family_name": "Smith"},
    ],
    ids=["the same", "sounds alike", "one digit", "day and month swapped", "no address", "married"],
)
def test_one_person(change):
    assert linked(ANN, ANN | change)


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "Bob", "birth_date": "1978-11-30"},
        {"birth_date": "2004-07-19"},
        {"given_name": None, "birth_date": None},
        {"given_name": "Bob", "birth_date": None},
        {"family_name": "Smith", "birth_date": None, "street": None, "postcode": None},
    ],
    ids=["spouse", "mother and daughter of one name", "somebody there", "spouse of unknown age", "a given name"],
)
def test_two_people(change):
    assert not linked(ANN, ANN | change)


def test_parties_without_consent_are_not_compared():
    assert not linked(ANN, ANN | {"party": "chain"})
    assert linked(ANN | {"consent_id": "k"}, ANN | {"party": "chain", "consent_id": "l"})
