"""Few and small clusters that share costs or changes: all of them as one mixed-integer program."""

import numpy as np
from scipy import sparse

from training.assortments.optimiser.highs import Program, solve_program
from training.assortments.optimiser.milp import columns_of, leaving, tight_program
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.shelf import Shelf
from training.assortments.optimiser.value import profit_cents

MOST_PAIRS = 3000
"""Clusters × classes × SKUs up to which one program for all is worth trying."""
_SAFE = 1e-7


def solve_jointly(
    problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags, seconds: float, gap: float
) -> tuple[Flags, float]:
    """The best plan found, at least as good as `listed`, and what no plan earns more than."""
    program, first = _joint(problem, pieces, listed)
    start = np.concatenate([columns_of(shelf, one) for shelf, one in zip(pieces, listed, strict=True)])
    found = solve_program(program, seconds, gap, np.concatenate([start, _anywhere(problem, listed).ravel()]))
    bound = found.bound + _SAFE * abs(found.bound) if np.isfinite(found.bound) else np.inf
    if found.values is not None:
        other = np.array([found.values[at : at + len(problem.skus)] > 0.5 for at in first])
        if _keeps(problem, pieces, other) and profit_cents(problem, other) > profit_cents(problem, listed):
            listed = other
    return listed, bound


def _joint(problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags) -> tuple[Program, list[int]]:
    """The clusters' programs side by side, then a column for each party and SKU; and where each cluster begins."""
    parts = []
    for shelf, one in zip(pieces, listed, strict=True):
        bounds = leaving(shelf)
        points = np.vstack([1 + shelf.weight @ one, *np.geomspace(1 / bounds.high, 1 / bounds.low, 4)])
        parts.append(tight_program(shelf, bounds, points))
    n, parties = len(problem.skus), int(problem.party_codes.max()) + 1
    widths = [len(part.cost) for part in parts]
    first = np.concatenate([[0], np.cumsum(widths)]).astype(int).tolist()
    anywhere = parties * n
    blocks = sparse.block_diag([*(part.matrix for part in parts), sparse.csr_array((0, anywhere))], format="csr")
    links, most = _links(problem, first, first[-1] + anywhere)
    program = Program(
        cost=np.concatenate([*(part.cost for part in parts), np.tile(-problem.cost_cents, parties)]),
        low=np.concatenate([*(part.low for part in parts), np.zeros(anywhere)]),
        high=np.concatenate([*(part.high for part in parts), np.ones(anywhere)]),
        whole=np.concatenate([*(part.whole for part in parts), np.zeros(anywhere, dtype=bool)]),
        matrix=sparse.csr_array(sparse.vstack([blocks, links], format="csr")),
        row_low=np.concatenate([*(part.row_low for part in parts), np.full(len(most), -np.inf)]),
        row_high=np.concatenate([*(part.row_high for part in parts), most]),
    )
    return program, first[:-1]


def _links(problem: AssortmentProblem, first: list[int], width: int) -> tuple[sparse.csr_array, Floats]:
    """Rows: x ≤ listed anywhere, and the changes of the chain."""
    n, codes = len(problem.skus), problem.party_codes
    x = np.concatenate([np.arange(at, at + n) for at in first[:-1]])
    anywhere = np.concatenate([first[-1] + code * n + np.arange(n) for code in codes.tolist()])
    rows, one = np.arange(len(x)), np.ones(len(x))
    at = (np.concatenate([rows, rows]), np.concatenate([x, anywhere]))
    links = sparse.csr_array((np.concatenate([one, -one]), at), shape=(len(x), width))
    if problem.max_changes_chain is None or problem.current is None:
        return links, np.zeros(len(x))
    toll = 1.0 - 2.0 * problem.current.ravel()
    changes = sparse.csr_array((toll, (np.zeros(len(x), dtype=int), x)), shape=(1, width))
    most = problem.max_changes_chain - float(problem.current.sum())
    return sparse.csr_array(sparse.vstack([links, changes], format="csr")), np.append(np.zeros(len(x)), most)


def _anywhere(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(parties, n) whether some cluster of the party lists the SKU."""
    codes = problem.party_codes
    return np.array([listed[codes == code].any(axis=0) for code in range(int(codes.max()) + 1)], dtype=np.float64)


def _keeps(problem: AssortmentProblem, pieces: tuple[Shelf, ...], listed: Flags) -> bool:
    changed = 0 if problem.current is None else int((listed != problem.current).sum())
    if problem.max_changes_chain is not None and changed > problem.max_changes_chain:
        return False
    return all(shelf.keeps(one) for shelf, one in zip(pieces, listed, strict=True))
