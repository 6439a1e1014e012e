"""All sources, fitted as of a cutoff, and what they propose: the candidates of a bundle."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from features.clock import Cutoff
from features.errors import DataError
from features.facts.facts import Codes, Columns, Facts, Grouped
from serving.bundle.candidates import Candidates
from training.recommendations.candidates import als, ease, neighbours, popular, repeat, similar_customers, taste
from training.recommendations.candidates.pool import Scorer, pool
from training.recommendations.interactions import ACTIVE_DAYS, Interactions, chain_popularity, interactions


class Source(NamedTuple):
    """A way to propose SKUs; `is_scored`: the ranker sees its scores (what it says is not in the facts)."""

    name: str
    fit: Callable[[Interactions], Scorer]
    depth: int
    is_scored: bool = True


SOURCES: tuple[Source, ...] = (
    Source("repeat", repeat.fit, 250),
    Source("neighbours", neighbours.fit, 50),
    Source("als", als.fit, 50),
    Source("similar_customers", similar_customers.fit, 60),
    Source("ease", ease.fit, 60),
    Source("taste", taste.fit, 50),
    Source("segment", popular.fit_segment, 30),
    Source("store", popular.fit_store, 50, is_scored=False),
    Source("chain", popular.fit_chain, 50, is_scored=False),
)

STORE_DEPTH = 100
CHAIN_DEPTH = 150
"""Lists for visitors whom we do not know: deep enough to fill a page of 100."""


def fit_all(known: Interactions, sources: tuple[Source, ...] = SOURCES) -> dict[str, Scorer]:
    return {source.name: source.fit(known) for source in sources}


def propose(
    known: Interactions, scorers: dict[str, Scorer], customers: Codes, sources: tuple[Source, ...] = SOURCES
) -> Candidates:
    """The pools of the customers (those of others are empty), and the lists of stores and chain."""
    merged = pool(known, scorers, customers, {source.name: source.depth for source in sources})
    scored = [at for at, source in enumerate(sources) if source.is_scored]
    columns = Columns(tuple(sources[at].name for at in scored), np.ascontiguousarray(merged.columns.values[:, scored]))
    counts = np.zeros(len(known.facts.customers) + 1, dtype=np.int64)
    counts[customers + 1] = np.diff(merged.starts)
    chain, chain_scores = _chain(known.facts)
    return Candidates(Grouped(np.cumsum(counts), merged.keys, columns), _stores(known.facts), chain, chain_scores)


def candidates_for(facts: Facts, customers: tuple[str, ...] | None = None) -> tuple[Interactions, Candidates]:
    """Candidates of customers (None: of everybody) of the facts, and the interactions that they were made from.

    Ids that the facts do not know are passed over.

    Raises DataError where nothing was sold lately, or nobody is known: there is nothing to learn.
    """
    known = interactions(facts)
    if not len(known.skus):
        message = (
            f"Nothing was bought in the {ACTIVE_DAYS:g} days before the cutoff {Cutoff.of_days(facts.cutoff_days)}, so "
            "there is nothing to recommend. Next: choose an earlier --cutoff, or bring later purchases."
        )
        raise DataError(message)
    if not len(facts.customers):
        message = (
            "No purchase before the cutoff has a customer: web_orders.account_id and till_receipts.loyalty_id are "
            "empty everywhere. Next: bring purchases that say whose they are."
        )
        raise DataError(message)
    chosen = np.arange(len(facts.customers), dtype=np.int32)
    if customers is not None:
        found = np.array([facts.customers.code(customer) for customer in customers], dtype=np.int32)
        chosen = np.unique(found[found >= 0])
    return known, propose(known, fit_all(known), chosen)


def _stores(facts: Facts) -> Grouped:
    table = popular.store_popularity(facts)
    keep = [_top(table, store) for store in range(table.shape[0])]
    starts = np.concatenate([[0], np.cumsum([len(rows) for rows in keep])]).astype(np.int64)
    rows = np.concatenate(keep).astype(np.int64) if keep else np.zeros(0, dtype=np.int64)
    return Grouped(starts, table.indices[rows].astype(np.int32), Columns(("score",), table.data[rows][:, None]))


def _top(table: sparse.csr_matrix, row: int) -> np.ndarray:
    """Positions of the row's best entries, in the order of their SKU codes."""
    start, end = int(table.indptr[row]), int(table.indptr[row + 1])
    best = np.lexsort((table.indices[start:end], -table.data[start:end]))[:STORE_DEPTH] + start
    return best[np.argsort(table.indices[best])]


def _chain(facts: Facts) -> tuple[Codes, np.ndarray]:
    score = chain_popularity(facts)
    best = np.argsort(-score, kind="stable")[:CHAIN_DEPTH].astype(np.int32)
    best = best[score[best] > 0]
    return best, score[best].astype(np.float32)
