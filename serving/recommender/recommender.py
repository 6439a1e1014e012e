"""The recommender: from a query to an answer. Pure: a bundle in, no clock, no network, no state of its own.

Backtests and the service call this same code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes, Floats
from features.vector.shopper import CHANNELS, ON_WEB, UNKNOWN_CHANNEL, Shopper
from features.vector.vector import vector
from serving.bundle.bundle import Bundle
from serving.bundle.directory import AMBIGUOUS, NO_CONSENT
from serving.recommender.answers import Answer, Item, Query
from serving.recommender.reasons import reasons

MAX_ELAPSED_DAYS = 28.0
"""A bundle older than this answers as if it were four weeks old: its ages would leave the range it was trained on."""

DUE = 0.5
"""`buy-again` shows first what half of the usual interval has passed for."""


_LACKING = {NO_CONSENT: "no_consent", AMBIGUOUS: "ambiguous_customer"}


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in the order of the answer, best first."""

    skus: Codes
    scores: Floats
    sources: NDArray[np.object_]

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Ranked":
        return Ranked(self.skus[keep], self.scores[keep], self.sources[keep])

    def then(self, others: "Ranked") -> "Ranked":
        """These, then those of the others that are not among them."""
        more = others.take(~np.isin(others.skus, self.skus))
        return Ranked(
            np.concatenate([self.skus, more.skus]),
            np.concatenate([self.scores, more.scores]),
            np.concatenate([self.sources, more.sources]),
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """What a placement shows: its first `own` SKUs are what it is for, the rest fills the page.

    `lacking` is the fallback to report where the page had to be filled.
    """

    ranked: Ranked
    own: int
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers queries from one bundle; thread-safe."""

    bundle: Bundle

    def recommend(self, query: Query) -> Answer:
        """A full list for any query: unknown customers, stores and SKUs fall back, and `fallback` says so.

        Raises KeyError for an unknown placement.
        """
        shopper, fallback = self._shopper(query)
        placed = PLACEMENTS[query.placement](self, shopper, query)
        chosen = np.flatnonzero(self.is_wanted(placed.ranked.skus, shopper, query))[: query.size]
        if placed.lacking and (chosen >= placed.own).any():
            fallback.append(placed.lacking)
        shown = placed.ranked.take(chosen)
        return Answer(
            items=tuple(self._item(at, shown, shopper, query) for at in range(len(shown.skus))),
            model_version=self.bundle.version,
            fallback="+".join(fallback) or "none",
            pool_size=len(placed.ranked.skus),
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
        return Ranked(skus[order], value[order], self._sources(shopper, skus[order], scores[order]))

    def is_wanted(self, skus: Codes, shopper: Shopper, query: Query) -> NDArray[np.bool_]:
        """Which SKUs may be shown: not excluded, not those that the query is about, not bought where it says new."""
        unwanted = [self.bundle.facts.skus.code(sku) for sku in (*query.exclude_item_ids, *query.item_ids)]
        wanted = ~np.isin(skus, unwanted)
        return wanted & ~self._bought(shopper, skus) if query.new_only else wanted

    def shopper(
        self,
        customer_id: str | None,
        store_id: str | None = None,
        at_days: float | None = None,
        channel: str | None = None,
    ) -> Shopper:
        """Codes of a customer, a store and a channel; without a store, the customer's home store."""
        facts = self.bundle.facts
        customer, store = max(self._customer(customer_id), -1), facts.stores.code(store_id)
        if store < 0 and customer >= 0:
            store = int(facts.home_store[customer])
        elapsed = 0.0 if at_days is None else min(max(at_days - facts.cutoff_days, 0.0), MAX_ELAPSED_DAYS)
        return Shopper(customer, store, elapsed, CHANNELS.get(channel or "", UNKNOWN_CHANNEL))

    def _customer(self, customer_id: str | None) -> int:
        """The code of a customer's id, else of another name of hers; below zero where there is nobody to speak to."""
        code = self.bundle.facts.customers.code(customer_id)
        return code if code >= 0 else self.bundle.directory.find(customer_id)

    def _shopper(self, query: Query) -> tuple[Shopper, list[str]]:
        shopper = self.shopper(query.customer_id, query.store_id, query.at_days, query.channel)
        fallback = []
        if shopper.customer < 0:
            lacking = _LACKING.get(self._customer(query.customer_id), "unknown_customer")
            fallback.append(lacking if query.customer_id else "anonymous")
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
        value *= self._share_here(shopper, skus)
        rows, sold_here = candidates.stores.find(shopper.store, skus)
        if sold_here.any():
            local = candidates.stores.columns["score"][rows] * sold_here
            value = 0.3 * value + local / local.max()
        sources = np.where(sold_here, "store", "chain").astype(object)
        best = np.lexsort((skus, -value))
        return Ranked(skus[best], value[best], sources[best])

    def _share_here(self, shopper: Shopper, skus: Codes) -> Floats:
        """The share of each SKU's latest baskets in the channel of the request; 1 where that says nothing."""
        sku = self.bundle.facts.sku
        share = sku["sku_web_baskets_28"][skus] / np.maximum(sku["sku_baskets_28"][skus], 1)
        here: Floats = (share if shopper.channel == ON_WEB else 1 - share).astype(np.float32)
        return here if shopper.channel != UNKNOWN_CHANNEL and here.any() else np.ones_like(here)

    def _bought(self, shopper: Shopper, skus: Codes) -> NDArray[np.bool_]:
        return self.bundle.facts.pairs["customer_sku"].find(shopper.customer, skus)[1]

    def _sources(self, shopper: Shopper, skus: Codes, scores: Floats) -> NDArray[np.object_]:
        if not len(scores):
            return np.zeros(0, dtype=object)
        relative = scores / np.maximum(scores.max(axis=0), 1e-6)
        names = np.array(self.bundle.candidates.sources, dtype=object)
        around = np.where(self.bundle.candidates.stores.find(shopper.store, skus)[1], "store", "chain").astype(object)
        named: NDArray[np.object_] = np.where(relative.max(axis=1) > 0, names[relative.argmax(axis=1)], around)
        return named

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


def home(recommender: Recommender, shopper: Shopper, query: Query) -> Placed:
    """For you: everything that the ranker knows of, in its order."""
    ranked = recommender.rank(shopper, new_only=query.new_only)
    return Placed(ranked, len(ranked.skus))


def buy_again(recommender: Recommender, shopper: Shopper, query: Query) -> Placed:
    """What the customer bought before: due by their own rhythm first, then the rest, both in the ranker's order."""
    ranked = recommender.rank(shopper, new_only=query.new_only)
    history = recommender.bundle.facts.pairs["customer_sku"]
    rows, bought = history.find(shopper.customer, ranked.skus)
    if not bought.any():
        return Placed(ranked, 0, "thin_history" if shopper.customer >= 0 else "")
    since = history.columns["days_since"][rows] + shopper.elapsed_days
    due = bought & (since >= DUE * np.minimum(history.columns["interval_days"][rows], 28.0))
    first = np.argsort(-(bought.astype(int) + due), kind="stable")
    return Placed(ranked.take(first), int(bought.sum()), "thin_history")


def pdp_similar(recommender: Recommender, shopper: Shopper, query: Query) -> Placed:
    """What can take the place of the SKUs in `item_ids`, the most similar first; then what `home` would show."""
    bundle = recommender.bundle
    given = [code for sku in query.item_ids if (code := bundle.facts.skus.code(sku)) >= 0]
    similar = _similar(bundle, given)
    own = int(recommender.is_wanted(similar.skus, shopper, query).sum())
    if own >= query.size:
        return Placed(similar, len(similar.skus))
    filled = similar.then(recommender.rank(shopper, new_only=query.new_only))
    return Placed(filled, len(similar.skus), "few_similar" if given else "unknown_item")


def _similar(bundle: Bundle, given: list[int]) -> Ranked:
    """The SKUs similar to one of the given ones, each once with its highest similarity, best first."""
    rows = [bundle.lists.similar.rows(code) for code in given]
    skus = np.concatenate([np.zeros(0, dtype=np.int32), *(bundle.lists.similar.keys[row] for row in rows)])
    similarity = bundle.lists.similar.columns["similarity"]
    value = np.concatenate([np.zeros(0, dtype=np.float32), *(similarity[row] for row in rows)])
    best = np.lexsort((skus, -value))
    best = best[np.sort(np.unique(skus[best], return_index=True)[1])]
    return Ranked(skus[best], value[best], np.full(len(best), "similar", dtype=object))


PLACEMENTS = {"home": home, "buy-again": buy_again, "pdp-similar": pdp_similar}
