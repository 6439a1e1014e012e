"""Planted shoppers: stores where it is known how everybody chooses, what they would do instead, and what is best.

`plant` makes a world of one kind, `observe` the panel that an analyst sees of it. Kinds differ in how a shopper of a
segment chooses; in all of them segments differ in taste, and stores in their mix of segments:

- `mnl`       one segment, multinomial logit
- `latent`    four segments, multinomial logit within each
- `mixed`     continuous tastes for attributes and price around each segment's (draws of a mixed logit)
- `nested`    nested logit: SKUs of a nest are closer substitutes (Train 2009, ch. 4)
- `markov`    Markov chain: who misses a SKU walks on to a similar one, or leaves (Blanchet, Gallego and Goyal 2016)
- `ranking`   types with a short list of SKUs; the first that is there is taken (Farias, Jagabathula and Shah 2013)

Prices are endogenous: they rise with what shoppers of that store and week happen to want.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.assortments.choice.panel import Flags, Floats, Panel, checked
from training.assortments.choice.transfer import Transfer

KINDS = ("mnl", "latent", "mixed", "nested", "markov", "ranking")
TRAITS = ("log_price", "display")

_SEGMENTS = {"mnl": 1, "markov": 2}
_DRAWS, _TYPES, _NESTS, _LONGEST_LIST = 40, 200, 8, 8
_TOGETHERNESS = 0.5
"""Dissimilarity parameter of the nested logit: 1 is multinomial logit, 0 is one SKU a nest."""
_CLOSENESS = 1.5
_BASE = 2.0
_WEEKS_OF_A_RANGE = 6


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is. `shelf` is the share of SKUs that a store may carry, about."""

    skus: int = 40
    stores: int = 30
    weeks: int = 26
    visits: int = 400
    shelf: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """The truth. S stores, G segments, n SKUs.

    value         (G, n) utility at the usual price, over that of leaving without any
    price_weight  (G,) what a unit of log price takes off it
    mix           (S, G) segments of each store's shoppers
    price, unit_profit  (n,) usual price and margin of a unit
    attributes    (n, A) seen by the analyst; nest (n,) is not
    covariates    (S, Z) of stores, seen
    visits        (S,) a week
    max_skus      (S,) that the shelf holds
    shaken        (G, L, n) what draws or types of a segment value over its mean; L is 1 for kinds without
    walks         (G, n, n) where a shopper who misses a SKU goes next; rows add up to less than 1
    """

    kind: str
    value: Floats
    price_weight: Floats
    mix: Floats
    price: Floats
    unit_profit: Floats
    attributes: Floats
    nest: NDArray[np.int64]
    covariates: Floats
    visits: Floats
    max_skus: NDArray[np.int64]
    shaken: Floats
    walks: Floats

    def shares(self, store: int, listed: Flags, shift: Floats | None = None) -> Floats:
        """(B, n) of a store's visits that take each SKU, where `listed` (B, n) is there.

        `shift` (B, G, n) is added to utilities: promotions, prices and moods of a week.
        """
        total = np.zeros(listed.shape)
        for segment, share in enumerate(self.mix[store]):
            value = self.value[segment] if shift is None else self.value[segment] + shift[:, segment]
            total += share * self._choice(segment, np.atleast_2d(value), listed)
        return total

    def _choice(self, segment: int, value: Floats, listed: Flags) -> Floats:
        """(B, n) from `value` (B, n), or (1, n) where it is the same for every list."""
        if self.kind == "nested":
            return _nested(value, listed, self.nest)
        if self.kind == "markov":
            return _markov(value, listed, self.walks[segment])
        if self.kind == "ranking":
            return _ranking(value, listed, self.shaken[segment])
        return _logit(value, listed, self.shaken[segment])

    def profit(self, store: int, listed: Flags) -> Floats:
        """(B,) that a store earns in a week at usual prices."""
        return np.asarray(self.visits[store] * self.shares(store, listed) @ self.unit_profit)


