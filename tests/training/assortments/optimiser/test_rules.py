"""Rules from a file: what they become, and what is said of those that nobody understands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import DataError, UserError
from tests.helpers.shelf_shops import two_skus
from training.assortments.optimiser.rules import KINDS, Rule, apply_rules, read_rules

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
        ("[[max_changes]]\nmost = 1\nchain = true\nparty = 'web'", "is for the whole chain and names a place"),
        ("[[max_changes]]\nmost = 1\nchain = 1", "chain is 1"),
        ("[[max_skus]]\nmost = 1\nchain = true", "max_skus has 'chain', which means nothing here"),
        ("[[ban]]\nsku = []", "ban: sku is []. Next: write text in quotes"),
        ("[[ban]]\nsku = ['cola', 3]", "ban: sku is ['cola', 3]. Next: write text in quotes"),
        ("ban = [1]", "ban is not a list of rules. Next: write [[ban]] on a line above each"),
        ("ban = [{sku = 'cola'}]", "ban is not a list of rules"),
        ("[[max_skus]]\nmost = true", "most is True. Next: write a whole number"),
        ("[[max_skus]]\nmost = -1", "most is -1. Next: write a whole number of 0 or more"),
        ("[[space]]\ncm = inf", "cm is inf. Next: write a number of 0 or more"),
        ("[[space]]\ncm = nan", "cm is nan"),
        ("[[space]]\ncm = -0.5", "cm is -0.5"),
        ("[[brand_minimum]]\nleast = 1", "brand_minimum names nothing. Next: add brand = …"),
        ("[[brand_minimum]]\nleast = 1\nsku = 'cola'", "has 'sku', which means nothing here"),
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


def test_of_several_names_those_that_are_not_there_are_counted(applied):
    with pytest.raises(DataError) as error:
        applied("[[ban]]\nsku = ['cola', 'kola', 'lemon']")
    assert "the SKU 'kola', which is not there (2 of 3). Nearest: 'cola'" in str(error.value)


def test_where_there_is_nothing_of_a_kind_nothing_is_near():
    with pytest.raises(DataError) as error:
        apply_rules((Rule("ban", 7, skus=("cola",), stores=("9",)),), shop(), ("Fizz", "Fizz"), {})
    assert "Rules, line 7: ban names the store '9', which is not there (1 of 1). Next: mend that name" in str(
        error.value
    )


def test_a_rule_says_no_more_than_it_was_told(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text("# none\n[[ban]]  # a comment\nsku = 'cola'\n[[max_changes]]\nmost = 0\nchain = false\n")
    assert read_rules(file) == (Rule("ban", 2, skus=("cola",)), Rule("max_changes", 4))
    assert Rule("ban", 2) == Rule("ban", 2, number=0.0, is_chain=False)


def test_an_empty_list_of_rules_is_none(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text("ban = []")
    assert read_rules(file) == ()


def test_a_number_that_binds_only_somewhere_is_above_all_skus_elsewhere(applied):
    problem = applied("""
        [[max_skus]]
        most = 1
        cluster = "south"
        [[max_changes]]
        most = 0
        party = "web"
    """).problem
    assert problem.max_skus.tolist() == [3, 1]
    assert problem.max_changes.tolist() == [0, 3]
    assert problem.max_changes_chain is None


def test_the_stricter_of_two_in_any_order(applied):
    problem = applied("""
        [[max_skus]]
        most = 1
        [[max_skus]]
        most = 5
        [[space]]
        cm = 80
        [[space]]
        cm = 90.5
        [[brand_minimum]]
        brand = "Fizz"
        least = 2
        [[brand_minimum]]
        brand = "Fizz"
        least = 1
        [[max_changes]]
        most = 4
        chain = true
        [[max_changes]]
        most = 3
        chain = true
        [[max_changes]]
        most = 5
        chain = true
        [[days_of_supply]]
        days = 3
        [[days_of_supply]]
        days = 2
        [[days_of_supply]]
        days = 4
        brand = "Fizz"
        [[days_of_supply]]
        days = 4.5
        sku = "cola"
    """).problem
    assert problem.max_skus.tolist() == [1, 1]
    assert problem.space_cm.tolist() == [80, 80]
    assert problem.brand_minimum.tolist() == [[2], [2]]
    assert problem.max_changes_chain == 3
    assert problem.days_of_supply.tolist() == [4.5, 4]


def test_rules_stand_beside_what_a_problem_has_already():
    before = replace(
        shop(),
        must=np.array([[False, True], [False, False]]),
        banned=np.array([[False, False], [False, True]]),
        brands=("Still", "Fizz"),
    )
    rules = (
        Rule("must_carry", 1, skus=("cola",), clusters=("north",)),
        Rule("ban", 2, skus=("cola",), clusters=("south",)),
        Rule("brand_minimum", 3, brands=("Still",), number=1),
    )
    problem = apply_rules(rules, before, ("Fizz", "Still"), STORES).problem
    assert problem.must.tolist() == [[True, True], [False, False]]
    assert problem.banned.tolist() == [[False, False], [True, True]]
    assert (problem.brands, problem.brand.tolist()) == (("Still", "Fizz"), [1, 0])
    assert problem.brand_minimum.tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("where", "bound", "is_left"),
    [
        ({"stores": ("1", "2")}, [True, False], False),
        ({"stores": ("1", "2", "3")}, [True, True], False),
        ({"stores": ("2",)}, [False, False], True),
        ({"stores": ("3",), "clusters": ("north", "south")}, [False, True], False),
        ({"stores": ("3",), "clusters": ("north",)}, [False, False], True),
        ({"parties": ("web",), "clusters": ("south",)}, [False, False], False),
        ({"parties": ("web", "chain")}, [True, True], False),
    ],
)
def test_which_lists_a_rule_binds(where, bound, is_left):
    rule = Rule("ban", 1, skus=("cola",), **where)
    found = apply_rules((rule,), shop(), ("Fizz", "Still"), STORES)
    assert found.problem.banned[:, 0].tolist() == bound
    assert not found.problem.banned[:, 1].any()
    assert found.left_over == ((rule,) if is_left else ())


def test_a_list_whose_stores_nobody_knows_is_not_bound_by_a_rule_for_stores():
    rule = Rule("ban", 1, skus=("cola",), stores=("3",))
    found = apply_rules((rule,), shop(), ("Fizz", "Fizz"), {"south": ("3",)})
    assert found.problem.banned[:, 0].tolist() == [False, True]


def test_a_rule_that_names_nothing_is_about_every_sku_and_one_of_a_brand_about_its_own(applied):
    assert applied("[[days_of_supply]]\ndays = 3").problem.days_of_supply.tolist() == [3, 3]
    rule = Rule("days_of_supply", 1, brands=("Still",), number=3)
    assert apply_rules((rule,), shop(), ("Fizz", "Still"), STORES).problem.days_of_supply.tolist() == [0, 3]


def test_a_sku_or_a_brand(applied):
    problem = applied("[[ban]]\nsku = 'cola'\nbrand = 'Fizz'").problem
    assert problem.banned.all()


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="There is no file of rules"):
        read_rules(tmp_path / "none.toml")
