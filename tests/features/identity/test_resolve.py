"""Who is one customer, worked out by hand on a few accounts."""

from datetime import datetime

import pytest

from features.identity.limits import SHARED_BY_AT_MOST, Options
from features.identity.resolve import resolve, unmerge
from tests.helpers.identities import add, customer_of, evidence_of, groups, named

STRONG_ONLY = Options(is_fuzzy=False)
LATER = datetime(2024, 1, 1)

ANN = {
    "given_name": "Ann",
    "family_name": "Lee",
    "birth_date": "1980-02-03",
    "street": "1 Mill Rd",
    "postcode": "10001",
}


def resolved(rows, options=STRONG_ONLY, at=None):
    connection = evidence_of(rows)
    resolve(connection, "evidence", at, options)
    return connection


def test_one_email_is_one_customer_however_it_is_written():
    rows = [{"account_id": "a", "email": "Ann@x.de"}, {"account_id": "b", "email": " ann@X.de"}, {"account_id": "c"}]
    assert groups(resolved([*rows[:2], {"account_id": "c", "email": "bob@x.de"}])) == {"ab", "c"}


def test_links_hang_together():
    rows = [
        {"account_id": "a", "email": "x@x.de"},
        {"account_id": "b", "email": "x@x.de", "member_number": "7"},
        {"account_id": "c", "member_number": "7"},
    ]
    assert groups(resolved(rows)) == {"abc"}


def test_a_phone_alone_joins_nobody():
    rows = [{"account_id": letter, "phone": "4155552671"} for letter in "ab"]
    assert groups(resolved(rows)) == {"a", "b"}
    assert groups(resolved(rows, Options())) == {"a", "b"}


def test_a_household_stays_apart():
    home = {"family_name": "Lee", "phone": "4155552671", "street": "1 Mill Rd", "postcode": "10001"}
    rows = [
        {"account_id": "a", **home, "given_name": "Ann", "birth_date": "1980-02-03"},
        {"account_id": "b", **home, "given_name": "Bob", "birth_date": "1978-11-30"},
        {"account_id": "c", **home},
    ]
    assert groups(resolved(rows, Options())) == {"a", "b", "c"}


def test_name_birth_date_and_address_are_enough():
    rows = [
        {"account_id": "a", **ANN},
        {"account_id": "b", **ANN, "given_name": "ann", "street": "1, mill road"},
        {"account_id": "c", **ANN, "given_name": "Zoe", "birth_date": "2001-07-09"},
    ]
    assert groups(resolved(rows, Options())) == {"ab", "c"}


def test_a_mistyped_birth_date_and_a_nickname_are_forgiven():
    rows = [
        {"account_id": "a", **ANN, "given_name": "Robert", "phone": "4155552671"},
        {"account_id": "b", **ANN, "given_name": "Bob", "birth_date": "1980-02-08", "phone": "4155552671"},
    ]
    assert groups(resolved(rows, Options())) == {"ab"}


def test_different_member_numbers_never_merge():
    rows = [
        {"account_id": "a", **ANN, "email": "a@x.de", "member_number": "1"},
        {"account_id": "b", **ANN, "email": "a@x.de", "member_number": "2"},
    ]
    assert groups(resolved(rows, Options())) == {"a", "b"}


def test_a_veto_divides_what_hangs_together_through_a_third():
    rows = [
        {"account_id": "a", "email": "x@x.de", "member_number": "1"},
        {"account_id": "b", "email": "x@x.de", "twin_id": "c"},
        {"account_id": "c", "email": "y@x.de", "member_number": "2"},
    ]
    connection = resolved(rows)
    assert groups(connection) == {"a", "bc"}  # the channel's own word is stronger than an e-mail address


def test_one_email_of_two_people():
    rows = [
        {"account_id": "a", "email": "x@x.de", "given_name": "Ann", "birth_date": "1980-02-03"},
        {"account_id": "b", "email": "x@x.de", "given_name": "Bob", "birth_date": "1978-11-30"},
        {"account_id": "c", "email": "x@x.de", "given_name": "Bob", "birth_date": "1978-11-30"},
    ]
    assert groups(resolved(rows)) == {"a", "bc"}