def plant(kind: str, seed: int, size: Size | None = None) -> World:
    """A world; the same kind, seed and size give the same one."""
    size = size or Size()
    random = np.random.default_rng([seed, KINDS.index(kind)])
    segments, skus = _SEGMENTS.get(kind, 4), size.skus
    price = np.exp(random.normal(1.2, 0.35, skus))
    rate = random.uniform(0.12, 0.55, skus)
    nest = random.integers(0, _NESTS, skus)
    attributes = np.column_stack([np.eye(_NESTS)[nest] @ random.normal(0, 1, (_NESTS, 2)), random.normal(0, 1, skus)])
    taste = random.normal(0, 0.8, (segments, attributes.shape[1]))
    weight = random.uniform(1.0, 2.5, segments)
    appeal = random.normal(0, 0.8, skus)
    own = random.normal(0, 0.6, (segments, skus))
    value = appeal + own + taste @ attributes.T - weight[:, None] * (np.log(price) - 1.2) - _BASE
    covariates = random.normal(0, 1, (size.stores, 2))
    leaning = covariates @ random.normal(0, 0.8, (2, segments)) + random.normal(0, 0.7, (size.stores, segments))
    mix = np.exp(leaning)
    return World(
        kind=kind,
        value=value,
        price_weight=weight,
        mix=mix / mix.sum(axis=1, keepdims=True),
        price=price,
        unit_profit=price * rate,
        attributes=attributes,
        nest=nest,
        covariates=covariates,
        visits=size.visits * np.exp(random.normal(0, 0.4, size.stores)),
        max_skus=np.maximum(1, np.round(skus * size.shelf * random.uniform(0.75, 1.25, size.stores)).astype(int)),
        shaken=_shaken(kind, segments, attributes, nest, random),
        walks=_walks(segments, attributes, appeal, random),
    )


def _shaken(
    kind: str, segments: int, attributes: Floats, nest: NDArray[np.int64], random: np.random.Generator
) -> Floats:
    skus = len(nest)
    if kind == "mixed":
        draws = random.normal(0, 0.7, (segments, _DRAWS, attributes.shape[1]))
        return np.asarray(draws @ attributes.T)
    if kind == "ranking":
        liked = random.gumbel(0, 0.7, (segments, _TYPES, _NESTS))[:, :, nest] + random.gumbel(
            0, 0.7, (segments, _TYPES, skus)
        )
        return np.asarray(liked)
    return np.zeros((segments, 1, skus))


def _walks(segments: int, attributes: Floats, appeal: Floats, random: np.random.Generator) -> Floats:
    """To SKUs that are alike and liked; between 15 and 45 % leave instead at each step."""
    apart = np.linalg.norm(attributes[:, None] - attributes[None], axis=2)
    draw = np.exp(appeal[None, None] - _CLOSENESS * apart[None] + random.normal(0, 0.3, (segments, *apart.shape)))
    draw *= 1 - np.eye(len(appeal))
    stay = random.uniform(0.55, 0.85, (segments, len(appeal), 1))
    return np.asarray(stay * draw / draw.sum(axis=2, keepdims=True))


def _logit(value: Floats, listed: Flags, shaken: Floats) -> Floats:
    """The mean over draws; with one value for all lists, two products of matrices."""
    weight = np.exp(value[:, None, :] + shaken)
    if len(value) == 1:
        total = 1 + listed @ weight[0].T
        return np.asarray(listed * ((1 / total) @ weight[0]) / len(shaken))
    weight *= listed[:, None, :]
    return np.asarray((weight / (1 + weight.sum(axis=2, keepdims=True))).mean(axis=1))


