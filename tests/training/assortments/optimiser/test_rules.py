"""Rules from a file: what they become, and what is said of those that nobody understands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import DataError, UserError
from tests.helpers.shelf_shops import two_skus
from training.assortments.optimiser.rules import KINDS, apply_rules, read_rules

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "rules.toml"
STORES = {"north": ("1", "2"), "south": ("3",)}


def shop():
    one = two_skus()
    return replace(
        one,
        clusters=("north", "south"),
        stores_per_cluster=np.array([2, 1]),
        visits=np.ones(2),
        mix=np.ones((2, 1)),
        weight=np.repeat(one.weight, 2, axis=0),
        unit_profit_cents=np.repeat(one.unit_profit_cents, 2, axis=0),
        party=("web", "chain"),
    )


@pytest.fixture
def applied(tmp_path):
    def apply(text):
        file = tmp_path / "rules.toml"
        file.write_text(text, encoding="utf-8")
        return apply_rules(read_rules(file), shop(), ("Fizz", "Fizz"), STORES)

    return apply


def test_the_example_has_every_kind():
    rules = read_rules(EXAMPLE)
    assert {rule.kind for rule in rules} == set(KINDS)
    assert [rule.line for rule in rules] == sorted(rule.line for rule in rules)


def test_where_rules_bind(applied):
    problem = applied("""
        [[must_carry]]
        sku = "cola"
        cluster = "north"
        [[ban]]
        brand = "Fizz"
        party = "chain"
    """).problem
    assert problem.must.tolist() == [[True, False], [False, False]]
    assert problem.banned.tolist() == [[False, False], [True, True]]


def test_numbers_and_the_stricter_of_two(applied):
    problem = applied("""
        [[max_skus]]
        most = 5
        [[max_skus]]
        most = 1
        cluster = "south"
        [[space]]
        cm = 120.5
        store = "3"
        [[brand_minimum]]
        brand = "Fizz"
        least = 1
        [[brand_minimum]]
        brand = "Fizz"
        least = 2
        cluster = "north"
        [[max_changes]]
        most = 4
        chain = true
        [[max_changes]]
        most = 1
        [[days_of_supply]]
        days = 3.5
        sku = "lemonade"
    """).problem
    assert problem.max_skus.tolist() == [5, 1]
    assert problem.space_cm.tolist() == [1e9, 120.5]
    assert problem.brand_minimum.tolist() == [[2], [1]]
    assert problem.brands == ("Fizz",)
    assert problem.max_changes_chain == 4
    assert problem.max_changes.tolist() == [1, 1]
    assert problem.days_of_supply.tolist() == [0, 3.5]


def test_a_rule_for_one_store_of_two_is_left_to_lists_of_stores(applied):
    found = applied("""
        [[ban]]
        sku = "cola"
        store = ["1", "3"]
    """)
    assert found.problem.banned.tolist() == [[False, False], [True, False]]
    assert [rule.line for rule in found.left_over] == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[must_cary]]\nsku = 'x'", "there is no rule 'must_cary'. Nearest: 'must_carry'"),
        ("[must_carry]\nsku = 'x'", "must_carry is not a list of rules"),
        ("[[ban]]\nsku = ", "is not TOML"),
        ("[[ban]]", "line 1: ban names nothing. Next: add sku = … or brand = …"),
        ("\n[[ban]]\nsku = 3", "line 2: ban: sku is 3. Next: write text in quotes"),
        ("[[ban]]\nsku = 'x'\nmost = 3", "line 1: ban has 'most', which means nothing here"),
        ("[[max_skus]]", "line 1: max_skus: most is None"),
        ("[[max_skus]]\nmost = 2.5", "most is 2.5. Next: write a whole number"),
        ("[[space]]\ncm = -1", "cm is -1. Next: write a number of 0 or more"),
        ("[[max_changes]]\nmost = 1\nchain = true\ncluster = 'north'", "is for the whole chain and names a place"),
        ("[[max_changes]]\nmost = 1\nchain = 1", "chain is 1"),
    ],
)
def test_what_nobody_understands_is_told_with_its_line(applied, text, words):
    with pytest.raises(UserError) as error:
        applied(text)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[ban]]\nsku = 'colla'", "line 1: ban names the SKU 'colla', which is not there (1 of 1). Nearest: 'cola'"),
        ("[[ban]]\nbrand = 'Fiz'", "the brand 'Fiz'"),
        ("[[space]]\ncm = 3\ncluster = 'nord'", "the cluster 'nord'"),
        ("[[space]]\ncm = 3\nstore = '9'", "the store '9'"),
        ("[[space]]\ncm = 3\nparty = 'shop'", "the seller 'shop'"),
    ],
)
def test_names_that_are_not_there_are_told(applied, text, words):
    with pytest.raises(DataError) as error:
        applied(text)
    assert words in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="There is no file of rules"):
        read_rules(tmp_path / "none.toml")
