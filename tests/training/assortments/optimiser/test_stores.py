"""Lists of stores from lists of their groups."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.studies.optimiser_cases import chain, stores_of
from features.errors import DataError
from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.solve import solve
from training.assortments.optimiser.store_groups import grouped
from training.assortments.optimiser.stores import plan_stores


@pytest.fixture(scope="module")
def shop():
    return stores_of(chain(2, 12, 2, 0), 8, 0)


def test_every_store_gets_a_list_that_keeps_its_rules(shop):
    problem, group = shop
    plan = plan_stores(problem, group, seconds=3)
    assert audit(problem, plan).passed
    assert plan.gap < 0.05


def test_as_good_as_solving_the_stores_together(shop):
    problem, group = shop
    apart = replace(problem, sku_cost_cents=None)
    together = solve(apart, seconds=5)
    plan = plan_stores(apart, group, seconds=3)
    assert plan.profit_cents == pytest.approx(together.profit_cents, rel=1e-3)
    assert plan.bound_cents >= together.profit_cents


def test_groups_add_up(shop):
    problem, group = shop
    wide = grouped(problem, group)
    assert wide.visits.sum() == pytest.approx(problem.visits.sum())
    assert wide.stores_per_cluster.tolist() == np.bincount(group).tolist()
    assert wide.mix.sum(axis=1) == pytest.approx(1)


def test_what_cannot_be_grouped_is_told(shop):
    problem, group = shop
    other = problem.weight.copy()
    other[7] += 1
    with pytest.raises(DataError, match="1 stores differ from the first store of their group"):
        plan_stores(replace(problem, weight=other), group)
    listed = np.zeros((8, 12), dtype=bool)
    with pytest.raises(DataError, match="limited over all stores together"):
        plan_stores(replace(problem, current=listed, max_changes_chain=5), group)
    with pytest.raises(DataError, match="1 groups mix stores of several sellers"):
        plan_stores(replace(problem, party=("a", *["b"] * 7)), group)
    with pytest.raises(DataError, match="group needs a code for each"):
        plan_stores(problem, group[:5])
