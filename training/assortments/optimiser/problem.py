"""What has to be decided: which SKUs each cluster carries, what shoppers choose then, and which rules bind.

A visit to cluster c is of class k with probability mix[c, k]. Of what is listed it takes SKU i with probability

    q_cki = weight[c, k, i] · x_ci / (1 + Σ_j weight[c, k, j] · x_cj)

and nothing otherwise (multinomial logit with the outside option's attraction as the unit). A plan earns

    Σ_c visits_c Σ_k mix_ck Σ_i unit_profit_ci · q_cki  −  Σ_p Σ_i sku_cost_i · [some cluster of party p lists i].
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import DataError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_LIMIT_CM = 1e9
"""Shelf of a cluster whose space does not bind, where that of others does; a number above n says so of SKUs."""


@dataclass(frozen=True, slots=True, eq=False)
class AssortmentProblem:
    """C clusters, K classes, n SKUs, B brands. What is None does not bind. Call `checked` where data comes in.

    skus                    n identifiers, each once
    clusters                C names, each once
    stores_per_cluster      (C,) stores, at least 1; lists, space and facings are those of one store of the cluster
    visits                  (C,) expected visits to the category, all stores of the cluster, over the horizon
    mix                     (C, K) share of visits by class; rows add up to 1
    weight                  (C, K, n) attraction of a SKU over that of leaving without one, u/u0 ≥ 0
    unit_profit_cents       (C, n) margin of a unit sold; may be negative
    sku_cost_cents          (n,) cost over the horizon of listing a SKU anywhere, once for each party; ≥ 0
    horizon_days            days that visits and costs speak of

    width_cm                (n,) width of one facing
    space_cm                (C,) shelf width of one store for the category; `NO_LIMIT_CM` where it does not bind
    max_facings             (n,) most facings of a SKU in a store, at least 1
    facing_capacity_units   (n,) units that one facing holds, stacked and in depth
    days_of_supply          (n,) days of demand that the facings have to hold; with `facing_capacity_units`

    must, banned            (C, n) has to be listed, may not be listed
    brand                   (n,) code of the brand, 0 to B − 1; with `brand_minimum`
    brand_minimum           (C, B) fewest SKUs of a brand
    brands                  B names of brands, for messages; may be empty
    max_skus                (C,) most SKUs; above n where their number does not bind, and so for `max_changes`
    current                 (C, n) what is listed now; with `max_changes` or `max_changes_chain`
    max_changes             (C,) most SKUs that may differ from `current`, added and taken out
    max_changes_chain       the same, over all clusters together
    party                   C names of the seller whose stores these are; empty: one seller
    """

    skus: tuple[str, ...]
    clusters: tuple[str, ...]
    stores_per_cluster: Codes
    visits: Floats
    mix: Floats
    weight: Floats
    unit_profit_cents: Floats
    sku_cost_cents: Floats | None = None
    horizon_days: float = 7.0

    width_cm: Floats | None = None
    space_cm: Floats | None = None
    max_facings: Codes | None = None
    facing_capacity_units: Floats | None = None
    days_of_supply: Floats | None = None

    must: Flags | None = None
    banned: Flags | None = None
    brand: Codes | None = None
    brand_minimum: Codes | None = None
    brands: tuple[str, ...] = ()
    max_skus: Codes | None = None
    current: Flags | None = None
    max_changes: Codes | None = None
    max_changes_chain: int | None = None
    party: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, K, n."""
        clusters, classes, skus = self.weight.shape
        return clusters, classes, skus

    @property
    def value_cents(self) -> Floats:
        """(C, K, n) visits × mix × unit profit: what a choice probability of 1 would earn."""
        return self.visits[:, None, None] * self.mix[:, :, None] * self.unit_profit_cents[:, None, :]

    @property
    def must_carry(self) -> Flags:
        return np.zeros(self.unit_profit_cents.shape, dtype=bool) if self.must is None else self.must

    @property
    def may_carry(self) -> Flags:
        """(C, n) not banned."""
        return np.ones(self.unit_profit_cents.shape, dtype=bool) if self.banned is None else ~self.banned

    @property
    def cost_cents(self) -> Floats:
        """(n,) `sku_cost_cents`, or zeros."""
        return np.zeros(len(self.skus)) if self.sku_cost_cents is None else self.sku_cost_cents

    @property
    def party_codes(self) -> Codes:
        """(C,) 0, 1, … in the order in which parties are first named."""
        names = list(dict.fromkeys(self.party))
        return np.array([names.index(name) for name in self.party] or [0] * len(self.clusters), dtype=np.int64)


def checked(problem: AssortmentProblem) -> AssortmentProblem:
    """The problem itself, where its parts fit together.

    Raises DataError that names the first part that does not, how often, and one example. Rules that contradict
    each other are no fault of the data: `clash.clashing_rules` names them.
    """
    _check_shapes(problem)
    _check_names(problem)
    _check_numbers(problem)
    _check_company(problem)
    return problem


