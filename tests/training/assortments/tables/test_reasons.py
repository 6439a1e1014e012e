"""Why: the sentence, the code and what would turn it, of decisions worked by hand."""

import ast
from pathlib import Path

import pytest

from training.assortments.report.screens.decisions import CODES
from training.assortments.stages.rules import FEW_STORES
from training.assortments.tables import reasons
from training.assortments.tables.reasons import Ground, words

ROW = {
    "sku": "a",
    "binding_rule": None,
    "decision": "add",
    "is_listed_now": False,
    "stores_now": 0,
    "is_listed_proposed": True,
    "swap_partner": None,
    "incremental_percent": 30.0,
    "worth_cents": 500,
    "profit_proposed_cents": 1000,
    "destination_1": "b",
    "unit_cost_cents": 100.0,
    "price_cents": 150.0,
}
OUT = {"is_listed_proposed": False, "profit_proposed_cents": 0}


def said(row=None, **ground):
    given = {"place_cents": 200.0, "is_full": False, "full_code": "SPACE", "fits": frozenset(), "carried": {"a": 3},
             "stores": 112, "title": {"a": "Cola", "b": "Lemonade"}}  # fmt: skip
    return words(ROW | (row or {}), Ground(**(given | ground)))


@pytest.mark.parametrize(("row", "ground", "code", "part", "turn"), [
    ({}, {}, "MARGIN", "would lose 5.00 without it", "if a unit earned 30% less"),
    ({"worth_cents": 100}, {}, "FAST", "would lose 1.00", "fell away"),
    ({"worth_cents": 100}, {"is_full": True}, "CHANGE_LIMIT", "another SKU would add 2.00", "one more change"),
    ({"worth_cents": -100}, {"is_full": True}, "CHANGE_LIMIT", "only the limit on changes keeps it", "one more change"),
    ({"worth_cents": -100}, {}, "SLOW", "loses 1.00 here", "fell away"),
    ({"incremental_percent": 60.0}, {}, "INCREMENTAL", "60 % of its demand would leave", "30% less"),
    ({"binding_rule": "must-carry, line 2"}, {}, "MUST_CARRY", "“must-carry, line 2” decides", "without the rule"),
    ({"binding_rule": FEW_STORES} | OUT, {}, "FEW_STORES", "3 of 112 stores carry it", "in test stores first"),
    ({"worth_cents": -100} | OUT, {}, "SPACE", "earns more with its place", "one more place, or if it earned 1.00"),
    ({"worth_cents": -100} | OUT, {"fits": {"a"}, "is_full": True}, "CHANGE_LIMIT", "as may", "one more change"),
    ({"worth_cents": -100} | OUT, {"fits": {"a"}}, "SKU_COST", "does not pay for ordering", "smaller minimum"),
    (OUT | {"worth_cents": -100, "is_listed_now": True}, {"fits": {"a"}, "is_full": True}, "SKU_COST", "does not pay",
     "smaller minimum"),
    (OUT, {}, "DUPLICATE", "70 % of its demand goes to other SKUs, most to Lemonade", "earned 7.00 more"),
    ({"unit_cost_cents": 151.0} | OUT, {}, "MARGIN", "costs 1.51 and sells for 1.50", "earned 7.00 more"),
])  # fmt: skip
def test_reasons(row, ground, code, part, turn):
    sentence, codes, change = said(row, **ground)
    assert (codes, part in sentence, turn in change) == (code, True, True), (sentence, codes, change)


def test_a_swap_names_its_partner():
    assert said({"swap_partner": "b"})[0].endswith("It is swapped with Lemonade.")


@pytest.mark.parametrize(("stores", "ends"), [
    (0, "most to Lemonade."), (1, "One of the cluster's stores carries it now and would give it up."),
    (12, "12 of the cluster's stores carry it now and would give it up."),
])  # fmt: skip
def test_stores_that_give_up_what_their_cluster_does_not_carry_are_counted(stores, ends):
    reason, _, _ = said(OUT | {"decision": "leave", "stores_now": stores})
    assert reason.endswith(ends)


def test_every_code_that_a_report_explains_is_one_that_reasons_give() -> None:
    given = {
        node.value
        for path in Path(reasons.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CODES.keys() - given == set()
