"""The steps of the recommender once more, slowly: loops over SKUs, sets and dictionaries in place of arrays."""

from dataclasses import dataclass

import numpy as np

from features.vector.shopper import ON_WEB, UNKNOWN_CHANNEL
from features.vector.vector import vector
from serving.recommender.answers import Item
from serving.recommender.asked import Asked
from serving.recommender.reasons import reasons


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate of a list, by SKU code."""

    sku: int
    score: float
    source: str


def naive_pool(asked: Asked) -> dict[int, list[float]]:
    """SKU code -> a score for each personal source, in the order of the pool."""
    candidates = asked.bundle.candidates
    found: dict[int, list[float]] = {}
    for row in _rows(candidates.personal.starts, asked.shopper.customer):
        found[int(candidates.personal.keys[row])] = [float(value) for value in candidates.personal.columns.values[row]]
    around = {int(candidates.stores.keys[row]) for row in _rows(candidates.stores.starts, asked.shopper.store)}
    for sku in sorted(around | {int(code) for code in candidates.chain}):
        found.setdefault(sku, [0.0] * len(candidates.sources))
    return found


def naive_rank(asked: Asked) -> list[Line]:
    """Best first; equal scores in the order of the pool, a stranger's in that of the codes."""
    pool = naive_pool(asked)
    if asked.shopper.customer < 0:
        return sorted(_popular(asked, pool), key=lambda line: (-line.score, line.sku))
    skus = [sku for sku in pool if not asked.query.new_only or sku not in bought(asked)]
    model = asked.bundle.discovery if asked.query.new_only else asked.bundle.ranker
    most = [max(1e-6, *(pool[sku][source] for sku in skus)) for source in range(len(asked.bundle.candidates.sources))]
    lines = []
    for sku in skus:
        given = np.array([pool[sku]], dtype=np.float32)
        row = vector(asked.bundle.facts, asked.shopper, np.array([sku], dtype=np.int32), given)
        lines.append(Line(sku, float(model(row)[0]), _source(asked, sku, pool[sku], most)))
    return sorted(lines, key=lambda line: -line.score)


def naive_eligible(asked: Asked, sku: int) -> bool:
    name = asked.bundle.facts.skus.text(sku)
    barred = {*asked.query.exclude_item_ids, *asked.query.item_ids, *asked.live.sold_out}
    return name not in barred and not (asked.query.new_only and sku in bought(asked))


def naive_explain(asked: Asked, lines: list[Line]) -> list[Item]:
    facts, names = asked.bundle.facts, asked.bundle.catalogue.names
    items: list[Item] = []
    for line in lines:
        why = reasons(asked.bundle, asked.shopper, line.sku, asked.query.item_ids) if asked.query.explain else ()
        position = len(items) + 1
        sku = facts.skus.text(line.sku)
        items.append(Item(sku, names[line.sku], position, round(line.score, 6), line.source, why))
    return items


def naive_buy_again(asked: Asked, home: list[Line]) -> list[Line]:
    """What is due, then what else was bought, then the rest; each in the order of `home`."""
    history = asked.bundle.facts.pairs["customer_sku"]
    due: set[int] = set()
    rest: set[int] = set()
    for row in _rows(history.starts, asked.shopper.customer):
        since = float(history.columns["days_since"][row]) + asked.shopper.elapsed_days
        usual = min(float(history.columns["interval_days"][row]), 28.0)
        (due if since >= usual / 2 else rest).add(int(history.keys[row]))
    order = [line for line in home if line.sku in due] + [line for line in home if line.sku in rest]
    return order + [line for line in home if line.sku not in due | rest]


def naive_pdp_similar(asked: Asked, home: list[Line]) -> list[Line]:
    """What is similar to one of the given SKUs, by its highest similarity, then the rest of `home`."""
    similar, facts = asked.bundle.lists.similar, asked.bundle.facts
    best: dict[int, float] = {}
    for item in asked.query.item_ids:
        for row in _rows(similar.starts, facts.skus.code(item)):
            sku, value = int(similar.keys[row]), float(similar.columns["similarity"][row])
            best[sku] = max(value, best.get(sku, value))
    own = [Line(sku, best[sku], "similar") for sku in sorted(best, key=lambda sku: (-best[sku], sku))]
    enough = sum(naive_eligible(asked, line.sku) for line in own) >= asked.query.size
    return own if enough else own + [line for line in home if line.sku not in best]


def bought(asked: Asked) -> set[int]:
    history = asked.bundle.facts.pairs["customer_sku"]
    return {int(history.keys[row]) for row in _rows(history.starts, asked.shopper.customer)}


def _popular(asked: Asked, pool: dict[int, list[float]]) -> list[Line]:
    candidates, sku_facts = asked.bundle.candidates, asked.bundle.facts.sku
    chain = {int(sku): float(value) for sku, value in zip(candidates.chain, candidates.chain_scores, strict=True)}
    scores = candidates.stores.columns["score"]
    rows = _rows(candidates.stores.starts, asked.shopper.store)
    here = {int(candidates.stores.keys[row]): float(scores[row]) for row in rows}
    share = {}
    for sku in pool:
        web = float(sku_facts["sku_web_baskets_28"][sku]) / max(float(sku_facts["sku_baskets_28"][sku]), 1)
        share[sku] = web if asked.shopper.channel == ON_WEB else 1 - web
    if asked.shopper.channel == UNKNOWN_CHANNEL or not any(share.values()):
        share = dict.fromkeys(pool, 1.0)
    lines = []
    for sku in pool:
        value = chain.get(sku, 0.0) / max(*chain.values(), 1e-6) * share[sku]
        value = 0.3 * value + here.get(sku, 0.0) / max(here.values()) if here else value
        lines.append(Line(sku, value, "store" if sku in here else "chain"))
    return lines


def _source(asked: Asked, sku: int, scores: list[float], most: list[float]) -> str:
    """The personal source that gives the SKU the largest share of its own best score."""
    candidates = asked.bundle.candidates
    shares = [score / best for score, best in zip(scores, most, strict=True)]
    if max(shares) > 0:
        return candidates.sources[shares.index(max(shares))]
    rows = _rows(candidates.stores.starts, asked.shopper.store)
    return "store" if sku in {int(candidates.stores.keys[row]) for row in rows} else "chain"


def _rows(starts: np.ndarray, group: int) -> range:
    return range(int(starts[group]), int(starts[group + 1])) if group >= 0 else range(0)
