"""Orders worked by hand; bounds, plans and splits against every order there is."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DataError
from tests.helpers.supply_problems import cheapest, plain, random_problem
from training.assortments.supply.audit import audit
from training.assortments.supply.branch import branch
from training.assortments.supply.cost import cost_of
from training.assortments.supply.exact import solve_exactly
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import check
from training.assortments.supply.solve import solve
from training.assortments.supply.split import split


def test_a_tier_is_for_the_whole_spend():
    problem = plain([[10]], [[10.0]], spend_from=[[0, 100]], discount=[[0, 0.1]])
    assert cost_of(problem, np.full((1, 1, 1), 9.0)).total == pytest.approx(90)
    assert cost_of(problem, np.full((1, 1, 1), 10.0)).total == pytest.approx(90)


def test_topping_up_to_a_tier_is_found():
    # 98 of spend cost 98; 100 cost 90
    problem = plain([[98]], [[1.0]], spend_from=[[0, 100]], discount=[[0, 0.1]])
    plan = solve(problem, 5)
    assert plan.units.sum() == 100
    assert plan.total == pytest.approx(90)
    assert plan.bound == pytest.approx(90, rel=1e-3)


def test_a_unit_tier_is_worth_more_units_than_needed():
    # 9 at 10 are 90, 10 at 8 are 80
    problem = plain([[9]], [[10.0]], unit_from=[[[0, 10]]], unit_cost=[[[10.0, 8.0]]])
    plan = solve(problem, 5)
    assert (plan.units.sum(), plan.total) == (10, 80)


def test_two_groups_reach_a_minimum_together_and_halve_the_saving():
    # alone each buys the minimum of 20 for its 10; together they need exactly 20
    problem = plain([[10], [10]], [[1.0]], least_units=[[20]])
    found = split(problem, 3)
    assert [plan.total for plan in found.alone] == [20, 20]
    assert found.pooled.total == 20
    assert found.pays == (10, 10)


def test_a_sku_that_is_never_pooled_keeps_its_minimum_for_each():
    problem = plain([[10], [10]], [[1.0]], least_units=[[20]], never_pooled=[True])
    assert solve(problem, 3).total == 40


def test_a_need_above_every_cap_is_split_over_accounts():
    problem = plain([[10]], [[1.0], [2.0]], most_units=[[6], [6]])
    plan = solve(problem, 5)
    assert plan.units[0, :, 0].tolist() == [6, 4]
    assert plan.bound == pytest.approx(14, rel=1e-3)


def test_demand_of_zero_costs_nothing():
    plan = solve(plain([[0]], [[1.0]], fixed_cost=[5]), 1)
    assert (plan.total, plan.bound, plan.gap) == (0, 0, 0)


def test_safety_multiplies_demand_and_packs_round_it_up():
    problem = plain([[10]], [[1.0]], safety=[[1.25]], pack_units=[[6]])
    assert solve(problem, 1).units.sum() == 18


def test_the_cost_of_a_needed_unit_holds_everything():
    problem = plain([[9]], [[10.0]], pack_units=[[10]], fixed_cost=[8], freight=[[1.0]])
    assert solve(problem, 1).unit_cost[0, 0] == pytest.approx((100 + 8 + 10) / 9)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (plain([[1, 1]], [[1.0, np.nan]]), "nobody supplies them, such as sku-1 for north"),
        (plain([[1]], [[1.0]], least_units=[[5]], most_units=[[4]]), "minimum order is above the cap"),
        (plain([[1]], [[1.0]], pack_units=[[0.5]]), "no whole number"),
        (plain([[-1]], [[1.0]]), "negative"),
        (plain([[9]], [[1.0]], capacity_units=[5]), "fall short of the demand by 4 units"),
        (plain([[9]], [[1.0]], spend_from=[[0, 5]], discount=[[0.1, 0.0]]), "discounts fall"),
        (plain([[9]], [[1.0]], account_least_units=[9], capacity_units=[5]), "above its capacity"),
        (plain([[9]], [[1.0]], unit_from=[[[0, 5]]], unit_cost=[[[1.0, 2.0]]]), "more in a higher tier"),
    ],
)
def test_terms_that_cannot_be_met_are_told(problem, said):
    with pytest.raises(DataError, match=said):
        solve(problem, 1)


def test_minimum_of_the_supplier_that_caps_forbid_is_told():
    problem = plain([[3]], [[1.0]], account_least_units=[9], most_units=[[5]])
    with pytest.raises(DataError, match="no order covers the demand"):
        solve(problem, 2)


@pytest.mark.parametrize("seed", range(4))
def test_plans_and_bounds_against_every_order(seed):
    problem = check(random_problem(seed))
    best = cheapest(problem, 8)
    plan = solve(problem, 4)
    assert audit(plan) == ()
    assert plan.bound <= best * (1 + 1e-6)
    assert plan.total == pytest.approx(best, rel=2e-3)


@pytest.mark.parametrize("seed", range(40, 42))
def test_the_bound_of_tiers_is_valid_against_every_order_of_one(seed):
    problem = check(random_problem(seed, retailers=1, skus=2))
    proof = branch(problem, 1e-6, lambda: False, most_nodes=9)
    assert proof.bound <= cheapest(problem, 8) * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(100, 102))
def test_highs_finds_a_bound_and_a_plan_above_the_bound_of_tiers(seed):
    problem = check(random_problem(seed, skus=3, accounts=3))
    solved = solve_exactly(problem, 5)
    assert solved.units is not None
    cost = cost_of(problem, solved.units)
    assert audit(OrderPlan(problem, solved.units, cost, solved.bound, "")) == ()
    proof = branch(problem, 1e-6, lambda: False, most_nodes=9)
    assert proof.bound <= cost.total * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(200, 202))
def test_nobody_pays_more_than_alone(seed):
    problem = check(replace(random_problem(seed, skus=3, accounts=3), most_units=np.full((3, 3), np.inf)))
    found = split(problem, 3, 0.01)
    assert found.saving >= -1e-9
    assert sum(found.pays) == pytest.approx(found.pooled.total)
    assert all(pays <= plan.total + 1e-9 for pays, plan in zip(found.pays, found.alone, strict=True))
    assert audit(found.pooled) == ()


def test_one_party_only_has_nothing_to_split():
    found = split(plain([[10]], [[1.0]]), 1)
    assert (found.pays, found.saving) == ((10,), 0)


def test_the_audit_tells_what_is_wrong():
    problem = plain([[10]], [[1.0]], least_units=[[20]], pack_units=[[6]], capacity_units=[24])
    cost = cost_of(problem, np.full((1, 1, 1), 9.0))
    faults = " ".join(audit(OrderPlan(problem, np.full((1, 1, 1), 9.0), cost, 99.0, "")))
    for said in ("needs 10", "whole packs", "below its minimum order", "above the cost"):
        assert said in faults
