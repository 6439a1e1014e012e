"""The request-time vector: each derived column worked by hand, and what is unknown."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from features.facts.facts import NEVER_DAYS, Columns, Facts, Grouped
from features.vector.derived import DERIVED
from features.vector.here import usual_channel
from features.vector.shopper import IN_STORE, ON_WEB, Shopper
from features.vector.vector import names, vector
from tests.helpers.small_facts import ANN, MILK, NORTH, TEA, columns, small_facts

SOURCES = ("repeat", "als")
NOBODY = Shopper()
BOTH = np.array([MILK, TEA], dtype=np.int32)

PAIR = {"customer_sku.days_since": 10.0, "customer_sku.baskets": 3.0}
OWN = PAIR | {"customer_sku.interval_days": 20.0}
SHELF = {"customer_subcategory.lines": 5.0, "customer_subcategory.lines_28": 3.0}

STORE_GOER = {"customer.web_propensity": 0.25}

WORKED: list[tuple[str, Mapping[str, float], float]] = [
    # half of the own interval has passed
    ("due", OWN, 0.5),
    # bought once: everybody's interval
    ("due", PAIR | {"sku.sku_interval_days": 40}, 0.25),
    # nobody has an interval
    ("due", PAIR, 10 / NEVER_DAYS),
    # never bought: capped
    ("due", {"sku.sku_interval_days": 30}, 20),
    # bought twice at once
    ("due", PAIR | {"customer_sku.interval_days": 0}, 20),
    # two own intervals of 20 and one of everybody's 40: (20 × 2 + 40) / 3
    ("due_shrunk", OWN | {"sku.sku_interval_days": 40}, 0.375),
    ("due_shrunk", OWN, 10 / ((20 * 2 + 364) / 3)),
    ("due_shrunk", PAIR | {"sku.sku_interval_days": 40}, 0.25),
    ("overdue_days", OWN, -10),
    ("overdue_days", {"sku.sku_interval_days": 40}, 364),
    ("overdue_days", PAIR | {"customer_sku.interval_days": 500}, -364),
    ("due_last", PAIR | {"customer_sku.last_interval_days": 40}, 0.25),
    ("due_last", PAIR, 10 / NEVER_DAYS),
    # known for half of the customer's time, so 10 of 20 trips: in 3 of them
    ("basket_rate", PAIR | {"customer.baskets": 20, "customer.days_known": 100, "customer_sku.days_known": 50}, 0.3),
    # found on the last trip: a fifth of a trip counts as one
    ("basket_rate", PAIR | {"customer.baskets": 20, "customer.days_known": 100, "customer_sku.days_known": 1}, 3),
    ("basket_rate", {"customer.baskets": 20, "customer.days_known": 100}, 0),
    ("basket_rate_28", {"customer_sku.baskets_28": 2, "customer.baskets_28": 8}, 0.25),
    ("basket_rate_28", PAIR, 0),
    ("basket_rate_91", {"customer_sku.baskets_91": 6, "customer.baskets_91": 8}, 0.75),
    ("decayed_share", {"customer_sku.decayed": 0.5}, 1),
    ("decayed_share", {}, 0),
    # four weeks between the last purchase of it and the last trip, a trip a week
    ("trips_since", PAIR | {"customer.days_since_basket": 3, "customer.basket_interval_days": 3.5}, 2),
    ("trips_since", PAIR | {"customer.days_since_basket": 3}, 7 / 364),
    ("trips_since", PAIR | {"customer.days_since_basket": 3, "customer.basket_interval_days": 0}, 14),
    ("trips_since", {"customer.days_since_basket": 3, "customer.basket_interval_days": 2}, 364),
    ("subcategory_share", SHELF | {"customer.lines": 20}, 0.25),
    ("subcategory_share_28", SHELF | {"customer.baskets_28": 6}, 0.5),
    ("subcategory_share_28", SHELF, 3),
    ("sku_in_subcategory", PAIR | SHELF, 0.6),
    # every 20 days, 10 days ago
    (
        "subcategory_due",
        {
            "customer_subcategory.days_since": 10,
            "customer_subcategory.days_known": 60,
            "customer_subcategory.baskets": 3,
        },
        0.5,
    ),
    ("bought_instead", PAIR | {"customer_subcategory.days_since": 4}, 1),
    ("bought_instead", PAIR | {"customer_subcategory.days_since": 10}, 0),
    ("bought_instead", {"customer_subcategory.days_since": 4}, 0),
    ("category_share", {"customer_category.lines": 8, "customer.lines": 20}, 0.4),
    ("brand_share", {"customer_brand.lines": 8, "customer.lines": 20}, 0.4),
    ("brand_in_category", {"customer_brand.lines": 4, "customer_category.lines": 8}, 0.5),
    ("brand_in_category", {"customer_brand.lines": 40}, 10),
    # as many in a week as in four
    ("sku_trend_7", {"sku.sku_baskets_7": 6, "sku.sku_baskets_28": 6}, 4),
    ("sku_trend_7", {}, 0),
    ("sku_trend_28", {"sku.sku_baskets_28": 4, "sku.sku_baskets_91": 13}, 1),
    ("sku_trend_91", {"sku.sku_baskets_91": 5, "sku.sku_baskets_364": 40}, 0.5),
    ("store_share_28", {"store_sku.store_baskets_28": 3, "store.store_total_91": 60}, 0.05),
    ("store_share_91", {"store_sku.store_baskets_91": 9, "store.store_total_91": 60}, 0.15),
    ("store_lift", {"store_sku.store_baskets_91": 9, "sku.sku_baskets_91": 36}, 0.25),
    ("price_now", {"sku.price_28": 3, "sku.price_364": 4}, 0.75),
    ("price_now", {"sku.price_364": 4}, 0),
    ("discount_now", {"sku.discount_7": 0.5, "sku.discount_364": 0.125}, 0.375),
    ("is_new", PAIR, 0),
    ("is_new", {}, 1),
    # the usual channel, where the request says none
    ("on_web", {"customer.web_propensity": 0.6}, 1),
    ("on_web", {"customer.web_propensity": 0.4}, 0),
    ("propensity_here", {"customer.web_propensity": 0.75}, 0.75),
    ("propensity_here", {"customer.web_propensity": 0.25}, 0.75),
    ("since_here_days", STORE_GOER | {"customer.days_since_store": 4, "customer.days_since_web": 9}, 4),
    ("since_here_days", STORE_GOER, NEVER_DAYS),
    # two of three baskets in the store, and one more at three quarters
    ("sku_here", STORE_GOER | PAIR | {"customer_sku.web_baskets": 1}, 2.75 / 4),
    ("sku_here", STORE_GOER, 0.75),
    ("only_elsewhere", STORE_GOER | PAIR | {"customer_sku.web_baskets": 3}, 1),
    ("only_elsewhere", STORE_GOER | PAIR | {"customer_sku.web_baskets": 2}, 0),
    ("only_elsewhere", STORE_GOER, 0),
    ("subcategory_here", STORE_GOER | SHELF | {"customer_subcategory.web_lines": 1}, 4.75 / 6),
    ("category_here", STORE_GOER | {"customer_category.lines": 7, "customer_category.web_lines": 7}, 0.75 / 8),
    ("sku_skew_here", STORE_GOER | {"sku.sku_web_skew": 0.125}, -0.125),
    ("sku_share_here_28", STORE_GOER | {"sku.sku_baskets_28": 8, "sku.sku_web_baskets_28": 2}, 0.75),
    ("distance_km", {}, 0),
    ("at_home_store", {}, 1),
]


def row(facts: Facts, shopper: Shopper, sku: int = MILK) -> dict[str, float]:
    scores = np.array([[0.5, 0.25]], dtype=np.float32)
    features = vector(facts, shopper, np.array([sku], dtype=np.int32), scores)
    return dict(zip(names(facts, SOURCES), features[0].tolist(), strict=True))


@pytest.mark.parametrize(("name", "values", "expected"), WORKED)
def test_derived_columns(name: str, values: Mapping[str, float], expected: float) -> None:
    assert row(small_facts(values), Shopper(ANN, NORTH))[name] == pytest.approx(expected, rel=1e-6)


def test_every_derived_column_is_worked() -> None:
    assert {name for name, _, _ in WORKED} == set(DERIVED)


@pytest.mark.parametrize(
    ("name", "online", "in_store"),
    [
        ("on_web", 1, 0),
        ("propensity_here", 0.25, 0.75),
        ("since_here_days", 9, 4),
        ("sku_here", 1.25 / 4, 2.75 / 4),
        ("sku_skew_here", 0.125, -0.125),
        ("sku_share_here_28", 0.25, 0.75),
        ("subcategory_here", 1.25 / 6, 4.75 / 6),
    ],
)
def test_the_channel_of_the_request_decides_what_here_is(name: str, online: float, in_store: float) -> None:
    values = STORE_GOER | PAIR | SHELF | {"customer_sku.web_baskets": 1, "customer_subcategory.web_lines": 1}
    values |= {"customer.days_since_store": 4, "customer.days_since_web": 9, "sku.sku_web_skew": 0.125}
    facts = small_facts(values | {"sku.sku_baskets_28": 8, "sku.sku_web_baskets_28": 2})
    asked = {channel: row(facts, Shopper(ANN, NORTH, channel=channel)) for channel in (ON_WEB, IN_STORE)}
    assert asked[ON_WEB][name] == pytest.approx(online)
    assert asked[IN_STORE][name] == pytest.approx(in_store)


def test_the_usual_channel_of_nobody_is_the_store() -> None:
    facts = small_facts({"customer.web_propensity": 0.5})
    assert [usual_channel(facts, customer) for customer in (ANN, -1)] == [ON_WEB, IN_STORE]


@pytest.mark.parametrize(
    ("why", "places", "store", "expected"),
    [
        ("a degree along a meridian", [(30, 110), (31, 110)], 1, 111.19),
        ("a degree of longitude at 60 degrees north is half as long", [(60, 110), (60, 111)], 1, 55.6),
        ("the store at hand is the home store", [(30, 110), (31, 110)], 0, 0),
        ("very far is as far as far", [(30, 110), (-30, -70)], 1, 1000),
        ("nobody knows where it stands", [(30, 110), (np.nan, np.nan)], 1, -1),
        ("no store at hand", [(30, 110), (31, 110)], -1, -1),
    ],
)
def test_distance_from_the_home_store(why: str, places: list[tuple[float, float]], store: int, expected: float) -> None:
    facts, both = small_facts({}), np.array(places, dtype=np.float32)
    two = Columns(facts.store.names, np.tile(facts.store.values, (2, 1)))
    shelves = {name: replace(facts.pairs[name], starts=np.array([0, 1, 1])) for name in ("store_sku", "store_category")}
    facts = replace(facts, store=two, store_lat=both[:, 0], store_lon=both[:, 1], pairs=facts.pairs | shelves)
    found = row(facts, Shopper(ANN, store))
    assert found["distance_km"] == pytest.approx(expected, abs=0.05), why
    assert found["at_home_store"] == (store == 0)


def test_a_habit_is_measured_by_the_strongest() -> None:
    facts = small_facts({})
    values = np.tile(facts.pairs["customer_sku"].columns.values, (2, 1))
    values[:, facts.pairs["customer_sku"].columns.names.index("decayed")] = [0.5, 2]
    pairs = Grouped(np.array([0, 2]), BOTH, Columns(facts.pairs["customer_sku"].columns.names, values))
    facts = replace(facts, pairs=facts.pairs | {"customer_sku": pairs})
    assert [row(facts, Shopper(ANN), sku)["decayed_share"] for sku in BOTH] == [0.25, 1]


def test_looked_up_columns_stand_under_the_name_of_their_grain() -> None:
    values = {f"{grain}.{name}": nth + 1.0 for grain in GRAIN_ORDER for nth, name in enumerate(columns(grain))}
    found = row(small_facts(values), Shopper(ANN, NORTH))
    assert {name: found[name] for name in values} == values
    assert (found["source.repeat"], found["source.als"]) == (0.5, 0.25)


GRAIN_ORDER = (
    "customer",
    "store",
    "sku",
    "customer_sku",
    "customer_subcategory",
    "customer_category",
    "customer_brand",
    "store_sku",
    "store_category",
)


def test_names_are_distinct_and_as_many_as_columns() -> None:
    facts = small_facts({})
    expected = [f"{grain}.{name}" for grain in GRAIN_ORDER for name in columns(grain)]
    assert names(facts, SOURCES) == (*expected, "source.repeat", "source.als", *DERIVED)
    assert len(set(names(facts, SOURCES))) == len(names(facts, SOURCES))
    features = vector(facts, NOBODY, BOTH, np.zeros((2, 2), np.float32))
    assert (features.shape, features.dtype) == ((2, len(names(facts, SOURCES))), np.float32)


@pytest.mark.parametrize("sources", [0, 2])
def test_no_candidates_are_no_rows(sources: int) -> None:
    facts = small_facts({})
    empty = np.zeros((0, sources), np.float32)
    features = vector(facts, Shopper(ANN, NORTH, 2.0), np.zeros(0, np.int32), empty)
    assert features.shape == (0, len(names(facts, SOURCES[:sources])))


def test_an_unknown_customer_has_no_habits_but_the_sku_sells_as_it_does() -> None:
    facts = small_facts(OWN | SHELF | {"customer.lines": 20, "sku.sku_baskets_28": 6, "store.store_total_91": 60})
    found = row(facts, Shopper(-1, NORTH))
    assert (found["customer.lines"], found["customer_sku.baskets"], found["customer_subcategory.lines"]) == (0, 0, 0)
    assert (found["customer_sku.days_since"], found["customer.days_since_basket"]) == (NEVER_DAYS, NEVER_DAYS)
    assert (found["sku.sku_baskets_28"], found["store.store_total_91"], found["is_new"]) == (6, 60, 1)


def test_an_unknown_store_sells_nothing() -> None:
    facts = small_facts({"store.store_total_91": 60, "store_sku.store_baskets_28": 3, "customer.lines": 20})
    found = row(facts, Shopper(ANN, -1))
    assert (found["store.store_total_91"], found["store_sku.store_baskets_28"], found["store_share_28"]) == (0, 0, 0)
    assert found["customer.lines"] == 20


def test_a_sku_without_a_shelf_has_no_shelf() -> None:
    facts = small_facts(OWN | SHELF | {"customer_brand.lines": 4, "customer_category.lines": 8, "sku.price_28": 3})
    found = row(facts, Shopper(ANN, NORTH), TEA)
    assert [found[f"customer_{level}.lines"] for level in ("subcategory", "category", "brand")] == [0, 0, 0]
    assert (found["customer_sku.baskets"], found["sku.price_28"], found["is_new"]) == (0, 0, 1)


def test_ages_grow_by_the_days_since_the_cutoff() -> None:
    facts = small_facts(OWN | {"customer.days_known": 100, "sku.days_since_sold": 1, "customer_brand.days_since": 8})
    found = row(facts, Shopper(ANN, NORTH, elapsed_days=2.5))
    assert (found["customer_sku.days_since"], found["customer.days_known"]) == (12.5, 102.5)
    assert (found["sku.days_since_sold"], found["customer_brand.days_since"]) == (3.5, 10.5)
    # what grows is only time: intervals and counts stay, what never happened still has not
    assert (found["customer_sku.interval_days"], found["customer_sku.baskets"]) == (20, 3)
    assert (found["customer.days_since_basket"], found["sku.days_on_sale"]) == (NEVER_DAYS, NEVER_DAYS)
    assert found["due"] == 0.625


def test_a_request_changes_nothing_in_the_facts() -> None:
    facts = small_facts(OWN)
    before = [getattr(facts, grain).values.copy() for grain in ("customer", "sku", "store")]
    vector(facts, Shopper(ANN, NORTH, 9.0), BOTH, np.zeros((2, 2), np.float32))
    for grain, values in zip(("customer", "sku", "store"), before, strict=True):
        np.testing.assert_array_equal(getattr(facts, grain).values, values)
    assert facts.pairs["customer_sku"].columns["days_since"].tolist() == [10]
