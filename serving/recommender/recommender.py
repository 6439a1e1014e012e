"""The recommender makes an answer of a query in steps, each a function in the file of its name.

    pool -> rank -> eligible -> rules -> explain

A placement decides how the first two make its list. Everything is pure: a bundle, a query and what is
live come in; there is no clock, no network and no state. Backtests and the service call this same code.
"""

from dataclasses import dataclass

import numpy as np

from features.vector.shopper import CHANNELS, UNKNOWN_CHANNEL, Shopper
from serving.bundle.bundle import Bundle
from serving.bundle.directory import AMBIGUOUS, NO_CONSENT
from serving.live.state import NOTHING_LIVE, Live
from serving.recommender.answers import Answer, Query
from serving.recommender.asked import Asked
from serving.recommender.eligible import eligible
from serving.recommender.explain import explain
from serving.recommender.placements.placements import BY_NAME
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Ranked
from serving.recommender.rules import follow_rules

MAX_ELAPSED_DAYS = 28.0
"""A bundle older than this answers as if it were four weeks old: its ages would leave the range it was trained on."""

_LACKING = {NO_CONSENT: "no_consent", AMBIGUOUS: "ambiguous_customer"}


@dataclass(frozen=True, slots=True)
class Recommender:
    """Answers queries from one bundle; thread-safe."""

    bundle: Bundle

    def recommend(self, query: Query, live: Live = NOTHING_LIVE) -> Answer:
        """Make a full list for any query: unknown customers, stores and SKUs fall back, and `fallback` says so.

        Raises KeyError for an unknown placement.
        """
        shopper, fallback = self._shopper(query)
        asked = Asked(self.bundle, shopper, query, live)
        placed = BY_NAME[query.placement].place(asked)
        allowed = np.flatnonzero(eligible(asked, placed.ranked.skus))
        if placed.lacking and (allowed[: query.size] >= placed.own).any():
            fallback.append(placed.lacking)
        shown = follow_rules(placed.ranked.take(allowed), live.rules).take(slice(query.size))
        return Answer(
            items=explain(asked, shown),
            model_version=self.bundle.version,
            fallback="+".join(fallback) or "none",
            pool_size=len(placed.ranked.skus),
        )

    def rank(self, shopper: Shopper, *, new_only: bool = False) -> Ranked:
        """Every candidate of the shopper, best first, without what a placement and a query make of it."""
        return rank(self.bundle, shopper, pool(self.bundle, shopper), new_only=new_only)

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
        """The code of a customer's id, else of another name of theirs; below zero where there is nobody to speak to."""
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