def test_an_identifier_of_too_many_says_nothing():
    most = SHARED_BY_AT_MOST["email"]
    rows = [{"account_id": letter, "email": "till@x.de"} for letter in "abcdefghijkl"]
    assert groups(resolved(rows[:most])) == {"abcdefghijkl"[:most]}
    connection = resolved(rows[: most + 1])
    assert groups(connection) == set("abcdefghijkl"[: most + 1])
    assert connection.execute("SELECT type, subjects FROM too_common").fetchall()[0] == ("email", most + 1)


def test_a_card_that_an_account_names():
    assert groups(resolved([{"account_id": "b", "twin_id": "a"}, {"account_id": "c", "email": "c@x.de"}])) == {
        "ab",
        "c",
    }


def test_the_card_of_a_cashier_joins_nobody():
    rows = [{"account_id": letter, "twin_id": "z"} for letter in "abcdefghi"]
    assert groups(resolved(rows[:8])) == {"abcdefghz"}
    assert groups(resolved(rows)) == set("abcdefghiz")


def test_parties_are_pooled_only_with_consent():
    rows = [
        {"account_id": "a", "email": "x@x.de"},
        {"account_id": "b", "email": "x@x.de", "party": "chain", "consent_id": "k1"},
        {"account_id": "c", "email": "x@x.de", "party": "mall", "consent_id": "k2"},
    ]
    assert groups(resolved(rows)) == {"a", "bc"}


def test_an_address_passed_on_joins_nobody():
    rows = [
        {"account_id": "a", "email": "x@x.de", "closed_at": datetime(2021, 1, 1)},
        {"account_id": "b", "email": "x@x.de", "created_at": datetime(2022, 1, 1)},
    ]
    assert groups(resolved(rows)) == {"a", "b"}


def test_identity_is_as_of_the_cutoff():
    rows = [
        {"account_id": "a", "email": "x@x.de", "created_at": datetime(2020, 1, 1)},
        {"account_id": "b", "email": "x@x.de", "created_at": datetime(2022, 1, 1)},
    ]
    assert groups(resolved(rows, at=datetime(2022, 1, 1))) == {"a"}
    assert groups(resolved(rows, at=datetime(2022, 1, 1, 0, 0, 1))) == {"ab"}


def test_evidence_learned_later_changes_nothing_before():
    early = [{"account_id": "a", "email": "x@x.de"}, {"account_id": "b", "phone": "4155552671"}]
    late = {"account_id": "b", "email": "x@x.de", "created_at": datetime(2023, 1, 1)}
    assert groups(resolved([*early, late], at=datetime(2022, 1, 1))) == {"a", "b"}
    assert groups(resolved([*early, late], at=LATER)) == {"ab"}


def test_the_oldest_id_survives_and_the_alias_remembers():
    connection = evidence_of(
        [
            {"account_id": "z", "email": "z@x.de", "created_at": datetime(2019, 1, 1)},
            {"account_id": "b", "email": "b@x.de", "created_at": datetime(2021, 1, 1)},
        ]
    )
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert groups(connection) == {"z", "b"}
    add(connection, [{"account_id": "b", "email": "z@x.de", "created_at": datetime(2022, 1, 1)}])
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert groups(connection) == {"bz"}
    assert customer_of(connection, "b") == "z"
    assert connection.execute("SELECT alias, customer_id FROM aliases").fetchall() == [(named("b"), named("z"))]


def test_an_older_account_that_is_loaded_later_takes_no_id_away():
    connection = evidence_of([{"account_id": "b", "email": "x@x.de", "created_at": datetime(2021, 1, 1)}])
    resolve(connection, "evidence", None, STRONG_ONLY)
    add(connection, [{"account_id": "a", "email": "x@x.de", "created_at": datetime(2019, 1, 1)}])
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert customer_of(connection, "a") == customer_of(connection, "b") == "b"


def two_families():
    connection = evidence_of(
        [
            {"account_id": "a", "email": "x@x.de"},
            {"account_id": "b", "email": "x@x.de", "member_number": "7"},
            {"account_id": "c", "member_number": "7"},
            {"account_id": "p", "email": "p@x.de"},
            {"account_id": "q", "email": "p@x.de"},
        ]
    )
    resolve(connection, "evidence", None, STRONG_ONLY)
    return connection


def test_unmerge_derives_only_its_own_customer_again():
    connection = two_families()
    connection.execute("UPDATE customers SET issued = 99 WHERE subject IN (?, ?)", [named("p"), named("q")]).fetchall()
    touched = unmerge(connection, "evidence", (named("b"), named("a")), LATER, "two sisters")
    assert touched == (named("a"), named("b"), named("c"))
    assert groups(connection) == {"a", "bc", "pq"}
    others = "SELECT subject, customer_id, issued FROM customers WHERE issued = 99 ORDER BY subject"
    assert connection.execute(others).fetchall() == [(named("p"), named("p"), 99), (named("q"), named("p"), 99)]


