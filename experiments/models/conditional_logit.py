"""Conditional logit (McFadden 1974) by maximum likelihood: Newton's method with the analytic gradient and Hessian.

Choices may be counts or shares: a situation with several units counts as so many choices. A ridge penalty shrinks
coefficients towards 0; it is the normal prior of a maximum a posteriori estimate, and standard errors are those of
the penalised information.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import DataError
from training.assortments.choice.panel import Codes, Flags, Floats

STEPS = 60
ENOUGH = 1e-7
"""Newton stops where a step improves the penalised log-likelihood by less than this share of it."""
_LEAST_STEP = 1e-6
_LEAST_TIMES = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceRows:
    """Situations and their available alternatives, a row each, situations one after another.

    traits       (R, F) what utility is linear in
    situation    (R,) from 0, ascending, every situation with at least one row
    alternative  (R,) which alternative the row is: each has an intercept
    chosen       (R,) how often it was chosen; 0 and 1 for single choices, shares for shares
    frozen       (R,) utility that is known beforehand and not fitted, such as a causal price response; None: 0
    """

    traits: NDArray[np.floating]
    situation: Codes
    alternative: Codes
    chosen: Floats
    frozen: Floats | None = None

    @property
    def starts(self) -> Codes:
        """First row of each situation."""
        return np.flatnonzero(np.r_[True, np.diff(self.situation) > 0])


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalLogit:
    """A fitted model.

    coefficients    (F,) of the traits
    intercepts      (n,) of alternatives; 0 without intercepts
    errors          (F,) standard errors of `coefficients`
    log_likelihood  of the rows it was fitted on, without the penalty
    """

    coefficients: Floats
    intercepts: Floats
    errors: Floats
    log_likelihood: float

    def utility(self, rows: ChoiceRows) -> Floats:
        """(R,) utility of every row, up to a constant of the situation."""
        return _utility(np.r_[self.coefficients, self.intercepts], rows)

    def log_probability(self, rows: ChoiceRows) -> Floats:
        """(R,) log probability of every row within its situation."""
        return log_softmax(self.utility(rows), rows)

    def nats(self, rows: ChoiceRows) -> Floats:
        """(situations,) negative log-likelihood of what was chosen, summed over a situation's choices."""
        return -np.add.reduceat(rows.chosen * self.log_probability(rows), rows.starts)


def rows_of(traits: NDArray[np.floating], available: Flags, chosen: Floats, frozen: Floats | None = None) -> ChoiceRows:
    """Rows of (N, n, F) traits, (N, n) availability, (N, n) times chosen and, where given, (N, n) frozen utility.

    Raises DataError where something was chosen that was not available, or nothing was available.
    """
    if not available.any(axis=1).all() or (chosen[~available] != 0).any():
        count = int((~available.any(axis=1)).sum() + ((chosen != 0) & ~available).any(axis=1).sum())
        raise DataError(f"choices: {count} situations chose what was not available. Next: correct the availability.")
    situation, alternative = np.nonzero(available)
    offset = None if frozen is None else frozen[situation, alternative]
    return ChoiceRows(traits[situation, alternative], situation, alternative, chosen[situation, alternative], offset)


def log_softmax(utility: Floats, rows: ChoiceRows) -> Floats:
    """(R,) utilities as log probabilities within situations."""
    starts = rows.starts
    top = np.maximum.reduceat(utility, starts)[rows.situation]
    total = np.log(np.add.reduceat(np.exp(utility - top), starts))
    return np.asarray(utility - top - total[rows.situation], dtype=np.float64)


def fit(
    rows: ChoiceRows, alternatives: int, ridge: Floats, intercept_ridge: float = 0.1, *, has_intercepts: bool = True
) -> ConditionalLogit:
    """The maximum of log-likelihood − Σ ridge · coefficient² / 2.

    ridge            (F,) above 0 where traits may be collinear
    intercept_ridge  the same for the intercepts, which it also identifies (they sum to 0 at the maximum)
    """
    width = rows.traits.shape[1]
    penalty = np.r_[ridge, np.full(alternatives if has_intercepts else 0, intercept_ridge)]
    found: Floats = np.zeros(len(penalty))
    value, probability = _value(found, rows, penalty)
    times = np.add.reduceat(rows.chosen, rows.starts)
    information = np.eye(len(penalty))
    for _ in range(STEPS):
        slope, information = _slope(rows, probability, times, alternatives, has_intercepts=has_intercepts)
        slope -= penalty * found
        information += np.diag(penalty)
        step, share = np.linalg.solve(information, slope), 1.0
        before = value
        value, probability = _value(found + step, rows, penalty)
        while value < before and share > _LEAST_STEP:
            share /= 2
            value, probability = _value(found + share * step, rows, penalty)
        found += share * step
        if value - before < ENOUGH * abs(before):
            break
    errors = np.sqrt(np.diag(np.linalg.inv(information)))[:width]
    intercepts = found[width:] if has_intercepts else np.zeros(alternatives)
    return ConditionalLogit(found[:width], intercepts, errors, value + _penalty(found, penalty))


def _penalty(found: Floats, penalty: Floats) -> float:
    return float((penalty * found**2).sum() / 2)


def _value(found: Floats, rows: ChoiceRows, penalty: Floats) -> tuple[float, Floats]:
    """Penalised log-likelihood and (R,) probabilities."""
    logs = log_softmax(_utility(found, rows), rows)
    return float((rows.chosen * logs).sum()) - _penalty(found, penalty), np.exp(logs)


def _utility(found: Floats, rows: ChoiceRows) -> Floats:
    width = rows.traits.shape[1]
    utility: Floats = np.asarray(rows.traits @ found[:width], dtype=np.float64)
    if len(found) > width:
        utility = utility + found[width:][rows.alternative]
    return utility if rows.frozen is None else utility + rows.frozen


def _slope(
    rows: ChoiceRows, probability: Floats, times: Floats, alternatives: int, *, has_intercepts: bool
) -> tuple[Floats, Floats]:
    """Gradient of the log-likelihood and information (minus Hessian), traits first, then intercepts.

    Σ t (E[xx'] − E[x]E[x]') over situations with t choices (McFadden 1974, equation 18).
    """
    traits = rows.traits
    expected = probability * times[rows.situation]
    weighted = traits * expected[:, None].astype(traits.dtype)  # in the precision of the traits: half of it is enough
    mean = np.add.reduceat(weighted, rows.starts) / np.maximum(times, _LEAST_TIMES)[:, None]
    slope = np.asarray(traits.T @ (rows.chosen - expected).astype(traits.dtype), dtype=np.float64)
    information = np.asarray(traits.T @ weighted, dtype=np.float64) - mean.T @ (mean * times[:, None])
    if not has_intercepts:
        return slope, information
    shares = np.zeros((len(times), alternatives))
    shares[rows.situation, rows.alternative] = probability
    own: Floats = np.bincount(rows.alternative, rows.chosen - expected, alternatives).astype(np.float64)
    level = np.diag((shares * times[:, None]).sum(axis=0)) - shares.T @ (shares * times[:, None])
    crossed = np.zeros((traits.shape[1], alternatives))
    for nth, column in enumerate(weighted.T):
        crossed[nth] = np.bincount(rows.alternative, column, alternatives)
    crossed -= mean.T @ (shares * times[:, None])
    return np.r_[slope, own], np.block([[information, crossed], [crossed.T, level]])