def _nested(value: Floats, listed: Flags, nest: NDArray[np.int64]) -> Floats:
    weight = np.exp(value / _TOGETHERNESS) * listed
    member = np.eye(_NESTS)[nest]
    inside = weight @ member
    pull = np.where(inside > 0, np.maximum(inside, 1e-300) ** _TOGETHERNESS, 0.0)
    chosen = pull / (1 + pull.sum(axis=1, keepdims=True))
    within = np.divide(weight, inside @ member.T, out=np.zeros_like(weight), where=listed)
    return np.asarray(within * (chosen @ member.T))


def _markov(value: Floats, listed: Flags, walks: Floats) -> Floats:
    """Arrivals are a logit over all SKUs; who misses one walks on until something is there, or leaves."""
    weight = np.exp(value)
    arrivals = np.broadcast_to(weight / (1 + weight.sum(axis=1, keepdims=True)), listed.shape)
    system = np.eye(listed.shape[1])[None] - walks.T[None] * ~listed[:, None, :]
    return np.asarray(np.linalg.solve(system, arrivals[:, :, None])[:, :, 0] * listed)


def _ranking(value: Floats, listed: Flags, liked: Floats) -> Floats:
    """A type takes the first of its list that is there; lists hold what is better than leaving, a few SKUs at most."""
    order = _lists(value[:, None, :] + liked)
    there = np.column_stack([listed, np.ones(len(listed), dtype=bool)])
    present = there[:, order[0]] if len(order) == 1 else np.take_along_axis(there[:, None, :], order, axis=2)
    first = np.take_along_axis(np.broadcast_to(order, present.shape), np.argmax(present, axis=2)[:, :, None], axis=2)
    width = there.shape[1]
    cells = first[:, :, 0] + width * np.arange(len(listed))[:, None]
    taken = np.bincount(cells.ravel(), minlength=width * len(listed)).reshape(len(listed), width)
    return np.asarray(taken[:, :-1] / len(liked))


def _lists(worth: Floats) -> NDArray[np.int64]:
    """(·, types, longest + 1) SKUs in order of worth (·, types, n), then n, which stands for leaving."""
    leaving = worth.shape[2]
    order = np.argsort(-worth, axis=2)[:, :, :_LONGEST_LIST]
    good = np.take_along_axis(worth, order, axis=2) > 0
    return np.append(np.where(good, order, leaving), np.full((*worth.shape[:2], 1), leaving), axis=2)


# ----------------------------------------------------------------------------------------------- what is seen


def observe(world: World, stock_outs: float, seed: int, size: Size | None = None) -> Panel:
    """What an analyst has: counts by store and week, listings, stock, prices, displays and visits.

    Stores list what their shelf holds, each something else, and change some of it every few weeks. Of what is listed,
    `stock_outs` is out in a week. Traits are log price over the usual one, and display.
    """
    size = size or Size()
    random = np.random.default_rng([seed, 1, KINDS.index(world.kind)])
    stores, skus = len(world.mix), len(world.price)
    rows = [
        _weeks(world, store, _listings(random, size.weeks, skus, int(world.max_skus[store])), stock_outs, random)
        for store in range(stores)
    ]
    counts, available, traits, left = (np.concatenate(part) for part in zip(*rows, strict=True))
    return checked(
        Panel(
            counts=counts,
            available=available,
            store=np.repeat(np.arange(stores), size.weeks),
            traits=traits,
            trait_names=TRAITS,
            no_purchase=left,
            household=None,
            attributes=world.attributes,
            covariates=world.covariates,
        )
    )


