"""From contract tables to an order, what to ask suppliers for, and orders and assortments in turn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.clock import Cutoff
from features.errors import DataError
from tests.helpers.pasts import past_of
from tests.helpers.supply_problems import plain, random_problem
from training.assortments.optimiser.problem import AssortmentProblem
from training.assortments.stages.plan import foreseen_cents
from training.assortments.supply.alternate import Joined, alternate, demand_of, first_line, valued
from training.assortments.supply.asks import asks, saved_by_pooling, supplier_table
from training.assortments.supply.audit import audit
from training.assortments.supply.cheapest import Most, cheapest_line
from training.assortments.supply.from_tables import Wishes, from_tables
from training.assortments.supply.joint_audit import joint_faults
from training.assortments.supply.joint_search import improved
from training.assortments.supply.problem import EVERYBODY
from training.assortments.supply.solve import solve
from training.assortments.supply.split import split

TERMS = {
    "supplier": ["V1", "V1", "V1", "V2"],
    "buying_group": ["north", "north", "south", None],
    "sku": ["a", "a", "a", "b"],
    "tier_units": [0.0, 20.0, 0.0, 0.0],
    "unit_cost": [2.0, 1.5, 3.0, 1.0],
    "min_order_units": [6.0, 6.0, None, None],
    "pack_units": [6.0, 6.0, 6.0, None],
    "fixed_cost": [None, None, None, None],
    "capacity": [None, None, None, 100.0],
}
SUPPLIERS = {
    "supplier": ["V1", "V2"],
    "buying_group": ["north", None],
    "min_order_units": [None, 5.0],
    "fixed_cost": [7.0, None],
    "capacity": [None, None],
}
DEMAND = pd.DataFrame({"buying_group": ["north", "south", "south"], "sku": ["a", "a", "b"], "units": [10, 10, 8]})


@pytest.fixture
def past(tmp_path):
    pd.DataFrame(TERMS).astype({"fixed_cost": float}).to_parquet(tmp_path / "supplier_terms.parquet")
    pd.DataFrame(SUPPLIERS).astype({"capacity": float}).to_parquet(tmp_path / "suppliers.parquet")
    return past_of(tmp_path, Cutoff.parse("2025-01-01"))


def test_terms_become_accounts(past):
    problem, notes = from_tables(past, Wishes(DEMAND))
    assert notes == ()
    assert problem.accounts == ("V1/north", "V1/south", "V2/all")
    assert problem.owner.tolist() == [0, 1, EVERYBODY]
    assert problem.unit_from[0, 0].tolist() == [0, 20]
    assert problem.unit_cost[0, 0].tolist() == [2, 1.5]
    assert (problem.least_units[0, 0], problem.pack_units[0, 0], problem.fixed_cost[0]) == (6, 6, 7)
    assert (problem.most_units[2, 1], problem.account_least_units[2]) == (100, 5)
    assert problem.demand_units.tolist() == [[10, 0], [10, 8]]


def test_both_groups_order_under_the_better_terms(past):
    problem, _ = from_tables(past, Wishes(DEMAND))
    found = split(problem, 6)
    # together 24 of `a` at 1.5 and 7 fixed; alone 12 at 2 and 7 fixed, and 12 at 3; `b` is 8 either way
    assert found.pooled.total == pytest.approx(24 * 1.5 + 7 + 8)
    assert [plan.total for plan in found.alone] == pytest.approx([31, 44])
    assert saved_by_pooling(found) == pytest.approx({"north": 12, "south": 12})
    table = supplier_table(found)
    assert table["spend"].sum() == pytest.approx(44)
    assert table["cost together"].sum() == pytest.approx(found.pooled.total)
    assert table["cost alone"].sum() == pytest.approx(75)
    assert audit(found.pooled) == ()


def test_a_supplier_that_takes_no_pooled_orders(past):
    problem, _ = from_tables(past, Wishes(DEMAND, apart=frozenset({"V1", "V2"})))
    assert problem.accounts == ("V1/north", "V1/south", "V2/north", "V2/south")
    assert solve(problem, 4).total == pytest.approx(75)


def test_spend_tiers_shares_and_freight_that_the_tables_do_not_know(past):
    tiers = pd.DataFrame({"supplier": ["V2"], "from_spend": [8.0], "discount": [0.5]})
    freight = pd.DataFrame({"buying_group": ["south"], "supplier": ["V2"], "cost": [0.25]})
    problem, _ = from_tables(past, Wishes(DEMAND, spend_tiers=tiers, freight=freight, never_pooled=frozenset({"a"})))
    assert problem.spend_from.tolist() == [[0, np.inf], [0, np.inf], [0, 8]]
    assert problem.never_pooled.tolist() == [True, False]
    # never pooled: 12 at 2 each under north's terms and 7 fixed; b: half of 8, and 2 of freight
    assert solve(problem, 4).total == pytest.approx(12 * 2 + 12 * 2 + 7 + 4 + 2)


def test_skus_that_nobody_supplies_are_left_out_and_told(past):
    demand = pd.concat([DEMAND, pd.DataFrame({"buying_group": ["north"], "sku": ["gone"], "units": [3]})])
    problem, notes = from_tables(past, Wishes(demand))
    assert problem.skus == ("a", "b")
    assert "1 SKUs are left out" in notes[0]


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        (pd.DataFrame({"buying_group": ["north"], "sku": ["gone"], "units": [3]}), "no terms for any"),
        (pd.DataFrame({"sku": ["a"], "units": [3]}), "lacks the column buying_group"),
        (DEMAND.head(0), "has no rows"),
        (pd.DataFrame({"buying_group": ["x", "y", "z"], "sku": ["a"] * 3, "units": [1] * 3}), "3 buying groups"),
    ],
)
def test_demand_that_cannot_be_bought_is_told(past, demand, said):
    with pytest.raises(DataError, match=said):
        from_tables(past, Wishes(demand))


def test_no_terms_at_all_are_told(tmp_path):
    pd.DataFrame(TERMS).astype({"fixed_cost": float}).head(0).to_parquet(tmp_path / "supplier_terms.parquet")
    pd.DataFrame(SUPPLIERS).astype({"capacity": float}).head(0).to_parquet(tmp_path / "suppliers.parquet")
    with pytest.raises(DataError, match="supplier_terms: there are no terms"):
        from_tables(past_of(tmp_path, Cutoff.parse("2025-01-01")), Wishes(DEMAND))


def test_what_is_worth_asking_for():
    # 90 of spend are 10 short of 10 % (worth 9, and not worth buying 10 more); 5 of 10 ordered are not needed
    problem = plain(
        [[90, 5]],
        [[1.0, np.nan], [np.nan, 2.0]],
        spend_from=[[0, 100], [0, np.inf]],
        discount=[[0, 0.1], [0, 0]],
        least_units=[[0, 0], [0, 10]],
    )
    found = asks(solve(problem, 4))
    assert [(ask.kind, ask.supplier, round(ask.worth, 2)) for ask in found] == [
        ("minimum order", "V1", 10.0),
        ("next tier", "V0", 9.0),
    ]
    assert "10.00 are lacking" in found[1].text


def _shelf(skus):
    return AssortmentProblem(
        skus=skus,
        clusters=("one",),
        stores_per_cluster=np.array([1]),
        visits=np.array([100.0]),
        mix=np.array([[1.0]]),
        weight=np.array([[[1.0, 1.0]]]),
        unit_profit_cents=np.zeros((1, 2)),
        max_skus=np.array([2]),
    )


def test_what_is_dear_to_order_is_taken_out_of_the_assortment():
    # both seem to earn 50 cents at the lowest cost; sku-1 has a minimum order of 500 that nobody can sell
    supply = plain([[0, 0]], [[0.5, 0.5]], least_units=[[0, 500]])
    joined = Joined(_shelf(supply.skus), np.full((1, 2), 100.0), supply, np.ones((1, 1)))
    found = alternate(joined, 12)
    assert found.best.listed.tolist() == [[True, False]]
    # 50 of 100 visits buy sku-0 at a profit of 50 cents
    assert found.best.profit_cents == pytest.approx(2500)
    assert found.bound_cents >= found.best.profit_cents
    assert len(found.turns) >= 2


def test_a_plan_foreseen_without_a_clock_is_one_that_can_be_had():
    supply = plain([[0, 0]], [[0.5, 0.5]], least_units=[[0, 500]])
    joined = Joined(_shelf(supply.skus), np.full((1, 2), 100.0), supply, np.ones((1, 1)))
    assert foreseen_cents(joined.shelf, joined) == pytest.approx(2500)
    known = replace(joined.shelf, unit_profit_cents=np.full((1, 2), 50.0))
    # without terms both are listed: 2 of 3 visits buy
    assert foreseen_cents(known, None) == pytest.approx(100 * 50 * 2 / 3)


@pytest.mark.parametrize("seed", [0, 2])
def test_what_is_foreseen_stays_within_the_bound(seed):
    joined = random_joined(seed)
    assert foreseen_cents(joined.shelf, joined) <= alternate(joined, 3).bound_cents + 1e-6


def _turn(joined, listed):
    line = first_line(joined)
    return valued(joined, listed, solve(joined.supply.with_demand(demand_of(joined, listed)), 5), line)


def test_what_does_not_pay_for_its_order_is_dropped_in_one_move():
    supply = plain([[0, 0]], [[0.5, 0.5]], least_units=[[0, 500]])
    joined = Joined(_shelf(supply.skus), np.full((1, 2), 100.0), supply, np.ones((1, 1)))
    both = _turn(joined, np.array([[True, True]]))
    assert both.profit_cents < 0
    assert improved(joined, both).listed.tolist() == [[True, False]]
    kept = replace(joined, shelf=replace(joined.shelf, must=np.array([[False, True]])))
    assert improved(kept, both).listed[0, 1]


def test_what_suppliers_cannot_deliver_is_not_tried():
    supply = replace(plain([[0, 0]], [[0.5, 0.5]]), capacity_units=np.array([60.0]))
    joined = Joined(_shelf(supply.skus), np.full((1, 2), 100.0), supply, np.ones((1, 1)))
    one = _turn(joined, np.array([[True, False]]))
    assert improved(joined, one).listed.tolist() == [[True, False]]  # both together would need 67 units


@pytest.mark.parametrize("seed", [0, 2, 5])
def test_improving_never_earns_less_and_passes_the_audit(seed):
    joined = random_joined(seed)
    found = alternate(joined, 3)
    better = improved(joined, found.turns[0])
    assert better.profit_cents >= found.turns[0].profit_cents
    assert joint_faults(joined, better, found.bound_cents) == ()


def test_a_line_that_no_order_can_beat_by_hand():
    # who needs 10 units at most and must take 40 is left with 30, each at a loss of half of 2.0; else 3.0 a unit
    problem = plain([[10]], [[2.0], [3.0]], least_units=[[40], [0]])
    line = cheapest_line(problem, Most(np.array([10.0]), np.array([10.0, 10.0])), 0.5, np.array([10.0]))
    # 10 units cost 20 + 30 from the first, 30 from the second; from 0 to 10 units a unit costs 3 at least
    assert (line.fixed.tolist(), line.unit.tolist(), line.average.tolist()) == ([0.0], [3.0], [3.0])
    dearer = replace(problem, unit_cost=np.array([[[2.0]], [[9.0]]]))
    line = cheapest_line(dearer, Most(np.array([10.0]), np.array([10.0, 10.0])), 0.5, np.array([10.0]))
    assert line.fixed[0] + 10 * line.unit[0] == pytest.approx(50)


def test_nobody_supplies_it():
    line = cheapest_line(plain([[1]], [[np.nan]]), Most(np.ones(1), np.ones(1)), 1.0, np.ones(1))
    assert line.unit.tolist() == [np.inf]


@pytest.mark.parametrize("seed", range(6))
def test_no_order_costs_less_than_the_line(seed):
    problem = random_problem(seed, skus=1)
    most = float(problem.needed_units.sum())
    for loss in (0.3, 1.0):
        for near in (1.0, most):
            line = cheapest_line(problem, Most(np.array([most]), np.full(2, most)), loss, np.array([near]))
            for north in range(int(problem.needed_units[0, 0]) + 1):
                demand = np.array([[float(north)], [problem.needed_units[1, 0]]])
                if demand.sum():
                    assert cost_of_demand(problem, demand, loss) >= line.fixed[0] + line.unit[0] * demand.sum() - 1e-6


def cost_of_demand(problem, demand, loss):
    """The whole order less what is left over, which is worth 1 − loss of its price."""
    order = solve(problem.with_demand(demand), 5)
    left_over = order.units.sum() - demand.sum()
    return order.total - (1 - loss) * left_over * order.lowest_price[0]


@pytest.mark.parametrize("seed", [0, 2])
def test_lists_and_order_in_turn_hold_an_audit_and_their_bound(seed):
    joined = random_joined(seed)
    found = alternate(joined, 3)
    assert joint_faults(joined, found.best, found.bound_cents) == ()
    some = np.random.default_rng(seed).random((8, 2, 3)) < 0.7
    every = [valued_lists(joined, listed) for listed in some]
    assert max(every) <= found.bound_cents + 1e-6 * abs(found.bound_cents)
    wrong = replace(found.best, profit_cents=found.best.profit_cents + 5)
    assert "not" in joint_faults(joined, wrong, found.bound_cents)[0]
    assert "more than their bound" in joint_faults(joined, found.best, found.best.profit_cents - 1)[0]
    other = replace(found.best, listed=~found.best.listed)
    assert any("the order is for" in fault for fault in joint_faults(joined, other, np.inf))


def random_joined(seed):
    """Two clusters that two retailers buy for, three SKUs of which the last has no terms."""
    generator = np.random.default_rng(seed)
    supply = random_problem(seed, skus=2)
    supply = replace(
        supply, capacity_units=np.full(2, np.inf), most_units=np.full((2, 2), np.inf), most_share=np.ones(2)
    )
    shelf = AssortmentProblem(
        skus=(*supply.skus, "known"),
        clusters=("one", "two"),
        stores_per_cluster=np.array([1, 1]),
        visits=generator.uniform(10, 30, 2),
        mix=np.array([[0.5, 0.5], [0.2, 0.8]]),
        weight=np.tile(generator.uniform(0.2, 2, (1, 2, 3)), (2, 1, 1)),
        unit_profit_cents=np.zeros((2, 3)),
    )
    margin = generator.uniform(800, 2500, (1, 3)).repeat(2, axis=0)
    return Joined(shelf, margin, supply, np.array([[1.0, 0.0], [0.4, 0.6]]), 0.4)


def valued_lists(joined, listed):
    order = solve(joined.supply.with_demand(demand_of(joined, listed)), 2)
    return valued(joined, listed, order, first_line(joined)).profit_cents


def test_demand_bears_its_part_of_an_order(past):
    problem, _ = from_tables(past, Wishes(DEMAND, order_part={"V1": 0.5, "V2": 0.1}))
    assert problem.fixed_cost.tolist() == [3.5, 0, 0]
    assert problem.account_least_units.tolist() == [0, 0, 0.5]


def test_an_assortment_of_other_skus_is_refused():
    supply = plain([[0, 0]], [[0.5, 0.5]])
    joined = Joined(_shelf(("x", "y")), np.full((1, 2), 100.0), supply, np.ones((1, 1)))
    with pytest.raises(DataError, match="2 SKUs that the assortment lacks"):
        alternate(joined, 1)
