"""One shelf as a mixed-integer program whose relaxation is tight.

With P_k = 1 / (1 + Σ_i w_ki x_i), the share of class k that leaves with nothing, and y_ki = x_i · P_k, the choice
probability of a SKU is w_ki · y_ki and everything is linear:

    P_k + Σ_i w_ki y_ki = 1

The product y = x·P is held by its four McCormick envelopes (1976) with bounds on P that hold where the SKU is listed
(L1 ≤ P ≤ U1) and where it is not (L0 ≤ P ≤ U0); the number of SKUs, the space and what must be carried make them
narrow, as in Şen, Atamtürk & Kaminsky (2018), "A conic integer optimization approach to the constrained assortment
problem under the mixed multinomial logit model". Every limit a·x ≤ b also holds when multiplied by P − L ≥ 0 and by
U − P ≥ 0 (Sherali & Adams 1990). With D_k = 1 + Σ_i w_ki x_i, P·D = 1 and y·D = x² are convex one way, and held
by tangents at D0: P ≥ (2 − D/D0)/D0 and y ≥ (2·x − D/D0)/D0; the other way P lies below its secant, L + U − L·U·D.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.assortments.optimiser.highs import Program
from training.assortments.optimiser.problem import Codes, Flags, Floats
from training.assortments.optimiser.shelf import Shelf


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """Bounds on P, the share that leaves with nothing: (K, n) with the SKU listed (1) and not (0), (K,) anyway."""

    low0: Floats
    high0: Floats
    low1: Floats
    high1: Floats
    low: Floats
    high: Floats


def leaving(shelf: Shelf) -> Leaving:
    """P is least where the most attraction is listed that the rules let in, and most with the must-carry alone."""
    must = np.where(shelf.must, shelf.weight, 0.0).sum(axis=1)
    with_sku, without = _most_attraction(shelf)
    high = 1 / (1 + must)
    high1 = 1 / (1 + must[:, None] + np.where(shelf.must, 0.0, shelf.weight))
    low0, low1 = 1 / (1 + without), 1 / (1 + with_sku)
    low = np.where(shelf.must, low1, np.where(shelf.may, np.minimum(low0, low1), low0)).max(axis=1, initial=0.0)
    return Leaving(low0, np.broadcast_to(high[:, None], low0.shape), low1, high1, low, high)


def _most_attraction(shelf: Shelf) -> tuple[Floats, Floats]:
    """(K, n) the largest Σ w·x with SKU i listed, and without it: the least over the limits, each by itself."""
    shape = shelf.weight.shape
    with_sku, without = np.full(shape, np.inf), np.full(shape, np.inf)
    free = np.where(shelf.may, shelf.weight, 0.0)
    with_sku = np.minimum(with_sku, free.sum(axis=1, keepdims=True) - free + shelf.weight)
    without = np.minimum(without, free.sum(axis=1, keepdims=True) - free)
    for row, most in zip(shelf.rows, shelf.most, strict=True):
        if (row >= 0).all():
            in_row, out_row = _fractional(shelf, row, float(most))
            with_sku, without = np.minimum(with_sku, in_row), np.minimum(without, out_row)
    return with_sku, without


def _fractional(shelf: Shelf, row: Floats, most: float) -> tuple[Floats, Floats]:
    """(K, n) the fractional knapsack of one limit, with each SKU taken first, and without it."""
    must, free = shelf.must, shelf.may & ~shelf.must
    room = most - float(row[must].sum())
    room_with = np.where(must, room, room - row)
    with_sku, without = np.empty(shelf.weight.shape), np.empty(shelf.weight.shape)
    for k, weight in enumerate(shelf.weight):
        # what takes no room is always in; it would make the steps of the knapsack ambiguous
        given = must | (free & (row == 0))
        base = weight[given].sum() - np.where(given & ~must, weight, 0.0)
        order = np.flatnonzero(free & (row > 0))
        order = order[np.argsort(-weight[order] / row[order], kind="stable")]
        with_sku[k] = base + np.where(must, 0.0, weight) + _filled(weight, row, order, room_with)
        without[k] = base + _filled(weight, row, order, np.full(len(row), room))
    return with_sku, without


def _filled(weight: Floats, row: Floats, order: Codes, room: Floats) -> Floats:
    """(n,) the most attraction that fits into room[i] along the order, SKU i itself left out."""
    needs = np.concatenate([[0.0], np.cumsum(row[order])])
    gains = np.concatenate([[0.0], np.cumsum(weight[order])])
    begins = np.full(len(weight), np.inf)
    begins[order] = needs[:-1]
    # beyond its own place, leaving a SKU out is the same as having its room besides and giving its gain back
    skipped = np.interp(room + row, needs, gains) - weight
    return np.asarray(np.where(room > begins, skipped, np.interp(room, needs, gains)))


def tight_program(shelf: Shelf, bounds: Leaving, points: Floats) -> Program:
    """Columns: x (n), P (K), D (K), y (K·n, class by class). Rows: see the module.

    points   (T, K) values of D at which tangents touch; the first also for the tangents of y
    """
    (classes, n), pairs = shelf.weight.shape, shelf.weight.size
    parts = [
        *_shares(shelf),
        *_envelopes(shelf, bounds),
        *_tangents(shelf, bounds, points),
        *_limit_rows(shelf, bounds),
    ]
    high1 = bounds.high1.ravel()
    return Program(
        cost=objective(shelf),
        low=np.concatenate([shelf.must.astype(float), bounds.low, 1 / bounds.high, np.zeros(pairs)]),
        high=np.concatenate([shelf.may.astype(float), bounds.high, 1 / bounds.low, high1]),
        whole=np.arange(n + 2 * classes + pairs) < n,
        matrix=sparse.vstack([_row(part[:4], (n, classes, classes, pairs)) for part in parts], format="csr"),
        row_low=np.concatenate([part[4] for part in parts]),
        row_high=np.concatenate([part[5] for part in parts]),
    )


def objective(shelf: Shelf) -> Floats:
    """What each column earns."""
    none = np.zeros(2 * len(shelf.weight))
    return np.concatenate([-shelf.cost_cents, none, (shelf.value_cents * shelf.weight).ravel()])


def pair_rows(shelf: Shelf, points: Floats) -> Flags:
    """Which rows there are for every pair of class and SKU: the many, mostly slack."""
    (classes, _), pairs = shelf.weight.shape, shelf.weight.size
    limits = len(shelf.rows)
    counts = [(2 * classes, False), (4 * pairs, True), ((len(points) + 1) * classes, False), (pairs, True)]
    counts.append((limits + 2 * limits * classes, False))
    return np.concatenate([np.full(count, is_pair) for count, is_pair in counts])


def limit_rows(shelf: Shelf, rows: int) -> Codes:
    """Where the limits themselves stand among so many rows of a program: before their products with P."""
    limits = len(shelf.rows)
    begin = rows - limits * (1 + 2 * len(shelf.weight))
    return np.arange(begin, begin + limits)


def columns_of(shelf: Shelf, listed: Flags) -> Floats:
    """The columns of a list: a start for the solver."""
    attraction = 1 + shelf.weight[:, listed].sum(axis=1)
    return np.concatenate([listed.astype(float), 1 / attraction, attraction, (listed / attraction[:, None]).ravel()])


Block = sparse.csr_array | None
Part = tuple[Block, Block, Block, Block, Floats, Floats]
"""Blocks of x, P, D and y (None is zeros), then the rows' low and high ends."""


