"""Small shops for the assortment's tests: one of two SKUs worked by hand, random ones, and every plan of one."""

import itertools

import numpy as np

from training.assortments.optimiser.problem import AssortmentProblem, Flags
from training.assortments.optimiser.shelf import shelves
from training.assortments.optimiser.value import profit_cents


def two_skus() -> AssortmentProblem:
    """1,000 visits of one class; weights 1 and 1, unit profits 100 and 40 cents.

    Listed alone the first earns 1000·100·1/2 = 50,000, the second 1000·40·1/2 = 20,000, both together
    1000·(100 + 40)/3 = 46,666.67: the second takes more from the first than it brings.
    """
    return AssortmentProblem(
        skus=("cola", "lemonade"),
        clusters=("all",),
        stores_per_cluster=np.array([10]),
        visits=np.array([1000.0]),
        mix=np.array([[1.0]]),
        weight=np.array([[[1.0, 1.0]]]),
        unit_profit_cents=np.array([[100.0, 40.0]]),
    )


def random_shop(seed: int) -> AssortmentProblem:
    """One to three clusters of at most eight SKUs, with any mixture of rules: also of rules that clash."""
    draw = np.random.default_rng(seed)
    clusters = int(draw.integers(1, 4))
    skus, classes = {1: 8, 2: 5, 3: 4}[clusters], int(draw.integers(1, 4))
    current = draw.random((clusters, skus)) < 0.5
    has = dict(zip(_PARTS, draw.random(len(_PARTS)) < 0.4, strict=True))
    return AssortmentProblem(
        skus=tuple(f"s{nth}" for nth in range(skus)),
        clusters=tuple("abc"[:clusters]),
        stores_per_cluster=draw.integers(1, 5, clusters),
        visits=draw.uniform(50, 200, clusters),
        mix=draw.dirichlet(np.ones(classes), clusters),
        weight=np.exp(draw.normal(-1, 1, (clusters, classes, skus))),
        unit_profit_cents=draw.uniform(-0.5, 5, (clusters, skus)),
        sku_cost_cents=draw.uniform(0, 60, skus) if has["cost"] else None,
        width_cm=draw.uniform(4, 20, skus),
        space_cm=draw.uniform(20, 60, clusters) if has["space"] else None,
        max_facings=draw.integers(1, 5, skus) if has["supply"] else None,
        facing_capacity_units=draw.uniform(2, 12, skus) if has["supply"] else None,
        days_of_supply=draw.uniform(0, 4, skus) if has["supply"] else None,
        must=draw.random((clusters, skus)) < 0.1 if has["must"] else None,
        banned=draw.random((clusters, skus)) < 0.15 if has["ban"] else None,
        brand=draw.integers(0, 2, skus) if has["brand"] else None,
        brand_minimum=draw.integers(0, 2, (clusters, 2)) if has["brand"] else None,
        brands=("X", "Y"),
        max_skus=draw.integers(2, skus, clusters) if has["count"] else None,
        current=current,
        max_changes=draw.integers(1, 4, clusters) if has["changes"] else None,
        max_changes_chain=int(draw.integers(1, 2 + clusters)) if has["chain"] else None,
        party=("p", "q", "q")[:clusters] if has["party"] else (),
    )


_PARTS = ("cost", "space", "supply", "must", "ban", "brand", "count", "changes", "chain", "party")


def best_of_all(problem: AssortmentProblem) -> float:
    """What the best plan earns, every plan tried; −inf where none keeps the rules."""
    skus = len(problem.skus)
    every = [np.array(bits, dtype=bool) for bits in itertools.product((0, 1), repeat=skus)]
    kept = [[one for one in every if shelf.keeps(one)] for shelf in shelves(problem)]
    plans = (np.array(plan) for plan in itertools.product(*kept))
    return max((profit_cents(problem, plan) for plan in plans if _few_changes(problem, plan)), default=-np.inf)


def _few_changes(problem: AssortmentProblem, plan: Flags) -> bool:
    if problem.max_changes_chain is None or problem.current is None:
        return True
    return int((plan != problem.current).sum()) <= problem.max_changes_chain
