"""What evidence is worth: the limits as they are agreed, stated here once more and not read from the module."""

import pytest

from features.identity.fuzzy import _settings
from features.identity.limits import FEWEST_TO_LEARN_FROM, SHARED_BY_AT_MOST, STRONG, UNIQUE, Options
from features.identity.profiles import profiles
from features.identity.shared import LINK_COLUMNS, known_before
from tests.helpers.identities import evidence_of


def too_common(rows) -> dict[str, int]:
    """Type of a value that too many subjects share -> how many."""
    connection = evidence_of(rows)
    known_before(connection, "evidence", None, "known")
    return dict(connection.execute("SELECT type, subjects FROM too_common").fetchall())


SHARED = {
    "email": (8, {"email": "till@x.de"}),
    "member_number": (8, {"member_number": "7"}),
    "phone": (12, {"phone": "4155552671"}),
    "street": (200, {"street": "1 Mill Rd", "postcode": "10001"}),
    "linked": (8, {"twin_id": "z"}),
}


@pytest.mark.parametrize("kind", SHARED)
def test_so_many_may_share_a_value_and_one_more_may_not(kind):
    most, shared = SHARED[kind]
    rows = [{"account_id": f"a{nth}", **shared} for nth in range(most + 1)]
    assert too_common(rows[:-1]) == {}
    assert too_common(rows) == {kind: most + 1}


def test_eight_may_share_a_mailbox_at_different_providers():
    rows = [{"account_id": f"a{nth}", "email": f"till.north@x{nth}.de"} for nth in range(9)]
    assert too_common(rows[:-1]) == {}
    assert too_common(rows) == {"mailbox": 9}


def test_every_limit_is_stated_here():
    assert {kind: most for kind, (most, _) in SHARED.items()} | {"mailbox": 8} == SHARED_BY_AT_MOST
    assert (STRONG, UNIQUE) == (("email", "member_number"), ("member_number",))
    assert (FEWEST_TO_LEARN_FROM, Options()) == (20_000, Options(threshold=0.93, is_fuzzy=True))


@pytest.mark.parametrize(("subjects", "weighs_rarity"), [(19_999, False), (20_000, True)])
def test_rare_names_weigh_more_from_twenty_thousand_subjects_on(subjects, weighs_rarity):
    connection = evidence_of([{"account_id": letter, "given_name": "Ann"} for letter in "ab"])
    known_before(connection, "evidence", None, "known")
    profiles(connection, "known", "profiles")
    connection.execute(f"CREATE TABLE strong ({LINK_COLUMNS})").fetchall()
    settings = _settings(connection, "profiles", "strong", subjects)
    assert ("tf_adjustment_column" in str(settings)) == weighs_rarity
