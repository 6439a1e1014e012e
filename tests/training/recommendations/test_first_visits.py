"""First visits: the channel and the store of each customer's first basket of a window."""

import pytest

from features.facts.facts import Facts
from features.past import Past
from features.settings import Settings
from features.vector.shopper import IN_STORE, ON_WEB, UNKNOWN_CHANNEL, Shopper
from tests.helpers.worked_tables import CUTOFF, facts_of, write_warehouse
from training.recommendations.first_visits import FirstVisits, unknown, visits_until

PAST = """
    customer | store | channel | days_ago
    ann      | north | store   | 9
    bob      | south | store   | 8
    eve      | north | store   | 7
    kim      |       | web     | 6
"""
WINDOW = """
    customer | basket | store | channel | days_ago
    ann      | a2     | south | store   | -3
    ann      | a1     |       | web     | -2
    bob      | b2     | north | web     | -1
    bob      | b1     | east  | store   | -1
    kim      | k1     | south | store   | 0
    zoe      | z1     | south | store   | -1
    eve      | e1     | south | store   | -7
             | x1     | south | store   | -1
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(tmp_path_factory.mktemp("past"), PAST)


@pytest.fixture(scope="module")
def visits(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> FirstVisits:
    warehouse = write_warehouse(tmp_path_factory.mktemp("later") / "warehouse", WINDOW)
    return visits_until(Past(Settings(), warehouse, CUTOFF), facts, CUTOFF.plus_days(7))


@pytest.mark.parametrize(
    ("why", "customer", "channel", "store"),
    [
        ("the first of two; it was sent home, so the store is that of home", "ann", ON_WEB, "north"),
        ("two at once: the first by its id; its store was not known, so that of home", "bob", IN_STORE, "south"),
        ("at the very cutoff", "kim", IN_STORE, "south"),
        ("came at the end of the window, which is outside", "eve", UNKNOWN_CHANNEL, "north"),
    ],
)
def test_who_came_where(facts: Facts, visits: FirstVisits, why: str, customer: str, channel: int, store: str) -> None:
    shopper = visits.shopper(facts.customers.code(customer))
    assert shopper == Shopper(facts.customers.code(customer), facts.stores.code(store), channel=channel), why


def test_nothing_is_known_without_purchases(facts: Facts) -> None:
    usual = unknown(facts)
    kim = facts.customers.code("kim")
    assert usual.shopper(kim) == Shopper(kim, -1)
    assert set(usual.channel.tolist()) == {UNKNOWN_CHANNEL}
