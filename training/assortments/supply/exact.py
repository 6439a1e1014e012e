"""P2 as one mixed-integer program for HiGHS: every split, pack and tier. Proves small problems; large ones stay open.

For each account: w_t spend in tier t, z_t whether it is that tier; for each line and unit tier: n_r packs, y whether
it is ordered so. Splits of one need over several accounts are allowed.
"""

from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy.sparse import coo_array

from training.assortments.optimiser.highs import silent
from training.assortments.supply.problem import Floats, OrderProblem

_INFINITE = highspy.kHighsInf


@dataclass(frozen=True, slots=True)
class Solved:
    """units (R, A, N), None where no order was found; bound inf where there is none to find."""

    units: Floats | None
    bound: float


@dataclass(slots=True)
class _Model:
    """Columns and rows as they are added."""

    cost: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    is_whole: list[bool] = field(default_factory=list)
    low_rows: list[float] = field(default_factory=list)
    high_rows: list[float] = field(default_factory=list)
    entries: list[tuple[int, int, float]] = field(default_factory=list)

    def column(self, cost: float, high: float = _INFINITE, *, is_whole: bool = False) -> int:
        self.cost.append(cost)
        self.high.append(high)
        self.is_whole.append(is_whole)
        return len(self.cost) - 1

    def row(self, low: float, high: float, terms: list[tuple[int, float]]) -> None:
        self.entries += [(len(self.low_rows), column, factor) for column, factor in terms]
        self.low_rows.append(low)
        self.high_rows.append(high)


def solve_exactly(problem: OrderProblem, seconds: float, gap: float = 1e-6) -> Solved:
    """An order within `gap` of the best, or what `seconds` on one thread were enough for."""
    model = _Model()
    packs = _pose(model, problem)
    highs = silent()
    for option, value in (
        ("output_flag", False),
        ("log_to_console", False),
        ("threads", 1),
        ("time_limit", max(seconds, 0.1)),
        ("mip_rel_gap", gap),
        ("random_seed", 0),
    ):
        highs.setOptionValue(option, value)
    highs.passModel(_to_highs(model))
    highs.run()
    if highs.getModelStatus() in {
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    }:
        return Solved(None, np.inf)
    info = highs.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solved(None, float(info.mip_dual_bound))
    values = np.array(highs.getSolution().col_value)
    units = np.zeros((len(problem.retailers), len(problem.accounts), len(problem.skus)))
    for (retailer, account, sku), column in packs:
        units[retailer, account, sku] += np.round(values[column]) * problem.pack_units[account, sku]
    return Solved(units, float(info.mip_dual_bound))


_Packs = list[tuple[tuple[int, int, int], int]]


def _pose(model: _Model, problem: OrderProblem) -> _Packs:
    """Add the whole problem; the columns of packs by retailer, account and SKU."""
    packs: _Packs = []
    for account in range(len(problem.accounts)):
        packs += _account(model, problem, account)
    cover: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for (retailer, account, sku), column in packs:
        cover.setdefault((retailer, sku), []).append((column, float(problem.pack_units[account, sku])))
    for retailer, sku in np.argwhere(problem.needed_units > 0).tolist():
        model.row(float(problem.needed_units[retailer, sku]), _INFINITE, cover.get((retailer, sku), []))
    return packs


def _account(model: _Model, problem: OrderProblem, account: int) -> _Packs:
    spend: list[tuple[int, float]] = []
    opened: list[tuple[int, float]] = []
    reach = problem.spend_from[account]
    most_spend = _most_spend(problem, account)
    for tier in np.flatnonzero(np.isfinite(reach)):
        is_tier = model.column(float(problem.fixed_cost[account]), 1, is_whole=True)
        in_tier = model.column(-float(problem.discount[account, tier]))
        model.row(0, _INFINITE, [(in_tier, 1), (is_tier, -float(reach[tier]))])
        model.row(-_INFINITE, 0, [(in_tier, 1), (is_tier, -max(most_spend, float(reach[tier])))])
        spend.append((in_tier, -1.0))
        opened.append((is_tier, 1.0))
    model.row(0, 1, opened)
    packs: _Packs = []
    for sku in np.flatnonzero(problem.is_offered[account] & (problem.needed_units.sum(axis=0) > 0)).tolist():
        for members in _orderers(problem, account, sku):
            packs += _line(model, problem, (account, sku), members, spend, opened)
    model.row(0, 0, spend)
    units = [(column, float(problem.pack_units[account, sku])) for (_, _, sku), column in packs]
    shut = [(column, -float(problem.account_least_units[account])) for column, _ in opened]
    model.row(0, _INFINITE, units + shut)
    if np.isfinite(problem.room_units[account]):
        model.row(0, float(problem.room_units[account]), units)
    return packs


