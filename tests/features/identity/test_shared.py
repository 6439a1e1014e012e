"""Deterministic links, worked by hand: which pairs, since when, and where a card of another party leads."""

from collections.abc import Sequence
from datetime import datetime

from duckdb import DuckDBPyConnection

from features.identity.shared import LINK_COLUMNS, declared_links, known_before, shared_links
from tests.helpers.identities import Row, evidence_of

Y20, Y21, Y22, Y23 = (datetime(year, 1, 1) for year in (2020, 2021, 2022, 2023))
CHAIN = {"party": "chain", "email": "card@x.de"}


def known(rows: Sequence[Row], at: datetime | None = None) -> DuckDBPyConnection:
    connection = evidence_of(rows)
    known_before(connection, "evidence", at, "known")
    return connection


def links(rows: Sequence[Row]) -> list[tuple[str, str, str, datetime]]:
    """Every link of the rows: two subjects as party:id, the older first, its type, and since when."""
    connection = known(rows)
    connection.execute(f"CREATE TABLE links ({LINK_COLUMNS})").fetchall()
    shared_links(connection, "known", "links")
    declared_links(connection, "known", "links")
    return connection.execute("""
        SELECT substr(l.subject, 9), substr(r.subject, 9), links.type, valid_from FROM links
        JOIN nodes AS l ON l.node = left_node JOIN nodes AS r ON r.node = right_node ORDER BY ALL
    """).fetchall()


def account(name: str, since: datetime = Y20, **more: object) -> Row:
    return {"account_id": name, "created_at": since, **more}


def test_a_subject_is_as_old_as_what_was_first_learned_of_it() -> None:
    rows = [account("a", Y22, email="a@x.de"), account("a", Y20, phone="4155552671"), account("b", Y21, email="b@x.de")]
    found = known(rows).execute("SELECT subject, node, first_seen FROM nodes ORDER BY node").fetchall()
    assert found == [("account:own:a", 1, Y20), ("account:own:b", 2, Y21)]


def test_a_subject_of_which_something_has_no_date_was_there_before_all_others() -> None:
    rows: list[Row] = [account("a", email="a@x.de"), account("b", email="b@x.de")]
    rows.append({"account_id": "b", "created_at": None, "phone": "4155552671"})
    found = known(rows).execute("SELECT subject, first_seen FROM nodes ORDER BY node").fetchall()
    assert found == [("account:own:b", None), ("account:own:a", Y20)]


def test_a_link_holds_since_the_younger_of_the_two_had_it() -> None:
    rows = [account("a", Y20, email="x@x.de"), account("b", Y21, email="x@x.de"), account("b", Y22, email="x@x.de")]
    assert links(rows) == [("own:a", "own:b", "email", Y21)]


def test_an_address_that_one_gives_up_as_the_other_takes_it_joins_nobody() -> None:
    gave, took = account("a", Y20, closed_at=Y21, email="x@x.de"), account("b", Y21, email="x@x.de")
    assert links([gave, took]) == []
    # and where the subject that takes it is the older one
    assert links([gave, took, account("b", datetime(2019, 1, 1), phone="4155552671")]) == []
    assert links([gave | {"closed_at": datetime(2021, 1, 1, 0, 0, 1)}, took]) == [("own:a", "own:b", "email", Y21)]


def test_what_is_declared_holds_since_it_was_first_said() -> None:
    rows = [account("a", at, twin_id="z") for at in (Y22, Y21)]
    assert links([*rows, account("z", Y20, email="z@x.de")]) == [("own:z", "own:a", "linked", Y21)]


def test_an_account_that_names_itself_is_no_link() -> None:
    assert links([account("a", twin_id="a")]) == []


def test_accounts_that_name_one_card_of_another_party_are_one_person_without_consent() -> None:
    shop = [account("a", Y21, twin_id="z"), account("b", Y22, twin_id="z"), account("b", Y23, twin_id="z")]
    assert links([*shop, account("z", **CHAIN)]) == [("own:a", "own:b", "linked", Y22)]
    # what another party's account names joins none of theirs
    elsewhere = account("c", Y23, party="mall", twin_id="z")
    assert links([*shop[:1], elsewhere, account("z", **CHAIN)]) == []


def test_a_card_of_another_party_joins_where_both_permit_it() -> None:
    shop, card = account("a", Y21, twin_id="z", consent_id="k1"), account("z", consent_id="k2", **CHAIN)
    assert links([shop, card]) == [("chain:z", "own:a", "linked", Y21)]
    assert links([shop, card | {"consent_id": None}]) == links([shop | {"consent_id": None}, card]) == []


def named_by(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Who names which other subject, once what they entered was looked up among other parties' subjects."""
    query = "SELECT substr(subject, 9), substr(other, 9) FROM known JOIN nodes USING (node) WHERE type = 'linked'"
    return known(rows).execute(f"{query} ORDER BY ALL").fetchall()


def test_each_link_leads_to_the_party_that_has_its_card() -> None:
    rows = [account("a", twin_id="y"), account("b", twin_id="z"), account("c", twin_id="z")]
    cards = [account("y", party="chain", email="y@x.de"), account("z", party="mall", email="z@x.de")]
    assert named_by([*rows, *cards]) == [("own:a", "chain:y"), ("own:b", "mall:z"), ("own:c", "mall:z")]


def test_a_card_that_two_parties_have_or_nobody_leads_nowhere() -> None:
    shop, cards = account("a", twin_id="z"), [account("z", party=party, email="z@x.de") for party in ("chain", "mall")]
    assert named_by([shop, *cards]) == named_by([shop]) == [("own:a", "own:z")]
    assert named_by([shop, account("z", email="own@x.de"), cards[0]]) == [("own:a", "own:z")]