def _shares(shelf: Shelf) -> list[Part]:
    """P + Σ w y = 1, and D = 1 + Σ w x."""
    classes = len(shelf.weight)
    one, eye = np.ones(classes), sparse.eye_array(classes, format="csr")
    by_class = sparse.block_diag([row[None, :] for row in shelf.weight], format="csr")
    return [(None, eye, None, by_class, one, one), (sparse.csr_array(-shelf.weight), None, eye, None, one, one)]


def _envelopes(shelf: Shelf, bounds: Leaving) -> list[Part]:
    """Envelopes: y ≤ U1·x, y ≥ L1·x, y ≤ P − L0·(1 − x), y ≥ P − U0·(1 − x)."""
    x, p, y = _repeated(shelf)
    low0, high0, low1, high1 = (part.ravel() for part in (bounds.low0, bounds.high0, bounds.low1, bounds.high1))
    zero, wide = np.zeros(len(low0)), np.full(len(low0), np.inf)
    return [
        (-_scaled(high1, x), None, None, y, -wide, zero),
        (-_scaled(low1, x), None, None, y, zero, wide),
        (-_scaled(low0, x), -p, None, y, -wide, -low0),
        (-_scaled(high0, x), -p, None, y, -high0, wide),
    ]


def _tangents(shelf: Shelf, bounds: Leaving, points: Floats) -> list[Part]:
    """P + D/D0² ≥ 2/D0 at each point, the secant above it, and y − 2·x/D0 + D/D0² ≥ 0 at the first point."""
    eye, wide = sparse.eye_array(len(shelf.weight), format="csr"), np.full(len(shelf.weight), np.inf)
    parts: list[Part] = [(None, eye, _scaled(1 / at**2, eye), None, 2 / at, wide) for at in points]
    parts.append((None, eye, _scaled(bounds.low * bounds.high, eye), None, -wide, bounds.low + bounds.high))
    x, d, y = _repeated(shelf)
    at = np.repeat(points[0], shelf.weight.shape[1])
    zero = np.zeros(len(at))
    parts.append((-_scaled(2 / at, x), None, _scaled(1 / at**2, d), y, zero, zero + np.inf))
    return parts