def _orderers(problem: OrderProblem, account: int, sku: int) -> list[list[int]]:
    members = np.flatnonzero(problem.members[account]).tolist()
    return [[member] for member in members] if problem.never_pooled[sku] else [members]


def _line(
    model: _Model,
    problem: OrderProblem,
    offer: tuple[int, int],
    members: list[int],
    spend: list[tuple[int, float]],
    opened: list[tuple[int, float]],
) -> _Packs:
    account, sku = offer
    pack = float(problem.pack_units[account, sku])
    most = _most_units(problem, account, sku)
    packs: _Packs = []
    ordered: list[tuple[int, float]] = []
    for tier in np.flatnonzero(
        np.isfinite(problem.unit_cost[account, sku]) & np.isfinite(problem.unit_from[account, sku])
    ):
        price = float(problem.unit_cost[account, sku, tier])
        is_ordered = model.column(float(problem.line_cost[account, sku]), 1, is_whole=True)
        units = []
        for member in members:
            freight = float(problem.freight[member, account])
            column = model.column((price + freight) * pack, np.floor(most / pack + 1e-9), is_whole=True)
            packs.append(((member, account, sku), column))
            units.append((column, pack))
            spend.append((column, price * pack))
        least = max(float(problem.least_units[account, sku]), float(problem.unit_from[account, sku, tier]), pack)
        model.row(0, _INFINITE, [*units, (is_ordered, -least)])
        model.row(-_INFINITE, 0, [*units, (is_ordered, -most)])
        ordered.append((is_ordered, 1.0))
    model.row(-_INFINITE, 0, ordered + [(column, -1.0) for column, _ in opened])
    return packs


def _most_units(problem: OrderProblem, account: int, sku: int) -> float:
    """A cap that no sensible order passes: all needs in packs, the minimum, every tier, and any spend topped up."""
    if np.isfinite(problem.most_units[account, sku]):
        return float(problem.most_units[account, sku])
    pack = float(problem.pack_units[account, sku])
    starts = problem.unit_from[account, sku]
    enough = max(
        float(problem.needed_units[:, sku].sum()),
        float(problem.least_units[account, sku]),
        float(problem.account_least_units[account]),
        float(starts[np.isfinite(starts)].max()),
    )
    price = float(np.nanmin(problem.unit_cost[account, sku]))
    reach = problem.spend_from[account]
    top_up = float(reach[np.isfinite(reach)].max()) / price if price > 0 else 0.0
    return enough + top_up + 3 * pack


def _most_spend(problem: OrderProblem, account: int) -> float:
    skus = np.flatnonzero(problem.is_offered[account] & (problem.needed_units.sum(axis=0) > 0)).tolist()
    return sum(_most_units(problem, account, sku) * float(problem.unit_cost[account, sku, 0]) * 2 for sku in skus)


def _to_highs(model: _Model) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.low_rows)
    lp.col_cost_, lp.col_upper_ = np.array(model.cost), np.array(model.high)
    lp.col_lower_ = np.zeros(len(model.cost))
    lp.row_lower_, lp.row_upper_ = np.array(model.low_rows), np.array(model.high_rows)
    rows, columns, factors = (np.array(part) for part in zip(*model.entries, strict=True))
    matrix = coo_array((factors.astype(float), (rows, columns)), shape=(lp.num_row_, lp.num_col_)).tocsr()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    whole, any_ = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [whole if is_whole else any_ for is_whole in model.is_whole]
    return lp