def test_what_was_unmerged_stays_apart():
    connection = two_families()
    unmerge(connection, "evidence", (named("a"), named("b")), LATER, "two sisters")
    before = connection.execute("SELECT subject, customer_id FROM customers ORDER BY subject").fetchall()
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert connection.execute("SELECT subject, customer_id FROM customers ORDER BY subject").fetchall() == before


def test_unmerge_knows_what_was_too_common():
    office = [{"account_id": str(nth), "member_number": "0000"} for nth in range(9)]
    sisters = [{"account_id": letter, "email": "x@x.de"} for letter in "ab"]
    own = [{"account_id": "a", "member_number": "0000"}, {"account_id": "c", "email": "x@x.de", "member_number": "5"}]
    connection = resolved([*office, *sisters, *own])
    common = connection.execute("FROM too_common").fetchall()
    assert [(kind, subjects) for kind, _, subjects in common] == [("member_number", 10)]
    assert groups(connection) == {"abc", *"012345678"}
    unmerge(connection, "evidence", (named("a"), named("b")), LATER, "two sisters")
    assert groups(connection) == {"ac", "b", *"012345678"}
    assert connection.execute("FROM too_common").fetchall() == common


def test_unmerge_of_two_that_only_hang_together_through_others():
    connection = two_families()
    unmerge(connection, "evidence", (named("a"), named("c")), LATER, "two sisters")
    assert customer_of(connection, "a") != customer_of(connection, "c")
    assert groups(connection) in ({"ab", "c", "pq"}, {"a", "bc", "pq"})


def test_a_decision_is_not_known_before_it_was_made():
    connection = two_families()
    unmerge(connection, "evidence", (named("a"), named("b")), LATER, "two sisters")
    resolve(connection, "evidence", LATER, STRONG_ONLY)
    assert groups(connection) == {"abc", "pq"}


def test_someone_may_decide_that_two_are_one():
    connection = two_families()
    row = [named("a"), named("p"), "together", LATER, "they said so"]
    connection.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?)", row).fetchall()
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert groups(connection) == {"abcpq"}


def test_whoever_is_gone_names_nobody():
    connection = two_families()
    connection.execute("DELETE FROM evidence WHERE subject = ?", [named("a")]).fetchall()
    resolve(connection, "evidence", None, STRONG_ONLY)
    assert groups(connection) == {"bc", "pq"}
    assert named("a") not in str(
        connection.execute("FROM customers").fetchall() + connection.execute("FROM aliases").fetchall()
    )


@pytest.mark.parametrize("options", [STRONG_ONLY, Options()])
def test_nobody_at_all(options):
    found = resolve(evidence_of([]), "evidence", None, options)
    assert (found.subjects, found.customers, found.links) == (0, 0, {})


def test_the_report_counts():
    connection = evidence_of([{"account_id": letter, **ANN, "email": "x@x.de"} for letter in "ab"])
    found = resolve(connection, "evidence")
    assert (found.subjects, found.customers, found.links) == (2, 1, {"email": 1, "profile": 1})


def test_a_consent_counts_while_it_stands():
    rows = [
        {"account_id": "a", "email": "x@x.de"},
        {"account_id": "b", "email": "x@x.de", "party": "chain", "consent_id": "k"},
    ]
    connection = evidence_of(rows)
    connection.execute("""
        CREATE TABLE consents AS FROM (VALUES
            ('own', 'account', 'a', NULL, 'pooling', TIMESTAMP '2020-01-01', NULL),
            ('chain', 'account', 'other', 'k', 'pooling', TIMESTAMP '2021-01-01', TIMESTAMP '2022-01-01'),
            ('chain', 'account', 'b', NULL, 'training', TIMESTAMP '2020-01-01', NULL)
        ) AS t(party, holder, id, consent_id, purpose, granted_at, withdrawn_at)
    """).fetchall()
    found = {}
    for year in (2021, 2022, 2023):
        resolve(connection, "evidence", datetime(year, 1, 1), STRONG_ONLY, "consents")
        found[year] = groups(connection)
    assert found == {2021: {"a", "b"}, 2022: {"ab"}, 2023: {"a", "b"}}
