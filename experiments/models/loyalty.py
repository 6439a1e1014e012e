"""Household choice: a conditional logit that remembers what each household bought.

Utility is linear in price, discount, display, mailer and, at each level of likeness (SKU, brand, size, subcategory,
pairs of them), in what the household remembers: the smoothed share of its trips (Guadagni & Little 1983), whether it
was in the last trip, how long ago, and the household's own shares as an empirical-Bayes estimate: a Dirichlet prior
around the population's shares, whose strength is fitted to how well it foretold the next choice. A household without
a past has the population's shares; a household with a long one its own. Beside it stand what sold of late in the store
and the chain, and how near an alternative is to the price level that the household is used to.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from experiments.models.conditional_logit import ChoiceRows, ConditionalLogit, fit, rows_of
from experiments.models.household_memory import HALF_LIVES_DAYS, LEVELS, Memory, same_value
from experiments.models.recent_shares import recent_shares
from experiments.models.trips import Trips
from training.assortments.choice.panel import Codes, Flags, Floats

RECENCY_DAYS = 45.0
"""A purchase so long ago counts 1/e of one just made."""
RIDGES = (1.0, 3.0, 10.0, 30.0)
SMALL_RIDGE = 1e-3
VALIDATION_WEEKS = 8
BURN_IN_WEEKS = 8
"""Weeks at the beginning that only fill memories."""
_STRENGTHS = (-5.0, 5.0)
"""Range of the logarithm of the prior's strength in purchases."""
LEAST_SHARE = 1e-6
USUAL_STRENGTH = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What utility is linear in: (N, n, F) traits and their names."""

    traits: NDArray[np.float32]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One model on one split.

    model  the fitted logit; names are those of its traits
    nats   (held-out occasions,) negative log-likelihood, in the order of the occasions
    ridge  the penalty of the traits
    """

    model: ConditionalLogit
    names: tuple[str, ...]
    nats: Floats
    ridge: float


def promotion_design(data: Trips) -> Design:
    """Log price, display, mailer."""
    return _stack({"log price": data.log_price, "display": data.display, "mailer": data.mailer})


def loyalty_design(data: Trips, memory: Memory) -> Design:
    """Log price, display, mailer and the smoothed share of the SKU itself (Guadagni & Little 1983)."""
    columns = {"log price": data.log_price, "display": data.display, "mailer": data.mailer}
    return _stack(columns | {"smoothed share of SKU": memory.share[0]})


def household_design(data: Trips, memory: Memory, known: Flags) -> Design:
    """All that the household remembers, at every level; population shares and priors come from `known` occasions."""
    columns = {
        "log price": data.log_price,
        "log discount": data.log_discount,
        "display": data.display,
        "mailer": data.mailer,
        "display and mailer": data.display * data.mailer,
    }
    shares = np.bincount(data.chosen[known], minlength=data.shape[1]) / known.sum()
    columns["recent share in chain"], columns["recent share in store"] = recent_shares(data, shares)
    columns |= _price_level(data, memory, shares, known)
    for nth, (level, same) in enumerate(zip(LEVELS, same_value(data), strict=True)):
        name = " and ".join(level)
        columns[f"smoothed share of {name}"] = memory.share[nth]
        columns[f"{name} in last trip"] = memory.is_last[nth]
        columns[f"recency of {name}"] = np.exp(-memory.days[nth] / RECENCY_DAYS)
        prior = np.maximum(same @ shares, LEAST_SHARE)
        for half, days in enumerate(HALF_LIVES_DAYS):
            words = f"own share of {name}" + (f", half-life {days:g} days" if days < 1e5 else "")
            columns[words] = own_log_share(memory.counts[nth, half], memory.total[half], prior, data.chosen, known)
    return _stack(columns)