def _listings(random: np.random.Generator, weeks: int, skus: int, most: int) -> Flags:
    """(weeks, n) as many SKUs as the shelf holds, by chance; every six weeks a quarter of them makes way for others."""
    listed = np.zeros(skus, dtype=bool)
    listed[random.permutation(skus)[:most]] = True
    rows = []
    for week in range(weeks):
        if week and week % _WEEKS_OF_A_RANGE == 0:
            out, new = np.flatnonzero(listed), np.flatnonzero(~listed)
            swaps = min(len(out), len(new), max(1, most // 4))
            listed = listed.copy()
            listed[random.choice(out, swaps, replace=False)] = False
            listed[random.choice(new, swaps, replace=False)] = True
        rows.append(listed)
    return np.array(rows)


def _weeks(
    world: World, store: int, listed: Flags, stock_outs: float, random: np.random.Generator
) -> tuple[Floats, Flags, Floats, Floats]:
    """Counts, availability, traits and those who left, of one store."""
    mood = random.normal(0, 0.15, listed.shape)
    display = random.random(listed.shape) < 0.05
    price = 0.04 * random.normal(size=listed.shape) + 0.2 * mood - 0.25 * (random.random(listed.shape) < 0.1)
    available = listed & (random.random(listed.shape) >= stock_outs)
    pull = mood + 0.6 * display
    shift = pull[:, None, :] - world.price_weight[None, :, None] * price[:, None, :]
    shares = world.shares(store, available, shift)
    visits = random.poisson(world.visits[store], len(listed))
    leaving = np.maximum(1 - shares.sum(axis=1, keepdims=True), 0.0)
    drawn = random.multinomial(visits, np.column_stack([shares, leaving]))
    traits = np.stack([price, display.astype(float)], axis=2)
    return drawn[:, :-1].astype(float), available, traits, drawn[:, -1].astype(float)


# ----------------------------------------------------------------------------------------------- what is best


def best_list(world: World, store: int, starts: list[Flags]) -> Flags:
    """(n,) the most profitable list that the shelf holds, as far as a search under the truth finds it.

    From nothing and from each of `starts`: the best addition while one helps, then the best removal or swap, until
    none helps. No list of `starts` earns more than the one returned.
    """
    empty = np.zeros(len(world.price), dtype=bool)
    found = np.array([_climb(world, store, start) for start in (empty, *starts)])
    best: Flags = found[int(np.argmax(world.profit(store, found)))]
    return best


def _climb(world: World, store: int, listed: Flags) -> Flags:
    height = world.profit(store, listed[None])[0]
    while True:
        for moves in (_additions(listed, int(world.max_skus[store])), _swaps(listed)):
            profits = world.profit(store, moves)
            best = int(np.argmax(profits)) if len(moves) else 0
            if len(moves) and profits[best] > height * (1 + 1e-9) + 1e-12:
                listed, height = moves[best], profits[best]
                break
        else:
            return listed


def _additions(listed: Flags, most: int) -> Flags:
    new = np.flatnonzero(~listed) if listed.sum() < most else np.zeros(0, dtype=int)
    moves = np.repeat(listed[None], len(new), axis=0)
    moves[np.arange(len(new)), new] = True
    return moves


def _swaps(listed: Flags) -> Flags:
    """One out, or one out and another in."""
    inside, outside = np.flatnonzero(listed), np.flatnonzero(~listed)
    gone, new = (part.ravel() for part in np.meshgrid(inside, np.append(outside, -1), indexing="ij"))
    moves = np.repeat(listed[None], len(gone), axis=0)
    moves[np.arange(len(gone)), gone] = False
    moves[new >= 0, new[new >= 0]] = True
    return moves


def true_transfer(world: World, listed: Flags) -> Transfer:
    """Over all stores, by their visits, where `listed` (S, n) is carried: what happens when a SKU is taken off."""
    skus = listed.shape[1]
    demand, moved = np.zeros(skus), np.zeros((skus, skus))
    for store, carried in enumerate(listed):
        inside = np.flatnonzero(carried)
        without = np.repeat(carried[None], len(inside), axis=0)
        without[np.arange(len(inside)), inside] = False
        weight = world.visits[store] / world.visits.sum()
        now = world.shares(store, carried[None])[0]
        demand += weight * now
        moved[inside] += weight * (world.shares(store, without) - np.where(without, now, 0.0))
    whole = np.where(demand > 0, demand, 1.0)
    moved /= whole[:, None]
    return Transfer(demand, moved, (demand > 0) - moved.sum(axis=1))