def _check_shapes(problem: AssortmentProblem) -> None:
    if problem.weight.ndim != 3 or 0 in problem.weight.shape:
        raise DataError(
            f"weight has the shape {problem.weight.shape}; it needs (clusters, classes, SKUs), at least one of each. "
            "Next: choose a category and stores that sold something."
        )
    clusters, classes, skus = problem.shape
    brands = problem.brand_minimum.shape[-1] if problem.brand_minimum is not None else 0
    asked: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("stores_per_cluster", "visits", "space_cm", "max_skus", "max_changes"), (clusters,)),
        **dict.fromkeys(("sku_cost_cents", "width_cm", "max_facings"), (skus,)),
        **dict.fromkeys(("facing_capacity_units", "days_of_supply", "brand"), (skus,)),
        **dict.fromkeys(("unit_profit_cents", "must", "banned", "current"), (clusters, skus)),
        "mix": (clusters, classes),
        "brand_minimum": (clusters, brands),
    }
    for name, shape in asked.items():
        part = getattr(problem, name)
        if part is not None and part.shape != shape:
            raise DataError(f"{name} has the shape {part.shape}; {clusters} clusters and {skus} SKUs need {shape}.")


def _check_names(problem: AssortmentProblem) -> None:
    clusters, _, skus = problem.shape
    for name, given, count in (("skus", problem.skus, skus), ("clusters", problem.clusters, clusters)):
        if len(given) != count:
            raise DataError(f"{name} names {len(given)}, but weight has {count}.")
        twice = sorted({one for one in given if given.count(one) > 1}) if len(set(given)) < count else []
        if twice:
            raise DataError(f"{name}: {len(twice)} stand twice, such as {twice[0]!r}. Next: name each once.")
    if problem.party and len(problem.party) != clusters:
        raise DataError(
            f"party names {len(problem.party)} sellers for {clusters} clusters. Next: one for each cluster."
        )


def _check_numbers(problem: AssortmentProblem) -> None:
    least = {"stores_per_cluster": 1, "max_facings": 1, "width_cm": 0, "space_cm": 0, "days_of_supply": 0}
    least |= dict.fromkeys(("visits", "mix", "weight", "sku_cost_cents", "brand_minimum", "max_skus", "max_changes"), 0)
    for name in (*least, "unit_profit_cents", "facing_capacity_units"):
        part = getattr(problem, name)
        if part is None:
            continue
        bad = ~np.isfinite(part) | (part < least.get(name, -np.inf))
        if name == "facing_capacity_units":
            bad |= part <= 0
        if bad.any():
            place = tuple(int(at) for at in np.argwhere(bad)[0])
            raise DataError(
                f"{name}: {int(bad.sum())} of {bad.size} values are missing or too small, such as {part[place]} "
                f"{_where(problem, place, part.shape)}. Next: bring that figure, or leave the SKU or cluster out."
            )
    off = np.abs(problem.mix.sum(axis=1) - 1) > 1e-6
    if off.any():
        first = int(np.argmax(off))
        raise DataError(
            f"mix: the classes of {int(off.sum())} clusters do not add up to 1, such as {problem.mix[first].sum():.6f} "
            f"of cluster {problem.clusters[first]}."
        )
    if not problem.horizon_days > 0 or not np.isfinite(problem.horizon_days):
        raise DataError(f"horizon_days is {problem.horizon_days}; it needs to be above 0.")


def _where(problem: AssortmentProblem, place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Of which cluster and SKU a value speaks."""
    clusters, _, skus = problem.shape
    words = []
    if shape[0] == clusters and shape != (skus,):
        words.append(f"of cluster {problem.clusters[place[0]]}")
    if shape[-1] == skus and shape != (clusters,):
        words.append(f"of SKU {problem.skus[place[-1]]}")
    return " ".join(words)


_COMPANY = (
    ("space_cm", ("width_cm",)),
    ("days_of_supply", ("facing_capacity_units",)),
    ("brand_minimum", ("brand",)),
    ("max_changes", ("current",)),
    ("max_changes_chain", ("current",)),
)
"""A part -> those without which it says nothing."""


def _check_company(problem: AssortmentProblem) -> None:
    for name, needed in _COMPANY:
        for other in needed:
            if getattr(problem, name) is not None and getattr(problem, other) is None:
                raise DataError(f"{name} is given without {other}. Next: bring {other}, or leave {name} out.")
    if problem.brand is not None and problem.brand_minimum is not None:
        brands = problem.brand_minimum.shape[1]
        if ((problem.brand < 0) | (problem.brand >= brands)).any():
            raise DataError(f"brand: codes run from 0 to {brands - 1}; there is one of {int(problem.brand.max())}.")
    if problem.max_changes_chain is not None and problem.max_changes_chain < 0:
        raise DataError(f"max_changes_chain is {problem.max_changes_chain}; it needs to be 0 or more.")
