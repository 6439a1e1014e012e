"""A linear program whose rows are many but mostly slack: they are added where a solution breaks them."""

import time

import numpy as np

from training.assortments.optimiser.highs import Answer, Program, answer, load
from training.assortments.optimiser.problem import Codes, Flags, Floats

_BROKEN = 1e-7
_ROUNDS = 60


class LazyProgram:
    """Whatever rows it holds, a bound of it is a bound of the whole: leaving rows out only relaxes.

    program   columns are taken as they are, none as whole
    always    (rows,) the rows to begin with; they stay
    """

    def __init__(self, program: Program, always: Flags) -> None:
        self._program = program
        self._held = always.copy()
        self._place = np.cumsum(always) - 1
        self._solver = load(_part(program, always))

    def solve(self, until: float) -> Answer:
        """Maximise, adding broken rows until none is left or the time is up; the bound then is a proven one still."""
        found = self._run(until)
        for _ in range(_ROUNDS):
            if found.values is None or time.perf_counter() > until:
                break
            broken = self._broken(found.values)
            if not broken.any():
                break
            self._add(broken)
            better = self._run(until)
            if better.bound == np.inf:
                return found
            found = better
        return found

    def at_most(self, cost: Floats, until: float) -> float:
        """The largest cost · x under the rows held now; infinite where time ran out."""
        self.charge(cost)
        return self._run(until).bound

    def demand(self, cost: Floats, least: float) -> None:
        """One more row: cost · x ≥ least."""
        at = np.flatnonzero(cost).astype(np.int32)
        self._solver.addRow(least, np.inf, len(at), at, cost[at])

    @property
    def rows(self) -> int:
        """Of the whole program."""
        return len(self._held)

    def cap(self, rows: Codes, most: Floats) -> None:
        """Other high ends for `rows`, which are among those that it always holds."""
        for place, high in zip(self._place[rows].tolist(), most.tolist(), strict=True):
            self._solver.changeRowBounds(place, -np.inf, high)

    def box(self, low: Floats, high: Floats) -> None:
        """Other ends for the first columns."""
        self._solver.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)

    def charge(self, cost: Floats) -> None:
        self._solver.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def _run(self, until: float) -> Answer:
        left = max(until - time.perf_counter(), 0.05)
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + left)
        self._solver.run()
        return answer(self._solver)

    def _broken(self, values: Floats) -> Flags:
        program = self._program
        rows = program.matrix @ values
        over = np.maximum(program.row_low - rows, rows - program.row_high)
        return np.asarray((over > _BROKEN) & ~self._held)

    def _add(self, rows: Flags) -> None:
        program, part = self._program, self._program.matrix[np.flatnonzero(rows)]
        self._solver.addRows(
            int(rows.sum()),
            program.row_low[rows],
            program.row_high[rows],
            part.nnz,
            part.indptr[:-1].astype(np.int32),
            part.indices.astype(np.int32),
            part.data,
        )
        self._held |= rows


def _part(program: Program, rows: Flags) -> Program:
    at: Codes = np.flatnonzero(rows)
    none = np.zeros(len(program.cost), dtype=bool)
    return Program(
        program.cost,
        program.low,
        program.high,
        none,
        program.matrix[at],
        program.row_low[rows],
        program.row_high[rows],
    )
