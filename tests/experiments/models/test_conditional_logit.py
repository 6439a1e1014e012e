"""Conditional logit: a case worked by hand, shares as counts, frozen utility, and statsmodels as a second way."""

import numpy as np
import pytest
from statsmodels.discrete.conditional_models import ConditionalLogit as Oracle

from experiments.models.conditional_logit import fit, log_softmax, rows_of
from features.errors import DataError


def _drawn(seed: int, situations: int = 400, alternatives: int = 4, traits: int = 2):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(situations, alternatives, traits))
    available = generator.random((situations, alternatives)) < 0.8
    available[:, :2] = True
    utility = values @ np.array([1.0, -0.5])[:traits] + generator.gumbel(size=(situations, alternatives))
    picked = np.where(available, utility, -np.inf).argmax(axis=1)
    chosen = np.zeros((situations, alternatives))
    chosen[np.arange(situations), picked] = 1.0
    return values, available, chosen


def test_two_alternatives_worked_by_hand():
    # 3 of 4 choose the alternative whose trait is 1: the coefficient is log(3 / 1)
    traits = np.tile(np.array([[[1.0], [0.0]]]), (4, 1, 1))
    chosen = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    rows = rows_of(traits, np.ones((4, 2), dtype=bool), chosen)
    model = fit(rows, 2, np.zeros(1), has_intercepts=False)
    assert model.coefficients[0] == pytest.approx(np.log(3), abs=1e-5)
    # information 4 · ¾ · ¼
    assert model.errors[0] == pytest.approx(1 / np.sqrt(0.75), abs=1e-4)
    assert model.log_likelihood == pytest.approx(3 * np.log(0.75) + np.log(0.25))
    assert model.nats(rows) == pytest.approx([-np.log(0.75)] * 3 + [-np.log(0.25)], abs=1e-4)


def test_statsmodels_finds_the_same():
    values, available, chosen = _drawn(1)
    rows = rows_of(values, available, chosen)
    ours = fit(rows, 4, np.zeros(2), has_intercepts=False)
    theirs = Oracle(rows.chosen, rows.traits, groups=rows.situation).fit(disp=False)
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-4)
    assert ours.errors == pytest.approx(theirs.bse, abs=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-4)


def test_shares_count_as_choices():
    # a situation with 2 and 1 units is the same as three single choices
    traits = np.array([[[1.0], [0.0]]])
    together = rows_of(traits, np.ones((1, 2), dtype=bool), np.array([[2.0, 1.0]]))
    apart = rows_of(
        np.repeat(traits, 3, axis=0), np.ones((3, 2), dtype=bool), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    )
    one, other = (fit(rows, 2, np.zeros(1), has_intercepts=False) for rows in (together, apart))
    assert one.coefficients == pytest.approx(other.coefficients)
    assert one.errors == pytest.approx(other.errors)


def test_the_slope_is_0_at_the_maximum_with_intercepts_and_ridge():
    values, available, chosen = _drawn(2)
    rows, ridge = rows_of(values, available, chosen), np.array([2.0, 3.0])
    model = fit(rows, 4, ridge, intercept_ridge=0.5)
    left = rows.chosen - np.exp(model.log_probability(rows))
    assert rows.traits.T @ left == pytest.approx(ridge * model.coefficients, abs=1e-3)
    assert np.bincount(rows.alternative, left) == pytest.approx(0.5 * model.intercepts, abs=1e-3)


def test_frozen_utility_is_what_its_coefficient_would_be():
    values, available, chosen = _drawn(3)
    free = fit(rows_of(values, available, chosen), 4, np.zeros(2), has_intercepts=False)
    frozen = rows_of(values[:, :, :1], available, chosen, values[:, :, 1] * free.coefficients[1])
    kept = fit(frozen, 4, np.zeros(1), has_intercepts=False)
    assert kept.coefficients[0] == pytest.approx(free.coefficients[0], abs=1e-4)
    assert kept.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-4)


def test_probabilities_add_up_however_large_utilities_are():
    values, available, chosen = _drawn(4)
    rows = rows_of(values, available, chosen)
    logs = log_softmax(1e4 * rows.traits[:, 0], rows)
    assert np.bincount(rows.situation, np.exp(logs)) == pytest.approx(1.0)


def test_a_choice_of_what_was_not_there_is_told():
    with pytest.raises(DataError, match="1 situations chose what was not available"):
        rows_of(np.zeros((1, 2, 1)), np.array([[True, False]]), np.array([[0.0, 1.0]]))