def _price_level(data: Trips, memory: Memory, shares: Floats, known: Flags) -> dict[str, Floats]:
    """How an alternative's usual price stands to the mean usual price of what the household bought.

    A household without a past has the population's mean, which counts as USUAL_STRENGTH purchases.
    """
    usual = np.nan_to_num(np.where(known[:, None] & data.available, data.log_price, np.nan)).sum(axis=0)
    usual = usual / np.maximum((known[:, None] & data.available).sum(axis=0), 1)
    middle = float(usual @ shares)
    bought = memory.counts[0, -1]
    total = bought.sum(axis=1)
    level = (bought @ usual + USUAL_STRENGTH * middle) / (total + USUAL_STRENGTH)
    return {
        "distance from usual price": np.abs(usual[None, :] - level[:, None]),
        "log price by usual price": data.log_price * (level - middle)[:, None],
    }


def own_log_share(counts: Floats, total: Floats, prior: Floats, chosen: Codes, known: Flags) -> Floats:
    """(N, n) log of a household's posterior share over the population's share.

    (counts + c · prior) / (total + c) is the posterior mean under a Dirichlet prior of strength c; c is the one under
    which the `known` choices, each foretold from what came before it, are likeliest (empirical Bayes, Robbins 1956).
    """
    rows = np.flatnonzero(known)
    seen, before, base = counts[rows, chosen[rows]], total[rows], prior[chosen[rows]]

    def surprise(log_strength: float) -> float:
        strength = np.exp(log_strength)
        return -float(np.log((seen + strength * base) / (before + strength)).mean())

    strength = float(np.exp(minimize_scalar(surprise, bounds=_STRENGTHS, method="bounded").x))
    return np.asarray(
        np.log((counts + strength * prior) / (total[:, None] + strength)) - np.log(prior), dtype=np.float64
    )


def promotion_column(data: Trips) -> Column:
    """The baseline that knows price, display and mailer."""
    return _column(data, promotion_design(data), SMALL_RIDGE)


def loyalty_column(data: Trips, memory: Memory) -> Column:
    """The baseline that adds the household's loyalty to the SKU."""
    return _column(data, loyalty_design(data, memory), SMALL_RIDGE)


def household_column(data: Trips, memory: Memory) -> Column:
    """The full model. The ridge is the one that foretells the last VALIDATION_WEEKS before the held-out weeks best."""

    def designed(known: Flags) -> Design:
        return household_design(data, memory, known)

    return _column(data, designed(~data.held_out), chosen_ridge(data, designed))


def chosen_ridge(data: Trips, designed: Callable[[Flags], Design]) -> float:
    """Of RIDGES, the best on the last weeks before the held-out ones, fitted on the weeks before these."""
    first = int(data.week[data.held_out].min()) - VALIDATION_WEEKS
    known = data.week < first
    design = designed(known)
    learn = _rows(data, design, known & (data.week > BURN_IN_WEEKS))
    judge = _rows(data, design, ~known & ~data.held_out)
    if not len(learn.chosen) or not len(judge.chosen):
        return RIDGES[-1]
    width, alternatives = len(design.names), data.shape[1]
    nats = [fit(learn, alternatives, np.full(width, ridge)).nats(judge).mean() for ridge in RIDGES]
    return RIDGES[int(np.argmin(nats))]


def _column(data: Trips, design: Design, ridge: float) -> Column:
    learn = _rows(data, design, ~data.held_out & (data.week > BURN_IN_WEEKS))
    model = fit(learn, data.shape[1], np.full(len(design.names), ridge))
    return Column(model, design.names, model.nats(_rows(data, design, data.held_out)), ridge)


def _rows(data: Trips, design: Design, occasions: Flags) -> ChoiceRows:
    count = int(occasions.sum())
    chosen = np.zeros((count, data.shape[1]))
    chosen[np.arange(count), data.chosen[occasions]] = 1.0
    if not count:
        nothing = np.zeros(0, dtype=np.int64)
        return ChoiceRows(design.traits[:0, 0], nothing, nothing, np.zeros(0))
    return rows_of(design.traits[occasions], data.available[occasions], chosen)


def _stack(columns: dict[str, Floats]) -> Design:
    return Design(np.stack([*columns.values()], axis=2).astype(np.float32), tuple(columns))
