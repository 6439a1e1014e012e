"""The gate before @champion: what a model version has to show, from the records of its run and the champion's.

Pure: records in, checks out. Thresholds are constants with their reasons; a model that does not reach
them is not promoted, whoever asks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.recommendations.figures import HEADLINE, label
from training.recommendations.metrics.bootstrap import paired
from training.recommendations.record import RANKER, TrainingRecord
from training.recommendations.run_page import best_baseline, ranker_row, yardstick

TASK = "all"
"""Everything bought, repeats included: what a shopper's list is for. `new` is looked at, not gated."""

LEAD_LOW_END = 0.0
"""The paired 95 % interval of the lead over the best baseline must lie above this. A model that cannot be told
from a baseline costs more than the baseline and explains less."""

LOSS_HIGH_END = 0.0
"""The 95 % interval of the difference to the champion may not lie wholly below this. An interval that holds
0 is noise: a retrained model as good as the champion but fresher should pass."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the gate: what was found, and what was asked for."""

    name: str
    passed: bool
    found: str
    asked: str


@dataclass(frozen=True, slots=True)
class Interval:
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def beats_baselines(new: TrainingRecord) -> Check:
    asked = f"a lead in {label(HEADLINE)} over the best baseline whose 95 % interval lies above {LEAD_LOW_END:g}"
    ours, rival = ranker_row(new.comparison, TASK), best_baseline(new.comparison, TASK)
    if ours is None or rival is None:
        return _unknown("better_than_baselines", "no comparison with baselines was logged", asked)
    lead = Interval(ours["difference"], ours["difference_low"], ours["difference_high"])
    return Check("better_than_baselines", lead.low > LEAD_LOW_END, f"{lead} over {rival}, paired", asked)


def holds_against_champion(new: TrainingRecord, old: TrainingRecord | None, champion: str | None) -> Check:
    name = "not_worse_than_champion"
    asked = f"a difference in {label(HEADLINE)} whose 95 % interval does not lie below {LOSS_HIGH_END:g}"
    if champion is None:
        return Check(name, passed=True, found="there is no champion yet", asked=asked)
    compared = None if old is None else _paired_difference(new, old) or _difference_of_leads(new, old)
    if compared is None:
        found = f"nothing that version {champion} and this one have in common to be compared by"
        return _unknown(
            name, found, f"{asked}; or, in MLflow, take the alias champion away from version {champion} first"
        )
    difference, how = compared
    return Check(name, difference.high >= LOSS_HIGH_END, f"{difference} against version {champion}; {how}", asked)


def _paired_difference(new: TrainingRecord, old: TrainingRecord) -> tuple[Interval, str] | None:
    """Ranker − champion on the same customers; None unless both had the same labels to find."""
    ours, theirs = _figures(new, RANKER), _figures(old, RANKER)
    if yardstick(new) != yardstick(old) or ours.empty or not ours.index.equals(theirs.index):
        return None
    return _interval(ours, theirs), f"paired on the same {len(ours):,} customers and labels"


def _difference_of_leads(new: TrainingRecord, old: TrainingRecord) -> tuple[Interval, str] | None:
    """Difference of the leads over a baseline that both runs had, each on its own label window.

    The interval of a difference of two independent estimates from their own intervals: Zou & Donner
    2008, "Construction of confidence limits about effect measures", equation 3.
    """
    wanted = [best_baseline(old.comparison, TASK), best_baseline(new.comparison, TASK)]
    others = sorted(set(new.comparison.get("model", [])) - {RANKER})
    for baseline in dict.fromkeys([*filter(None, wanted), *others]):
        ours, theirs = _lead(new, baseline), _lead(old, baseline)
        if ours is None or theirs is None:
            continue
        mean = ours.mean - theirs.mean
        below = float(np.hypot(ours.mean - ours.low, theirs.high - theirs.mean))
        above = float(np.hypot(ours.high - ours.mean, theirs.mean - theirs.low))
        how = (
            f"not paired (other customers or labels, as far as known): lead over {baseline} {ours} here, {theirs} there"
        )
        return Interval(mean, mean - below, mean + above), how
    return None


def _lead(record: TrainingRecord, baseline: str) -> Interval | None:
    """The ranker's paired lead over one baseline, from the figures of each customer or from the comparison."""
    ours, theirs = _figures(record, RANKER), _figures(record, baseline)
    if len(ours) and ours.index.equals(theirs.index):
        return _interval(ours, theirs)
    row = ranker_row(record.comparison, TASK)
    if row is None or best_baseline(record.comparison, TASK) != baseline:
        return None
    return Interval(row["difference"], row["difference_low"], row["difference_high"])


def _figures(record: TrainingRecord, model: str) -> pd.DataFrame:
    """One row a customer, sorted; empty where the run did not log the figures of each customer."""
    table = record.per_customer
    if not {"model", "task", HEADLINE} <= set(table.columns):
        return pd.DataFrame({HEADLINE: pd.Series(dtype=float)})
    rows = table[(table["model"] == model) & (table["task"] == TASK)]
    return rows.groupby("customer_id")[[HEADLINE]].mean()


def _interval(ours: pd.DataFrame, theirs: pd.DataFrame) -> Interval:
    mean, low, high = paired(ours, theirs).loc[[HEADLINE]].to_numpy(dtype=float)[0].tolist()
    return Interval(mean, low, high)


def logged(record: TrainingRecord, name: str, asked: str) -> Check:
    passed, found = record.checks.get(name, (False, "the training did not check it"))
    return Check(name, passed, found, asked)


def _unknown(name: str, found: str, asked: str) -> Check:
    return Check(name, passed=False, found=found, asked=asked)
