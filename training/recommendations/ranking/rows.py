"""Training rows: the candidates of customers who bought in a label window, with what they bought."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.facts.facts import Codes, Facts, Floats
from features.vector.shopper import Shopper
from features.vector.vector import vector
from serving.bundle.candidates import Candidates
from training.recommendations.first_visits import FirstVisits, unknown

NEGATIVE_SHARE = 0.2
"""Of the candidates that were not bought, so many are kept: more changes nothing but the time."""

TOLD_SHARE = 0.5
"""Of the customers, so many are asked for as at their first visit; the others' requests say neither channel nor
store, as those of a newsletter, and stand for their usual ones."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Candidates of several customers, grouped.

    features (rows, columns); labels (rows,) 1 where bought; groups (customers,) rows of each;
    is_new (rows,) whether the customer had never bought the SKU
    """

    features: Floats
    labels: Floats
    groups: Codes
    is_new: np.ndarray


def rows(
    facts: Facts,
    candidates: Candidates,
    labels: tuple[Codes, Codes],
    seed: int,
    negative_share: float = NEGATIVE_SHARE,
    visits: FirstVisits | None = None,
) -> Rows | None:
    """Rows of every customer of the labels who has at least one label among the candidates; None where nobody has.

    `visits` says where each of them shopped first in the window; without it no request says where it comes from.
    """
    generator = np.random.default_rng(seed)
    customers, first = np.unique(labels[0], return_index=True)
    bought = np.split(labels[1], first[1:])
    parts = [
        _of_customer(facts, candidates, shopper, skus, generator, negative_share)
        for shopper, skus in zip(_shoppers(facts, customers, visits, seed), bought, strict=True)
    ]
    kept = [part for part in parts if part is not None]
    return stack(kept) if kept else None


def stack(parts: list[Rows]) -> Rows:
    """Several sets of rows as one."""
    return Rows(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.is_new for part in parts]),
    )


def first_customers(given: Rows, count: int) -> Rows:
    """The rows of the first `count` customers."""
    end = int(given.groups[:count].sum())
    return Rows(given.features[:end], given.labels[:end], given.groups[:count], given.is_new[:end])


def only_new(given: Rows) -> Rows:
    """The rows of SKUs that the customer had never bought, of the customers who found one of them."""
    group = np.repeat(np.arange(len(given.groups)), given.groups)
    found = np.bincount(group[given.is_new], weights=given.labels[given.is_new], minlength=len(given.groups))
    keep = given.is_new & (found[group] > 0)
    groups = np.bincount(group[keep], minlength=len(given.groups))
    return Rows(given.features[keep], given.labels[keep], groups[groups > 0].astype(np.int32), given.is_new[keep])


def _shoppers(facts: Facts, customers: Codes, visits: FirstVisits | None, seed: int) -> Iterator[Shopper]:
    usual = unknown(facts)
    is_told = np.random.default_rng([seed, 1]).random(len(customers)) < TOLD_SHARE
    for customer, told in zip(customers, is_told, strict=True):
        yield (visits if visits is not None and told else usual).shopper(int(customer))


def _of_customer(
    facts: Facts,
    candidates: Candidates,
    shopper: Shopper,
    bought: Codes,
    generator: np.random.Generator,
    negative_share: float,
) -> Rows | None:
    skus, scores = candidates.of(shopper)
    label = np.isin(skus, bought)
    if not label.any():
        return None
    keep = label | (generator.random(len(skus)) < negative_share)
    skus, scores, label = skus[keep], scores[keep], label[keep]
    features = vector(facts, shopper, skus, scores)
    is_new = ~facts.pairs["customer_sku"].find(shopper.customer, skus)[1]
    return Rows(features, label.astype(np.float32), np.array([len(skus)], dtype=np.int32), is_new)
