"""Where the recommendations work and where they do not: the same metrics over parts of the labels.

A slice chooses labels, and with them customers: a customer is judged in it by those of their labels that
belong to it. The slices:

- `labels`: SKUs that the customer had bought before (repeat) against those never bought (new), in one list;
- `history`: customers by baskets before the cutoff, in thirds (light, middle, heavy);
- `channel`: labels by the channel they were bought through in the window; one bought on both is in both;
- `store_size`: customers by the purchases of the store where they shop most, in thirds (small, medium, large).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from features.contracts.columns import BASKET_ID, CHANNEL, CUSTOMER_ID, SKU, STORE_ID
from training.recommendations.metrics.bootstrap import summary
from training.recommendations.metrics.ranking import Evaluation, Flags, Task


class Slice(NamedTuple):
    """Some of the labels of an evaluation: `chosen` has a flag a label."""

    name: str
    value: str
    chosen: Flags


def sliced(evaluation: Evaluation, recommendations: pd.DataFrame, slices: Sequence[Slice], task: Task) -> pd.DataFrame:
    """Columns task, slice, value, customers, metric, mean, low, high: a row a slice, value and metric.

    The first slice, `everyone`, is the headline. A value that no label of the task has is left out.
    """
    lists, asked = evaluation.read(recommendations, task), evaluation.asked(task)
    tables = []
    for name, value, chosen in [Slice("everyone", "all", asked), *slices]:
        figures = evaluation.measure(lists, chosen & asked)
        if len(figures):
            rows = summary(figures).rename_axis("metric").reset_index()
            tables.append(rows.assign(task=task, slice=name, value=value, customers=len(figures)))
    columns = ["task", "slice", "value", "customers", "metric", "mean", "low", "high"]
    return pd.concat(tables)[columns].reset_index(drop=True) if tables else pd.DataFrame(columns=columns)


def slices(evaluation: Evaluation, before: pd.DataFrame, window: pd.DataFrame) -> list[Slice]:
    """The slices of an evaluation made of the same two tables.

    Needs the columns basket_id, channel and store_id besides customer_id and sku.
    """
    mine = before[before[CUSTOMER_ID].isin(evaluation.customers)]
    baskets = mine.groupby(CUSTOMER_ID)[BASKET_ID].nunique()
    return [
        Slice("labels", "repeat", evaluation.repeat),
        Slice("labels", "new", ~evaluation.repeat),
        *_thirds(evaluation, "history", baskets, ("light", "middle", "heavy")),
        *_by_channel(evaluation, window),
        *_thirds(evaluation, "store_size", _store_sizes(mine, before), ("small", "medium", "large")),
    ]


def _thirds(evaluation: Evaluation, name: str, numbers: pd.Series, names: tuple[str, str, str]) -> Iterator[Slice]:
    """Customers by thirds of `numbers` (indexed by customer), the smallest first.

    Equal numbers stay together, in the third of their mean rank; customers without a number are in none.
    """
    third = (3 * (numbers.rank() - 0.5) / max(len(numbers), 1)) // 1
    of_label = third.reindex(evaluation.customers).to_numpy()[evaluation.customer]
    for code, value in enumerate(names):
        yield Slice(name, value, of_label == code)


def _by_channel(evaluation: Evaluation, window: pd.DataFrame) -> Iterator[Slice]:
    labels = pd.MultiIndex.from_arrays(
        [evaluation.customers.take(evaluation.customer), evaluation.skus.take(evaluation.sku)]
    )
    for channel in sorted(window[CHANNEL].dropna().unique()):
        bought = window.loc[window[CHANNEL] == channel, [CUSTOMER_ID, SKU]].dropna().drop_duplicates()
        yield Slice("channel", str(channel), labels.isin(pd.MultiIndex.from_frame(bought)))


def _store_sizes(mine: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Customer -> lines sold by their main store; of stores with as many lines, the first by name is the main one."""
    visits = mine.groupby([CUSTOMER_ID, STORE_ID]).size().rename("lines").reset_index()
    order = visits.sort_values([CUSTOMER_ID, "lines", STORE_ID], ascending=[True, False, True])
    main = order.drop_duplicates(CUSTOMER_ID).set_index(CUSTOMER_ID)[STORE_ID]
    return main.map(before[STORE_ID].value_counts())
