"""The last step: a ranked list becomes items with names and reasons."""

from serving.recommender.answers import Item
from serving.recommender.asked import Asked
from serving.recommender.ranked import Ranked
from serving.recommender.reasons import reasons


def explain(asked: Asked, ranked: Ranked) -> tuple[Item, ...]:
    """The items in the order of the list; without reasons where the query wants none."""
    return tuple(_item(asked, at, ranked) for at in range(len(ranked.skus)))


def _item(asked: Asked, at: int, ranked: Ranked) -> Item:
    bundle, code = asked.bundle, int(ranked.skus[at])
    return Item(
        sku=bundle.facts.skus.text(code),
        name=bundle.catalogue.names[code],
        position=at + 1,
        score=round(float(ranked.scores[at]), 6),
        source=str(ranked.sources[at]),
        reasons=reasons(bundle, asked.shopper, code, asked.query.item_ids) if asked.query.explain else (),
    )
