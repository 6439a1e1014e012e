"""Random shops for the optimiser: latent classes, numbers of SKUs, shelf space; and every list of a tiny one."""

from dataclasses import replace

import numpy as np

from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats

_LEAVES = (0.02, 0.1, 0.5, 1.0)
"""Attraction of a middling SKU over leaving with nothing: from a category that few buy to one that all do."""


def one_shelf(skus: int, classes: int, seed: int) -> AssortmentProblem:
    """One cluster with a number of SKUs (even seeds), a shelf (every third), or both; classes share no taste.

    That is the hard end: real classes agree on much, and agreement narrows the bounds.
    """
    draw = np.random.default_rng([seed, skus, classes])
    weight = np.exp(draw.normal(0, 1, (1, classes, skus))) * draw.choice(_LEAVES)
    width = draw.uniform(4, 20, skus)
    few = max(2, round(skus * draw.uniform(0.05, 0.25)))
    space = width.sum() * draw.uniform(0.1, 0.4)
    return AssortmentProblem(
        skus=_names("s", skus),
        clusters=("c0",),
        stores_per_cluster=np.ones(1, dtype=np.int64),
        visits=np.array([10_000.0]),
        mix=draw.dirichlet(np.ones(classes), 1),
        weight=weight,
        unit_profit_cents=draw.uniform(100, 1000, (1, skus)),
        width_cm=width,
        space_cm=np.array([space]) if seed % 2 or seed % 3 == 0 else None,
        max_skus=np.array([few]) if seed % 2 == 0 else None,
    )


def chain(clusters: int, skus: int, classes: int, seed: int) -> AssortmentProblem:
    """Clusters that differ in mix, space and size, and share costs of listing: some SKUs earn theirs, some do not."""
    draw = np.random.default_rng([seed, clusters, skus])
    taste = draw.normal(0, 1, (classes, skus)) + 0.2 * draw.normal(0, 1, (clusters, classes, skus))
    width, visits = draw.uniform(4, 20, skus), draw.uniform(5e3, 5e4, clusters)
    profit = draw.uniform(100, 900, skus) * draw.uniform(0.15, 0.4, skus)
    return AssortmentProblem(
        skus=_names("s", skus),
        clusters=_names("c", clusters),
        stores_per_cluster=draw.integers(10, 300, clusters),
        visits=visits,
        mix=draw.dirichlet(np.ones(classes), clusters),
        weight=0.1 * np.exp(taste),
        unit_profit_cents=np.tile(profit, (clusters, 1)),
        sku_cost_cents=draw.uniform(0, 0.1, skus) * profit.mean() * visits.sum() / skus,
        width_cm=width,
        space_cm=draw.uniform(0.15, 0.35, clusters) * width.sum(),
        max_skus=draw.integers(skus // 10, skus // 5 + 1, clusters),
    )


def stores_of(wide: AssortmentProblem, stores: int, seed: int) -> tuple[AssortmentProblem, Codes]:
    """Stores of the clusters of a chain, and their clusters.

    Each has a size, a mix, a shelf, must-carry SKUs and bans of its own.
    """
    draw = np.random.default_rng([seed, stores])
    clusters, skus = len(wide.clusters), len(wide.skus)
    group = np.concatenate([np.arange(clusters), draw.integers(0, clusters, stores - clusters)])
    size = draw.lognormal(0, 0.4, stores)
    total = np.bincount(group, weights=size)
    banned = draw.random((stores, skus)) < 0.01
    problem = replace(
        wide,
        clusters=_names("store ", stores),
        stores_per_cluster=np.ones(stores, dtype=np.int64),
        visits=wide.visits[group] * size / total[group],
        mix=np.array([draw.dirichlet(60 * wide.mix[code] + 0.01) for code in group]),
        weight=wide.weight[group],
        unit_profit_cents=wide.unit_profit_cents[group],
        space_cm=None if wide.space_cm is None else wide.space_cm[group] * draw.uniform(0.9, 1.1, stores),
        max_skus=None if wide.max_skus is None else wide.max_skus[group],
        must=(draw.random((stores, skus)) < 0.003) & ~banned,
        banned=banned,
    )
    return problem, group


def every_list(problem: AssortmentProblem) -> tuple[Flags, float]:
    """The best of all lists of a shop with one cluster, tried one by one, and what it earns."""
    skus = len(problem.skus)
    lists = (np.arange(2**skus)[:, None] >> np.arange(skus)) & 1
    fits = np.ones(len(lists), dtype=bool)
    if problem.max_skus is not None:
        fits &= lists.sum(axis=1) <= problem.max_skus[0]
    if problem.space_cm is not None and problem.width_cm is not None:
        fits &= lists @ problem.width_cm <= problem.space_cm[0]
    earned: Floats = np.zeros(len(lists))
    for share, weight in zip(problem.mix[0], problem.weight[0], strict=True):
        taken = lists @ (weight * problem.unit_profit_cents[0]) / (1 + lists @ weight)
        earned += problem.visits[0] * share * taken
    earned[~fits] = -np.inf
    best = int(np.argmax(earned))
    return lists[best].astype(bool), float(earned[best])


def _names(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{nth}" for nth in range(count))
