"""Many stores as few groups: one list for each, made for a store in the middle of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from features.errors import DataError
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Flags, Floats


def grouped(problem: AssortmentProblem, group: Codes) -> AssortmentProblem:
    """The problem of the groups.

    Visits are added up, mixes and profits averaged by visits, space and numbers are those of the median store, and of
    must-carry, bans and brand minimums only what all stores of a group share binds.
    Raises DataError where a group mixes sellers, or where changes are limited over the chain.
    """
    _need_separable(problem, group)
    count = int(group.max()) + 1
    first = np.array([int(np.argmax(group == code)) for code in range(count)])
    visits = np.bincount(group, weights=problem.visits, minlength=count).astype(np.float64)
    share = problem.visits / np.where(visits[group] > 0, visits[group], 1.0)
    share = np.where(visits[group] > 0, share, 1 / np.bincount(group)[group])

    def average(part: Floats) -> Floats:
        total = np.zeros((count, part.shape[1]))
        np.add.at(total, group, part * share[:, None])
        return total

    return replace(
        problem,
        clusters=tuple(f"group {code}" for code in range(count)),
        stores_per_cluster=np.bincount(group, weights=problem.stores_per_cluster).astype(np.int64),
        visits=visits,
        mix=average(problem.mix),
        weight=problem.weight[first],
        unit_profit_cents=average(problem.unit_profit_cents),
        space_cm=_each(problem.space_cm, group, _middle),
        max_skus=_whole(_each(problem.max_skus, group, _middle)),
        max_changes=_whole(_each(problem.max_changes, group, _middle)),
        must=_flags(_each(problem.must, group, _least)),
        banned=_flags(_each(problem.banned, group, _least)),
        brand_minimum=_whole(_each(problem.brand_minimum, group, _least)),
        current=_flags(_each(problem.current, group, _middle)),
        party=tuple(problem.party[s] for s in first) if problem.party else (),
    )


def _need_separable(problem: AssortmentProblem, group: Codes) -> None:
    if problem.max_changes_chain is not None:
        raise DataError(
            "Changes are limited over all stores together, and lists are made store by store. Next: limit the changes "
            "of each list (max_changes without chain = true), or plan clusters of stores."
        )
    codes = problem.party_codes
    mixed = [code for code in range(int(group.max()) + 1) if len(set(codes[group == code].tolist())) > 1]
    if mixed:
        raise DataError(f"{len(mixed)} groups mix stores of several sellers. Next: group the stores of each by itself.")


Fold = Callable[[Floats], Floats]


def _middle(rows: Floats) -> Floats:
    """The lower median, which is one of the values."""
    return np.asarray(np.percentile(rows, 50, axis=0, method="lower"))


def _least(rows: Floats) -> Floats:
    return np.asarray(rows.min(axis=0))


def _each(part: Floats | Codes | Flags | None, group: Codes, fold: Fold) -> Floats | None:
    if part is None:
        return None
    return np.array([fold(part[group == code].astype(np.float64)) for code in range(int(group.max()) + 1)])


def _whole(part: Floats | None) -> Codes | None:
    return None if part is None else part.astype(np.int64)


def _flags(part: Floats | None) -> Flags | None:
    return None if part is None else part > 0.5
