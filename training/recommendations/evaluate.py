"""Evaluation: the lists that would have been served, against what was bought, beside the baselines.

The recommender under test is the serving one, opened from the bundle; baselines are fitted on the same
facts. Every figure has a 95 % bootstrap interval over customers, every difference is paired.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.errors import DataError
from features.facts.facts import Codes, Facts, Ids
from features.past import Past
from features.vector.shopper import Shopper
from serving.bundle.candidates import Candidates
from serving.recommender.recommender import Recommender
from training.recommendations import baselines
from training.recommendations.bulk import recommend_all
from training.recommendations.candidates.pool import Scorer
from training.recommendations.first_visits import visits_until
from training.recommendations.interactions import Interactions, interactions
from training.recommendations.metrics.bootstrap import paired, summary
from training.recommendations.metrics.ranking import METRICS, TASKS, Evaluation, Task
from training.recommendations.metrics.slices import sliced, slices
from training.recommendations.record import RANKER

COLUMNS = ("customer_id", "sku", "bought_at", "channel", "store_id", "basket_id")


class NobodyToJudgeError(DataError):
    """No customer bought both before the cutoff and in the label window."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one label window says of the ranker and the baselines; tables as in `TrainingRecord`.

    A task without anything to find (nobody bought something new) is in none of them. `lists` are the
    ranker's, as `recommend_all` makes them.
    """

    comparison: pd.DataFrame
    slices: pd.DataFrame
    per_customer: pd.DataFrame
    metrics: dict[str, float]
    lists: dict[Task, pd.DataFrame]
    customers: int


def evaluate(recommender: Recommender, past: Past, days: float) -> Evaluated:
    """Judge the ranker and the baselines on the `days` that begin with the past's cutoff.

    Customers, as they were known at the cutoff, are those who bought both before the
    cutoff and in the window and have a profile in the bundle; one whose earlier purchases arrived after the training
    is left out. The baselines learn from everybody in the past.

    The headline is of lists as `omnishelf recommend` makes them, for which nobody says where they will shop. Metrics
    that begin with `told` are of lists that were told the channel and the store of the customer's first basket in the
    window, as requests of a storefront are. Raises NobodyToJudgeError where there are none.
    """
    cutoff, end = past.cutoff, past.cutoff.plus_days(days)
    before, window = past.bought(COLUMNS).to_pandas(), past.bought_until(end, COLUMNS).to_pandas()
    window = window[window["customer_id"].isin(_texts(recommender.bundle.facts.customers))]
    evaluation = Evaluation.of(before, window)
    if not len(evaluation.customers):
        message = (
            f"Nobody who bought before {cutoff} bought in the {days:g} days after it: there is nothing to judge on. "
        )
        raise NobodyToJudgeError(message + "Next: choose an earlier --cutoff, or bring later purchases.")
    tasks = [task for task in TASKS if evaluation.asked(task).any()]
    known = interactions(past.facts())
    others = {name: fit(known) for name, fit in baselines.BASELINES.items()}
    tables = {task: _lists(recommender, known, others, evaluation, task) for task in tasks}
    figures = {(name, task): evaluation.score(table, task) for task in tasks for name, table in tables[task].items()}
    visits = visits_until(past, recommender.bundle.facts, end)
    told, _ = evaluation.score(recommend_all(recommender, evaluation.customers, baselines.DEPTH, visits=visits), "all")
    parts = slices(evaluation, before, window)
    return Evaluated(
        comparison=pd.concat([_compared(figures, task) for task in tasks], ignore_index=True),
        slices=pd.concat([sliced(evaluation, tables[task][RANKER], parts, task) for task in tasks], ignore_index=True),
        per_customer=pd.concat(
            [table.assign(model=name, task=task).reset_index() for (name, task), (table, _) in figures.items()],
            ignore_index=True,
        ),
        metrics=_flat(figures) | {f"told.all.{metric}": float(value) for metric, value in told.mean().items()},
        lists={task: tables[task][RANKER] for task in tasks},
        customers=len(evaluation.customers),
    )


def _lists(
    recommender: Recommender, known: Interactions, others: dict[str, Scorer], evaluation: Evaluation, task: Task
) -> dict[str, pd.DataFrame]:
    new_only = task == "new"
    customers = known.facts.customers.codes(np.char.encode(evaluation.customers.to_numpy(dtype=str), "utf-8"))
    tables = {RANKER: recommend_all(recommender, evaluation.customers, baselines.DEPTH, new_only=new_only)}
    for name, scorer in others.items():
        tables[name] = baselines.lists(known, scorer, customers, new_only=new_only)
    return tables


def _compared(figures: dict[tuple[str, Task], tuple[pd.DataFrame, float]], task: Task) -> pd.DataFrame:
    """A row a model and metric, with the paired difference to the best baseline of that metric."""
    mine = {name: table for (name, of), (table, _) in figures.items() if of == task}
    baseline = [table for name, table in mine.items() if name != RANKER]
    best = pd.DataFrame({metric: max((table[metric] for table in baseline), key=pd.Series.mean) for metric in METRICS})
    rows = []
    for name, table in mine.items():
        difference = paired(table, best).add_prefix("difference_")
        rows.append(summary(table).join(difference).rename_axis("metric").reset_index().assign(model=name, task=task))
    return pd.concat(rows, ignore_index=True).rename(columns={"difference_mean": "difference"})


def _flat(figures: dict[tuple[str, Task], tuple[pd.DataFrame, float]]) -> dict[str, float]:
    """`all.ndcg_at_10` for the ranker, `popularity.all.ndcg_at_10` for a baseline, and coverage likewise."""
    flat: dict[str, float] = {}
    for (name, task), (table, coverage) in figures.items():
        prefix = task if name == RANKER else f"{name}.{task}"
        flat |= {f"{prefix}.{metric}": float(value) for metric, value in table.mean().items()}
        flat[f"{prefix}.coverage_at_10"] = coverage
    return flat


def source_recall(facts: Facts, candidates: Candidates, labels: tuple[Codes, Codes]) -> pd.DataFrame:
    """What each source finds of the labels among the pooled candidates that it gives a score.

    source, task, recall (labels found / labels), share (candidates that it scores / all candidates),
    depth (its candidates a customer). The row `pool` is all of them together: the ranker's ceiling.
    """
    names = ("pool", *candidates.sources)
    counts = {task: np.zeros((3, len(names))) for task in TASKS}
    customers, first = np.unique(labels[0], return_index=True)
    for customer, bought in zip(customers, np.split(labels[1], first)[1:], strict=True):
        skus, scores = candidates.of(Shopper(int(customer), int(facts.home_store[customer])))
        scored = np.concatenate([np.ones((len(skus), 1), dtype=bool), scores > 0], axis=1)
        for task in TASKS:
            of_task = np.ones(len(skus), dtype=bool) if task == "all" else ~_before(facts, int(customer), skus)
            wanted = bought if task == "all" else bought[~_before(facts, int(customer), bought)]
            hit = np.isin(skus, wanted) & of_task
            counts[task] += np.stack(
                [scored[hit].sum(axis=0), scored[of_task].sum(axis=0), np.full(len(names), len(wanted))]
            )
    rows = [
        (source, task, hits[at] / max(asked[at], 1), sizes[at] / max(sizes[0], 1), sizes[at] / max(len(customers), 1))
        for task, (hits, sizes, asked) in counts.items()
        for at, source in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=["source", "task", "recall", "share", "depth"])


def _texts(ids: Ids) -> np.ndarray:
    return np.char.decode(ids.values, "utf-8")


def _before(facts: Facts, customer: int, skus: Codes) -> np.ndarray:
    return facts.pairs["customer_sku"].find(customer, skus)[1]