def _limit_rows(shelf: Shelf, bounds: Leaving) -> list[Part]:
    """Every limit, and its products with P − L and U − P."""
    if not len(shelf.rows):
        return []
    classes, limits = len(shelf.weight), len(shelf.rows)
    rows, eye = sparse.csr_array(shelf.rows), sparse.eye_array(classes)
    of_x = sparse.kron(np.ones((classes, 1)), rows, format="csr")
    of_p = sparse.kron(eye, shelf.most[:, None], format="csr")
    of_y = sparse.kron(eye, rows, format="csr")
    low, high = np.repeat(bounds.low, limits), np.repeat(bounds.high, limits)
    most, wide = np.tile(shelf.most, classes), np.full(classes * limits, np.inf)
    return [
        (rows, None, None, None, np.full(limits, -np.inf), shelf.most),
        (_scaled(low, of_x), of_p, None, -of_y, most * low, wide),
        (-_scaled(high, of_x), -of_p, None, of_y, -most * high, wide),
    ]


def _repeated(shelf: Shelf) -> tuple[sparse.csr_array, sparse.csr_array, sparse.csr_array]:
    """For each pair of class and SKU: x of the SKU, P (or D) of the class, y of both."""
    classes, n = shelf.weight.shape
    x = sparse.kron(np.ones((classes, 1)), sparse.eye_array(n), format="csr")
    p = sparse.kron(sparse.eye_array(classes), np.ones((n, 1)), format="csr")
    return x, p, sparse.eye_array(classes * n, format="csr")


def _row(blocks: tuple[Block, Block, Block, Block], widths: tuple[int, int, int, int]) -> sparse.csr_array:
    height = next(block.shape[0] for block in blocks if block is not None)
    full = [sparse.csr_array((height, width)) if b is None else b for b, width in zip(blocks, widths, strict=True)]
    return sparse.hstack(full, format="csr")


def _scaled(factors: Floats, matrix: sparse.csr_array) -> sparse.csr_array:
    """Each row by its factor."""
    return sparse.csr_array(sparse.diags_array(factors).tocsr() @ matrix)
