"""Linear and mixed-integer programs, by HiGHS."""

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import highspy
import numpy as np
from scipy import sparse

from training.assortments.optimiser.problem import Flags, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Maximise cost · x with row_low ≤ matrix · x ≤ row_high and low ≤ x ≤ high, x whole where `whole`."""

    cost: Floats
    low: Floats
    high: Floats
    whole: Flags
    matrix: sparse.csr_array
    row_low: Floats
    row_high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What HiGHS found.

    values   of a solution; None where none was found in time
    value    what it is worth; −inf without one
    bound    proven: nothing is worth more; −inf where nothing is feasible
    """

    values: Floats | None
    value: float
    bound: float


def solve_program(program: Program, seconds: float, gap: float = 0.0, start: Floats | None = None) -> Answer:
    """One thread, the same answer every time where the time suffices.

    gap     relative gap at which to stop
    start   a feasible solution to begin with
    """
    solver = load(program)
    solver.setOptionValue("time_limit", max(seconds, 0.01))
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_abs_gap", 0.0 if gap else 1e-9)
    if start is not None:
        at = np.arange(len(start), dtype=np.int32)
        solver.setSolution(len(start), at, start)
    solver.run()
    return answer(solver)


def silent() -> highspy.Highs:
    """A solver that has not greeted anybody."""
    _greet_nobody()
    return highspy.Highs()  # type: ignore[no-untyped-call]  # its stubs leave this out


@cache
def _greet_nobody() -> None:
    """HiGHS prints its name once a process, from C and whatever its options: that goes nowhere."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # no standard output, nobody to greet
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            highspy.Highs()  # type: ignore[no-untyped-call]  # as above
            ctypes.CDLL(None).fflush(None)
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def load(program: Program) -> highspy.Highs:
    """A silent solver of one thread that holds the program."""
    solver = silent()
    for name, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        solver.setOptionValue(name, value)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = program.matrix.shape
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.low, program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = program.matrix.indptr
    model.a_matrix_.index_ = program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    if program.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(each)] for each in program.whole]
    solver.passModel(model)
    return solver


def answer(solver: highspy.Highs) -> Answer:
    """What a solver that has run has found."""
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return Answer(None, -np.inf, -np.inf)
    solution, is_whole = solver.getSolution(), bool(len(solver.getLp().integrality_))
    found = info.primal_solution_status == 2
    values = np.array(solution.col_value) if found else None
    value = info.objective_function_value if found else -np.inf
    done = status == highspy.HighsModelStatus.kOptimal
    if is_whole:
        return Answer(values, value, info.mip_dual_bound)
    return Answer(values, value, value if done else np.inf)
