"""A recommender without a model, for tests of what carries requests to one."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from serving.recommender.answers import Answer, Item, Query, Reason
from serving.storefront.champion import Champion, ChampionHolder


class CountingRecommender:
    """Answers `sku-1`, `sku-2`, … and remembers every query; `before` is called first and may raise."""

    def __init__(self, before: Callable[[Query], None] = lambda _: None) -> None:
        self.queries: list[Query] = []
        self._before = before

    def recommend(self, query: Query) -> Answer:
        self._before(query)
        self.queries.append(query)
        wanted = (sku for sku in (f"sku-{n}" for n in range(1, 2000)) if sku not in query.exclude_item_ids)
        items = tuple(_item(sku, at + 1, query) for at, sku in enumerate(islice(wanted, query.size)))
        fallback = "none" if query.customer_id else "anonymous"
        return Answer(items, "bundle-of-a-test", fallback, pool_size=300)


def _item(sku: str, position: int, query: Query) -> Item:
    reasons = (Reason("POPULAR", "Many customers buy this", {"baskets": 12}),) if query.explain else ()
    return Item(sku, f"Name of {sku}", position, 1.0 / position, "popular", reasons)


def holder_with(recommender: CountingRecommender, version: str = "7") -> ChampionHolder:
    """A holder whose champion is loaded already; there is no pointer file behind it."""
    pointer = Path("/nowhere/champion.json")
    holder = ChampionHolder(pointer, lambda _: champion(recommender, version))
    holder.current = champion(recommender, version)
    return holder


def champion(recommender: CountingRecommender, version: str = "7") -> Champion:
    return Champion(version, Path("/nowhere") / version, 1_790_000_000.0, recommender)
