"""What plans earn, and how sure that is: the same plan under what resampled sales say of shoppers and demand."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.assortments.choice.attraction import Attraction
from training.assortments.optimiser.problem import AssortmentProblem, Flags, Floats
from training.assortments.optimiser.value import added_cents, incremental_cents, units
from training.assortments.stages.shelves import Shelves
from training.assortments.stages.shoppers import Shoppers

LEVEL = (10.0, 90.0)
"""Percentiles of an 80 % interval."""

OVERRATED = 0.03
"""Of the margin: less between the plan's own figure and the median of resamples is not worth a word."""

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A plan for C clusters and n SKUs, beside what is listed now.

    problem    as planned, at the middle share of visits that leave
    draws      the same problem as each resample of the sales has it
    range      it where the fewest and where the most visits leave with nothing
    now, proposed  (C, n) listed; now: by at least half of a cluster's stores
    stores_now (C, n) how many of a cluster's stores carry it now
    sold_now   (C, n) units that the stores sell from their own lists of today
    drawn_sold_now  (draws, C, n) the same in each resample
    now_profit_cents  (C, n) what a unit earns as listed and bought now; the problem's are those of the proposal
    """

    problem: AssortmentProblem
    draws: tuple[AssortmentProblem, ...]
    range: tuple[AssortmentProblem, AssortmentProblem]
    now: Flags
    proposed: Flags
    stores_now: Whole
    sold_now: Floats
    drawn_sold_now: Floats
    now_profit_cents: Floats

    def drawn(self, figure: Callable[[AssortmentProblem], Floats]) -> Floats:
        """(draws, …) a figure of the problem, in each resample."""
        return np.stack([figure(problem) for problem in self.draws])


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What was planned: the problem at its costs, the lists, and what a unit earns as listed and bought now."""

    problem: AssortmentProblem
    proposed: Flags
    now_profit_cents: Floats


def outcome(found: Shoppers, held: Shelves, made: Made, seed: int) -> Outcome:
    """The outcome of a plan; demand of clusters is drawn beside shoppers' tastes."""
    problem = made.problem
    sold_now = held.sold_now(found.planned)
    sold = sold_now.sum(axis=1)
    random = np.random.default_rng([seed, 11])
    # stores sell by chance too: a Poisson total, as its posterior (gamma)
    scale = random.gamma(np.maximum(sold, 1.0), size=(len(found.resamples), len(sold))) / np.maximum(sold, 1.0)
    drawn = list(zip(found.resamples, scale, strict=True))
    return Outcome(
        problem,
        draws=tuple(_with(problem, held, attraction, factor) for attraction, factor in drawn),
        range=(_with(problem, held, found.low), _with(problem, held, found.high)),
        now=current(problem),
        proposed=made.proposed,
        stores_now=_stores_now(held),
        sold_now=sold_now,
        drawn_sold_now=np.stack([held.sold_now(attraction, factor) for attraction, factor in drawn]),
        now_profit_cents=made.now_profit_cents,
    )


def _stores_now(held: Shelves) -> Whole:
    counts = np.zeros(held.problem.unit_profit_cents.shape, dtype=np.int64)
    np.add.at(counts, held.label, held.listed.astype(np.int64))
    return counts


def current(problem: AssortmentProblem) -> Flags:
    """(C, n) what is listed now; nothing where nobody says."""
    return np.zeros(problem.unit_profit_cents.shape, dtype=bool) if problem.current is None else problem.current


def _with(
    problem: AssortmentProblem, held: Shelves, attraction: Attraction, scale: Floats | None = None
) -> AssortmentProblem:
    """The problem with other shoppers, who buy as much from the lists of today, or `scale` (C,) times as much."""
    pooled, visits = held.pooled(attraction, scale)
    return replace(problem, weight=pooled.weight, mix=pooled.mix, visits=visits)


def interval(drawn: Floats, middle: Floats) -> tuple[Floats, Floats]:
    """80 % percentile interval over the first axis, never without the planned figure itself."""
    low, high = np.percentile(drawn, LEVEL, axis=0)
    return np.minimum(low, middle), np.maximum(high, middle)


def overrated(out: Outcome) -> tuple[str, ...]:
    """A sentence where the plan earns clearly less in resampled histories than under the model that it was made with.

    The best list under a model is among those that it overrates (Smith and Winkler 2006, "The optimizer's curse").
    """

    def profit_cents(one: AssortmentProblem) -> Floats:
        return np.array([(units(one, out.proposed) * one.unit_profit_cents).sum()])

    planned, middle = float(profit_cents(out.problem)[0]), float(np.median(out.drawn(profit_cents)))
    if planned <= 0 or middle > (1 - OVERRATED) * planned:
        return ()
    sentence = (
        "The plan is the best under the model that made it, which overrates what it chose: in resampled histories its "
        f"margin is {1 - middle / planned:.0%} lower at the median. Expect the lower half of the intervals."
    )
    return (sentence,)


def worth_cents(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C, n) what each decision gains its cluster against its opposite, all else as it is.

    Of a listed SKU what its cluster would lose without it; of another, what the cluster would lose by adding it: below
    0 where only a rule keeps it out. Costs of listing in the chain are not counted.
    """
    return np.where(listed, incremental_cents(problem, listed), -added_cents(problem, listed))


def place_worth_cents(problem: AssortmentProblem, listed: Flags) -> Floats:
    """(C,) what one more place on the shelf would be worth: the best SKU that may be carried, added to the list."""
    return np.asarray(np.where(problem.may_carry & ~listed, added_cents(problem, listed), 0.0).max(axis=1))


def whole(values: Floats) -> Whole:
    """Cents: halves to even, as numpy rounds."""
    return np.asarray(np.rint(np.nan_to_num(values)), dtype=np.int64)
