"""The recommender: from a query to an answer. Pure: a bundle in, no clock, no network, no state of its own.

Backtests and the service call this same code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.facts import Codes, Floats
from features.vector import Shopper, vector
from serving.answers import Answer, Item, Query
from serving.bundle import Bundle
from serving.reasons import reasons

MAX_ELAPSED_DAYS = 28.0
"""A bundle older than this answers as if it were four weeks old: its ages would leave the range it was trained on."""

DUE = 0.5
"""`buy-again` shows first what half of the usual interval has passed for."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in the order of the answer, best first."""

    skus: Codes
    scores: Floats
    sources: NDArray[np.object_]

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Ranked":
        return Ranked(self.skus[keep], self.scores[keep], self.sources[keep])


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers queries from one bundle; thread-safe."""

    bundle: Bundle

    def recommend(self, query: Query) -> Answer:
        """A full list for any query: unknown customers, stores and SKUs fall back, and `fallback` says so.

        Raises KeyError for an unknown placement.
        """
        shopper, fallback = self._shopper(query)
        ranked, missed = PLACEMENTS[query.placement](self, shopper, query)
        shown = self._wanted(ranked, shopper, query)
        return Answer(
            items=tuple(self._item(at, shown, shopper, query) for at in range(len(shown.skus))),
            model_version=self.bundle.version,
            fallback="+".join((*fallback, *missed)) or "none",
            pool_size=len(ranked.skus),
        )

    def rank(self, shopper: Shopper, *, new_only: bool = False) -> Ranked:
        """Every candidate of the shopper, best first; of an unknown customer by what sells in store and chain."""
        skus, scores = self.bundle.candidates.of(shopper)
        if shopper.customer < 0:
            return self._popular(shopper, skus)
        features = vector(self.bundle.facts, shopper, skus, scores)
        if new_only:
            fresh = ~self._bought(shopper, skus)
            skus, scores, features = skus[fresh], scores[fresh], features[fresh]
        value = (self.bundle.discovery if new_only else self.bundle.ranker)(features)
        order = np.argsort(-value, kind="stable")
        return Ranked(skus[order], value[order], self._sources(scores[order]))

    def shopper(self, customer_id: str | None, store_id: str | None = None, at_days: float | None = None) -> Shopper:
        """Codes of a customer and a store; without a store, the customer's home store."""
        facts = self.bundle.facts
        customer, store = facts.customers.code(customer_id), facts.stores.code(store_id)
        if store < 0 and customer >= 0:
            store = int(facts.home_store[customer])
        elapsed = 0.0 if at_days is None else min(max(at_days - facts.cutoff_days, 0.0), MAX_ELAPSED_DAYS)
        return Shopper(customer, store, elapsed)

    def _shopper(self, query: Query) -> tuple[Shopper, list[str]]:
        shopper = self.shopper(query.customer_id, query.store_id, query.at_days)
        fallback = []
        if shopper.customer < 0:
            fallback.append("unknown_customer" if query.customer_id else "anonymous")
        if query.store_id and self.bundle.facts.stores.code(query.store_id) < 0:
            fallback.append("unknown_store")
        return shopper, fallback

    def _popular(self, shopper: Shopper, skus: Codes) -> Ranked:
        candidates = self.bundle.candidates
        position = np.searchsorted(np.sort(candidates.chain), skus)
        order = np.argsort(candidates.chain, kind="stable")
        known = np.isin(skus, candidates.chain)
        value = np.zeros(len(skus), dtype=np.float32)
        value[known] = candidates.chain_scores[order[position[known]]] / max(float(candidates.chain_scores.max()), 1e-6)
        rows, sold_here = candidates.stores.find(shopper.store, skus)
        if sold_here.any():
            local = candidates.stores.columns["score"][rows] * sold_here
            value = 0.3 * value + local / local.max()
        sources = np.where(sold_here, "store", "chain").astype(object)
        best = np.lexsort((skus, -value))
        return Ranked(skus[best], value[best], sources[best])

    def _bought(self, shopper: Shopper, skus: Codes) -> NDArray[np.bool_]:
        return self.bundle.facts.customer_sku.find(shopper.customer, skus)[1]

    def _sources(self, scores: Floats) -> NDArray[np.object_]:
        if not len(scores):
            return np.zeros(0, dtype=object)
        relative = scores / np.maximum(scores.max(axis=0), 1e-6)
        names = np.array([*self.bundle.candidates.sources, "store"], dtype=object)
        best = np.where(relative.max(axis=1) > 0, relative.argmax(axis=1), len(names) - 1)
        named: NDArray[np.object_] = names[best]
        return named

    def _wanted(self, ranked: Ranked, shopper: Shopper, query: Query) -> Ranked:
        if query.new_only and shopper.customer >= 0:
            ranked = ranked.take(~self._bought(shopper, ranked.skus))
        unwanted = [self.bundle.facts.skus.code(sku) for sku in (*query.exclude_item_ids, *query.item_ids)]
        return ranked.take(~np.isin(ranked.skus, unwanted)).take(slice(query.size))

    def _item(self, at: int, shown: Ranked, shopper: Shopper, query: Query) -> Item:
        code = int(shown.skus[at])
        return Item(
            sku=self.bundle.facts.skus.text(code),
            name=self.bundle.catalogue.names[code],
            position=at + 1,
            score=round(float(shown.scores[at]), 6),
            source=str(shown.sources[at]),
            reasons=reasons(self.bundle, shopper, code, query.item_ids) if query.explain else (),
        )


def home(recommender: Recommender, shopper: Shopper, query: Query) -> tuple[Ranked, list[str]]:
    """For you: everything that the ranker knows of, in its order."""
    return recommender.rank(shopper, new_only=query.new_only), []


def buy_again(recommender: Recommender, shopper: Shopper, query: Query) -> tuple[Ranked, list[str]]:
    """What the customer bought before: due by their own rhythm first, in the ranker's order, then the rest."""
    del query
    ranked = recommender.rank(shopper)
    history = recommender.bundle.facts.customer_sku
    rows, bought = history.find(shopper.customer, ranked.skus)
    if not bought.any():
        return ranked, ["thin_history"] if shopper.customer >= 0 else []
    since = history.columns["days_since"][rows] + shopper.elapsed_days
    due = bought & (since >= DUE * np.minimum(history.columns["interval_days"][rows], 28.0))
    return ranked.take(np.argsort(-(bought.astype(int) + due), kind="stable")[: int(bought.sum())]), []


def pdp_similar(recommender: Recommender, shopper: Shopper, query: Query) -> tuple[Ranked, list[str]]:
    """What can take the place of the SKUs in `item_ids`; of unknown SKUs, what `home` would show."""
    bundle = recommender.bundle
    given = [code for sku in query.item_ids if (code := bundle.facts.skus.code(sku)) >= 0]
    rows = [bundle.lists.similar.rows(code) for code in given]
    skus = np.concatenate([bundle.lists.similar.keys[row] for row in rows]) if rows else np.zeros(0, dtype=np.int32)
    if not len(skus):
        return recommender.rank(shopper), ["unknown_item"]
    value = np.concatenate([bundle.lists.similar.columns["similarity"][row] for row in rows])
    best = np.lexsort((skus, -value))
    first = np.unique(skus[best], return_index=True)[1]
    best = best[np.sort(first)]
    return Ranked(skus[best], value[best], np.full(len(best), "similar", dtype=object)), []


PLACEMENTS = {"home": home, "buy-again": buy_again, "pdp-similar": pdp_similar}
