"""Small supply problems: one that is worked by hand, and random ones."""

from itertools import product

import numpy as np

from training.assortments.supply.cost import cost_of
from training.assortments.supply.plan import OrderPlan
from training.assortments.supply.problem import EVERYBODY, Floats, OrderProblem


def plain(
    demand: list[list[float]],
    price: list[list[float]],
    *,
    spend_from: list[list[float]] | None = None,
    discount: list[list[float]] | None = None,
    **changed: object,
) -> OrderProblem:
    """Everybody's accounts without minimums, packs or fixed costs; price (A, N), nan where not offered."""
    cost = np.array(price, dtype=float)
    accounts, skus = cost.shape
    retailers = len(demand)
    given: dict[str, object] = {
        "retailers": ("north", "south")[:retailers],
        "skus": tuple(f"sku-{nth}" for nth in range(skus)),
        "accounts": tuple(f"V{nth}" for nth in range(accounts)),
        "suppliers": tuple(f"V{nth}" for nth in range(accounts)),
        "demand_units": np.array(demand, dtype=float),
        "safety": np.ones((retailers, skus)),
        "owner": np.full(accounts, EVERYBODY),
        "is_pooled": np.ones(accounts, dtype=bool),
        "never_pooled": np.zeros(skus, dtype=bool),
        "unit_from": np.zeros((accounts, skus, 1)),
        "unit_cost": cost[:, :, None],
        "spend_from": np.array(spend_from or [[0.0]] * accounts),
        "discount": np.array(discount or [[0.0]] * accounts),
        "least_units": np.zeros((accounts, skus)),
        "most_units": np.full((accounts, skus), np.inf),
        "pack_units": np.ones((accounts, skus)),
        "line_cost": np.zeros((accounts, skus)),
        "account_least_units": np.zeros(accounts),
        "capacity_units": np.full(accounts, np.inf),
        "most_share": np.ones(accounts),
        "fixed_cost": np.zeros(accounts),
        "freight": np.zeros((retailers, accounts)),
    }
    for name, value in changed.items():
        given[name] = value if isinstance(value, tuple) else np.array(value)
    return OrderProblem(**given)  # type: ignore[arg-type]  # fields by name


def random_problem(seed: int, retailers: int = 2, accounts: int = 2, skus: int = 1) -> OrderProblem:
    """Tiers of both kinds, minimums, packs, fixed costs, freight and now and then a cap; always feasible."""
    generator = np.random.default_rng(seed)
    demand = generator.integers(0, 5, (retailers, skus)).astype(float)
    demand[0, 0] = max(demand[0, 0], 1)
    cost = generator.integers(4, 12, (accounts, skus)).astype(float)
    unit_from = np.stack([np.zeros((accounts, skus)), generator.integers(2, 7, (accounts, skus))], axis=2)
    pack = generator.integers(1, 3, (accounts, skus)).astype(float)
    return plain(
        demand.tolist(),
        cost.tolist(),
        spend_from=[[0.0, float(generator.integers(15, 60))] for _ in range(accounts)],
        discount=[[0.0, float(generator.choice([0.05, 0.2, 0.4]))] for _ in range(accounts)],
        unit_from=unit_from,
        unit_cost=np.stack([cost, cost * generator.choice([1.0, 0.8], (accounts, skus))], axis=2),
        least_units=generator.choice([0, 0, 3, 5], (accounts, skus)).astype(float),
        pack_units=pack,
        never_pooled=generator.random(skus) < 0.3,
        line_cost=generator.choice([0.0, 3.0], (accounts, skus)),
        account_least_units=generator.choice([0.0, 0.0, 4.0], accounts),
        fixed_cost=generator.choice([0.0, 10.0], accounts),
        freight=generator.choice([0.0, 0.5, 1.0], (retailers, accounts)),
        most_units=np.where(generator.random((accounts, skus)) < 0.2, 6.0, np.inf),
    )


def cheapest(problem: OrderProblem, most: int) -> float:
    """The cost of the best of all orders of up to `most` units a retailer, account and SKU; inf where none is right."""
    from training.assortments.supply.audit import audit

    shape = (len(problem.retailers), len(problem.accounts), len(problem.skus))
    amounts = [
        np.arange(0, most + 1, int(problem.pack_units[account, sku])).tolist()
        for _, account, sku in product(*map(range, shape))
    ]
    best = np.inf
    for chosen in product(*amounts):
        units: Floats = np.array(chosen, dtype=float).reshape(shape)
        if (units.sum(axis=1) < problem.needed_units).any():
            continue
        cost = cost_of(problem, units)
        if cost.total < best and not audit(OrderPlan(problem, units, cost, 0.0, "")):
            best = cost.total
    return best
