"""P2, what is to be bought and on what terms: one frozen value that every part of `supply` reads.

An *account* is a supplier's terms as one buying group holds them (or everybody: `owner` -1). Orders of two groups
through one account are pooled where it allows so: their spend reaches tiers together, their units minimum orders.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.errors import DataError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

EVERYBODY = -1
MOST_RETAILERS = 2


@dataclass(frozen=True, slots=True)
class OrderProblem:
    """R retailers (1 or 2), A accounts, N SKUs, K tiers by units of a SKU, T tiers by spend with an account.

    demand_units         (R, N) to be covered, before `safety`
    safety               (R, N) demand is multiplied by it: festival safety, 1 for none
    owner                (A,) the retailer whose terms they are; EVERYBODY: any retailer may order so
    is_pooled            (A,) whether an order may be for both retailers; so is every order of everybody's accounts
    never_pooled         (N,) SKUs whose minimum orders and unit tiers each retailer has to reach by itself
    unit_from            (A, N, K) units of the SKU from which a unit tier holds, rising from 0; inf: no such tier
    unit_cost            (A, N, K) what a unit costs then, all units; nan in the first: the SKU is not offered
    spend_from           (A, T) spend (at unit costs, before the discount) from which a tier holds, rising from 0
    discount             (A, T) off the whole spend then, a share below 1 that does not fall from tier to tier
    least_units          (A, N) minimum order of a SKU, where it is ordered at all
    most_units           (A, N) cap on a SKU, inf for none
    pack_units           (A, N) each retailer's order is a multiple, whole units
    line_cost            (A, N) for ordering the SKU at all
    account_least_units  (A,) minimum order over all SKUs, where anything is ordered
    capacity_units       (A,) cap over all SKUs, inf for none
    most_share           (A,) cap as a share of all units that are needed, 1 for none
    fixed_cost           (A,) for ordering anything at all
    freight              (R, A) for each unit
    """

    retailers: tuple[str, ...]
    skus: tuple[str, ...]
    accounts: tuple[str, ...]
    suppliers: tuple[str, ...]
    demand_units: Floats
    safety: Floats
    owner: Ints
    is_pooled: Bools
    never_pooled: Bools
    unit_from: Floats
    unit_cost: Floats
    spend_from: Floats
    discount: Floats
    least_units: Floats
    most_units: Floats
    pack_units: Floats
    line_cost: Floats
    account_least_units: Floats
    capacity_units: Floats
    most_share: Floats
    fixed_cost: Floats
    freight: Floats

    @property
    def is_offered(self) -> Bools:
        """(A, N) whether an account offers a SKU."""
        return np.isfinite(self.unit_cost[:, :, 0])

    @property
    def members(self) -> Bools:
        """(A, R) who may order through an account: its owner, and the other where orders may be pooled."""
        is_own = self.owner[:, None] == np.arange(len(self.retailers))
        return np.asarray(is_own | (self.owner[:, None] == EVERYBODY) | self.is_pooled[:, None], dtype=np.bool_)

    @property
    def needed_units(self) -> Floats:
        """(R, N) whole units that have to be ordered, safety included."""
        return np.ceil(self.demand_units * self.safety - 1e-9)

    @property
    def room_units(self) -> Floats:
        """(A,) the tighter of capacity and share."""
        share = np.where(self.most_share < 1, self.most_share * self.needed_units.sum(), np.inf)
        return np.minimum(self.capacity_units, share)

    def alone(self, retailer: int) -> "OrderProblem":
        """What one retailer faces without the other: its own accounts and those of everybody.

        Of the caps of everybody's accounts it has the part that its need is of both needs, so that both can order
        alone at the same time; what they order then is also an order that they could place together.
        """
        mine = (self.owner == retailer) | (self.owner == EVERYBODY)
        need = self.needed_units
        total = float(need.sum())
        part = float(need[retailer].sum()) / total if total else 0.0
        of_sku = np.divide(need[retailer], need.sum(axis=0), out=np.zeros(need.shape[1]), where=need.sum(axis=0) > 0)
        shared = np.where((self.owner == EVERYBODY)[:, None], of_sku, 1.0)
        most = np.where(np.isfinite(self.most_units), self.most_units, 0) * shared
        most = np.where(np.isfinite(self.most_units), most, np.inf)
        room = np.where(np.isfinite(self.room_units), self.room_units, 0) * np.where(self.owner == EVERYBODY, part, 1.0)
        room = np.where(np.isfinite(self.room_units), np.floor(room + 1e-9), np.inf)
        return replace(
            replace(self, capacity_units=room, most_share=np.ones(len(room)), most_units=most).only(mine),
            retailers=(self.retailers[retailer],),
            demand_units=self.demand_units[[retailer]],
            safety=self.safety[[retailer]],
            owner=np.zeros(int(mine.sum()), dtype=np.int64),
            freight=self.freight[[retailer]][:, mine],
        )

    def only(self, chosen: Bools) -> "OrderProblem":
        """The problem with some of its accounts."""
        return replace(
            self,
            accounts=tuple(np.array(self.accounts, dtype=object)[chosen]),
            suppliers=tuple(np.array(self.suppliers, dtype=object)[chosen]),
            freight=self.freight[:, chosen],
            **{name: getattr(self, name)[chosen] for name in _BY_ACCOUNT},
        )

    def with_demand(self, demand_units: Floats) -> "OrderProblem":
        """The same terms for other quantities, (R, N)."""
        return replace(self, demand_units=demand_units)


_BY_ACCOUNT = (
    "owner",
    "is_pooled",
    "unit_from",
    "unit_cost",
    "spend_from",
    "discount",
    "least_units",
    "most_units",
    "pack_units",
    "line_cost",
    "account_least_units",
    "capacity_units",
    "most_share",
    "fixed_cost",
)


def check(problem: OrderProblem) -> OrderProblem:
    """The problem, where an order can be asked for at all.

    Raises DataError, naming the SKU or account, for a SKU that is needed and that nobody offers to a retailer, a
    minimum order above the cap, tiers that do not rise, discounts that fall or packs that are no whole units.
    """
    _check_offers(problem)
    _check_terms(problem)
    return problem


def _check_offers(problem: OrderProblem) -> None:
    if not 1 <= len(problem.retailers) <= MOST_RETAILERS:
        raise DataError(f"supply is solved for one or two buying groups, not for {len(problem.retailers)}.")
    if np.any(~np.isfinite(problem.demand_units)) or np.any(problem.demand_units < 0):
        raise DataError("demand holds amounts that are negative or no numbers. Next: correct the demand.")
    offered = np.einsum("ar,an->rn", problem.members.astype(int), problem.is_offered.astype(int)) > 0
    lacking = (problem.needed_units > 0) & ~offered
    if lacking.any():
        retailer, sku = np.argwhere(lacking)[0]
        raise DataError(
            f"supplier_terms: {int(lacking.any(axis=0).sum())} SKUs are needed but nobody supplies them, such as "
            f"{problem.skus[sku]} for {problem.retailers[retailer]}. Next: add terms, or leave these SKUs out."
        )


def _check_terms(problem: OrderProblem) -> None:
    above = problem.is_offered & (_packed(problem.least_units, problem.pack_units) > problem.most_units)
    _refuse(problem, above, "the minimum order is above the cap")
    fractional = problem.is_offered & ((problem.pack_units < 1) | (problem.pack_units != np.round(problem.pack_units)))
    _refuse(problem, fractional, "pack_units is no whole number from 1")
    beyond = np.asarray(problem.account_least_units > problem.capacity_units)[:, None]
    _refuse(problem, beyond & problem.is_offered, "min_order_units of the supplier is above its capacity")
    spend = np.diff(np.where(np.isfinite(problem.spend_from), problem.spend_from, 1e18), axis=1) < 0
    is_falling = np.asarray(spend | (np.diff(problem.discount, axis=1) < 0))
    falling = is_falling.any(axis=1, keepdims=True)
    _refuse(problem, falling & problem.is_offered, "spend tiers do not rise, or their discounts fall")
    # a comparison with nan, no such tier, is false
    dearer = np.asarray((problem.unit_cost[:, :, 1:] > problem.unit_cost[:, :, :-1] + 1e-9).any(axis=2))
    _refuse(problem, dearer, "units cost more in a higher tier than in a lower one")
    apart = np.asarray((problem.owner == EVERYBODY) & ~problem.is_pooled)
    _refuse(problem, apart[:, None] & problem.is_offered, "an account of everybody is not pooled")


def _refuse(problem: OrderProblem, faulty: Bools, fault: str) -> None:
    if faulty.any():
        account, sku = np.argwhere(faulty)[0]
        raise DataError(
            f"supplier_terms: {fault} in {int(faulty.sum())} offers, such as SKU {problem.skus[sku]} of "
            f"{problem.accounts[account]}. Next: correct these rows."
        )


def _packed(units: Floats, pack_units: Floats) -> Floats:
    return np.asarray(np.ceil(units / pack_units - 1e-9) * pack_units, dtype=np.float64)
