"""An invented coffee shelf whose figures hang together: 40 SKUs, six clusters of stores, four classes of shoppers.

Demand is a latent-class logit with known weights, so that what a report says of it can be worked out twice.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEEDS = {
    "dark": "Dark roast, ground",
    "mild": "Mild roast, ground",
    "beans": "Whole beans",
    "capsules": "Capsules",
    "decaf": "Decaffeinated",
}
BRANDS = ("Harbour", "Meridian", "Copper Kettle", "Nordlys", "Own brand")
VARIANTS = ("Classic 250 g", "Classic 500 g", "Reserve 250 g", "Organic 250 g", "Breakfast 500 g", "House 1 kg")
CLUSTERS = {
    "c1": ("City centres", 9, "Small baskets at lunch and after work; capsules and beans; little space"),
    "c2": ("Commuter belt", 14, "Weekly shop by car; wide taste; own brand strong"),
    "c3": ("Family suburbs", 13, "Large packs; price decides more than elsewhere"),
    "c4": ("Rural", 10, "Few visits, mild roasts, loyal to two brands"),
    "c5": ("University towns", 5, "Beans and organic; festival weeks matter"),
    "c6": ("Coast", 5, "Older shoppers, decaffeinated, steady through the year"),
}
CLASSES = ("Price first", "Brand loyal", "Bean lovers", "Quick cup")
SKUS = 40
PLACES = np.array([18, 24, 26, 20, 16, 16])
"""How many SKUs the shelf of a store of each cluster takes."""


@dataclass(frozen=True)
class Category:
    """Prices and costs in cents (n,), need and brand codes (n,), weights u/u0 (K, n), mixes (C, K), visits (C,)."""

    skus: tuple[str, ...]
    names: tuple[str, ...]
    need: NDArray[np.int64]
    brand: NDArray[np.int64]
    price_cents: NDArray[np.int64]
    cost_cents: NDArray[np.int64]
    halo_cents: NDArray[np.int64]
    weight: Floats
    mix: Floats
    visits: Floats
    listed_now: Flags
    listed: Flags

    @cached_property
    def margin_cents(self) -> Floats:
        return (self.price_cents - self.cost_cents + self.halo_cents).astype(float)


def shares(weight: Floats, mix: Floats, listed: Flags) -> Floats:
    """Choice probabilities (n,) of a cluster: Σ_k mix_k w_ki x_i / (1 + Σ_j w_kj x_j)."""
    offered = weight * listed
    result: Floats = mix @ (offered / (1 + offered.sum(axis=1, keepdims=True)))
    return result


@cache
def category(seed: int = 7) -> Category:
    random = np.random.default_rng(seed)
    need = np.sort(np.arange(SKUS) % len(NEEDS))
    brand = np.arange(SKUS) % len(BRANDS)
    size = random.integers(0, len(VARIANTS), SKUS)
    price = (random.integers(36, 110, SKUS) * 10 + 9).astype(np.int64)
    taste = random.normal(0, 0.5, (len(CLASSES), len(NEEDS)))
    loyal = random.normal(0, 0.6, (len(CLASSES), len(BRANDS)))
    utility = -2.4 + taste[:, need] + loyal[:, brand] + random.normal(0, 0.55, SKUS)
    utility += -np.array([0.35, 0.1, 0.12, 0.2])[:, None] * (price / 100 - 7)
    mix = random.dirichlet(np.full(len(CLASSES), 2.5), len(CLUSTERS))
    margin = np.round(price * random.uniform(0.2, 0.42, SKUS)).astype(np.int64)
    weight, visits = np.exp(utility), random.uniform(600, 1500, len(CLUSTERS)) * 13 * _stores()
    halo = random.integers(0, 40, SKUS)
    listed = np.array(
        [_best(weight, each, (margin + halo).astype(float), places) for each, places in zip(mix, PLACES, strict=True)]
    )
    names = tuple(
        f"{BRANDS[b]} {VARIANTS[s]}, {NEEDS[list(NEEDS)[n]].lower()}" for b, s, n in zip(brand, size, need, strict=True)
    )
    return Category(
        tuple(f"sku-{1001 + i}" for i in range(SKUS)),
        names,
        need,
        brand,
        price,
        price - margin,
        halo,
        weight,
        mix,
        visits,
        _shuffled(listed, random),
        listed,
    )


def _stores() -> Floats:
    return np.array([stores for _, stores, _ in CLUSTERS.values()], dtype=float)


def _best(weight: Floats, mix: Floats, margin: Floats, places: int) -> Flags:
    """The list that adding the best SKU and exchanging pairs leads to."""
    listed = np.zeros(SKUS, dtype=bool)

    def profit(chosen: Flags) -> float:
        return float(shares(weight, mix, chosen) @ margin)

    for _ in range(places):
        listed[max(np.flatnonzero(~listed), key=lambda i: profit(listed | (np.arange(SKUS) == i)))] = True
    while True:
        swaps = [
            (profit(listed ^ (np.arange(SKUS) == out) ^ (np.arange(SKUS) == new)), out, new)
            for out in np.flatnonzero(listed)
            for new in np.flatnonzero(~listed)
        ]
        best, out, new = max(swaps)
        if best <= profit(listed) + 1e-12:
            return listed
        listed[[out, new]] = False, True


def _shuffled(listed: Flags, random: np.random.Generator) -> Flags:
    """What the stores carry now: the best list with a few SKUs exchanged for others."""
    now = listed.copy()
    for row in now:
        count = int(random.integers(2, 5))
        row[random.choice(np.flatnonzero(row), count, replace=False)] = False
        row[random.choice(np.flatnonzero(~row), count - int(random.integers(0, 2)), replace=False)] = True
    return now
