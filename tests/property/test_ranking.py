"""What holds for every table of purchases and lists."""

from math import log2

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from training.recommendations.metrics.ranking import METRICS, TASKS, Evaluation

IDS = st.integers(0, 6).map("c{}".format)
SKUS = st.integers(0, 14).map("s{}".format)
PURCHASES = st.lists(st.tuples(IDS, SKUS), min_size=1, max_size=40)
LISTS = st.lists(st.tuples(IDS, SKUS, st.integers(1, 30)), max_size=60)
SOME = settings(max_examples=30)


def bought(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "sku"], dtype="str")


def listed(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "sku", "rank"])
    return table.astype({"customer_id": "str", "sku": "str", "rank": "int64"})


@SOME
@given(PURCHASES, PURCHASES, LISTS, st.randoms(use_true_random=False))
def test_order_and_duplicates_of_rows_change_nothing(before, window, lists, shuffle):
    shuffled = [rows * 2 for rows in (before, window, lists)]
    for rows in shuffled:
        shuffle.shuffle(rows)
    for task in TASKS:
        once, coverage = Evaluation.of(bought(before), bought(window), "all").score(listed(lists), task)
        again, same = Evaluation.of(bought(shuffled[0]), bought(shuffled[1]), "all").score(listed(shuffled[2]), task)
        pd.testing.assert_frame_equal(once, again)
        assert coverage == same


@SOME
@given(PURCHASES, PURCHASES, LISTS)
def test_figures_are_shares(before, window, lists):
    for task in TASKS:
        figures, _ = Evaluation.of(bought(before), bought(window), "all").score(listed(lists), task)
        assert figures.to_numpy().min(initial=0) >= 0
        assert figures.to_numpy().max(initial=0) <= 1 + 1e-12


@SOME
@given(PURCHASES, PURCHASES)
def test_listing_exactly_what_was_bought_is_perfect(before, window):
    ranks = bought(window).drop_duplicates()
    ranks["rank"] = ranks.groupby("customer_id").cumcount() + 1
    for task in TASKS:
        figures, _ = Evaluation.of(bought(before), bought(window), "all").score(ranks, task)
        perfect = figures[["ndcg_at_10", "map_at_12", "hit_at_10", "recall_at_100"]].to_numpy()
        np.testing.assert_allclose(perfect, 1.0)


@SOME
@given(PURCHASES, PURCHASES, LISTS, st.data())
def test_one_more_hit_never_lowers(before, window, lists, data):
    """A label put in place of a SKU that is none."""
    evaluation = Evaluation.of(bought(before), bought(window), "all")
    who, sku = data.draw(st.sampled_from(window))
    named = {(customer, listed_sku) for customer, listed_sku, _ in lists}
    misses = [
        at for at, (customer, other, _) in enumerate(lists) if customer == who and (customer, other) not in window
    ]
    assume((who, sku) not in named)
    assume(misses)
    at = data.draw(st.sampled_from(misses))
    gone = lists[at][1]
    better = [row for row in lists if row[:2] != (who, gone)]
    better.append((who, sku, min(rank for customer, other, rank in lists if (customer, other) == (who, gone))))
    worse, _ = evaluation.score(listed(lists), "all")
    figures, _ = evaluation.score(listed(better), "all")
    assert (figures.loc[who, list(METRICS)] >= worse.loc[who, list(METRICS)] - 1e-12).all()
    assert figures.loc[who, "recall_at_100"] > worse.loc[who, "recall_at_100"]


@SOME
@given(PURCHASES, PURCHASES, LISTS)
def test_other_customers_do_not_matter(before, window, lists):
    """A customer's figures are the same where everybody else's purchases and lists are taken away."""
    figures, _ = Evaluation.of(bought(before), bought(window), "all").score(listed(lists), "new")
    for who in figures.index:
        alone = [[row for row in rows if row[0] == who] for rows in (before, window, lists)]
        mine, _ = Evaluation.of(bought(alone[0]), bought(alone[1]), "all").score(listed(alone[2]), "new")
        pd.testing.assert_frame_equal(mine, figures.loc[[who]])


MANY_SKUS = st.integers(0, 24).map("s{:02d}".format)


def by_hand(before: set[str], window: set[str], ranked: list[tuple[int, str]], task: str) -> list[float]:
    """A customer's figures in the order of METRICS, from the formulas, place by place."""
    labels = window - before if task == "new" else window
    listed_skus = list(dict.fromkeys(sku for _, sku in sorted(ranked)))
    places = [sku for sku in listed_skus if task == "all" or sku not in before]
    is_hit = [sku in labels for sku in places]
    gain = sum(1 / log2(nth + 2) for nth, hit in enumerate(is_hit[:10]) if hit)
    ideal = sum(1 / log2(nth + 2) for nth in range(min(10, len(labels))))
    precision = sum(sum(is_hit[: nth + 1]) / (nth + 1) for nth, hit in enumerate(is_hit[:12]) if hit)
    found = sum(is_hit[:10])
    recalls = found / len(labels), sum(is_hit[:100]) / len(labels)
    return [gain / ideal, recalls[0], float(found > 0), precision / min(12, len(labels)), recalls[1]]


@SOME
@given(
    st.sets(MANY_SKUS, max_size=3),
    st.sets(MANY_SKUS, min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(1, 15), MANY_SKUS), max_size=25),
)
def test_figures_are_those_of_the_formulas_place_by_place(before, window, ranked):
    lists = listed([("ann", sku, rank) for rank, sku in ranked])
    tables = bought([("ann", sku) for sku in before]), bought([("ann", sku) for sku in window])
    for task in TASKS:
        figures, _ = Evaluation.of(*tables, "all").score(lists, task)
        if task == "all" or window - before:
            np.testing.assert_allclose(figures.loc["ann", list(METRICS)], by_hand(before, window, ranked, task))
        else:
            assert figures.empty
