"""Figures that can be worked out by hand."""

from math import log2

import numpy as np
import pandas as pd
import pytest

from features.clock import Cutoff
from training.recommendations.metrics.ranking import METRICS, Evaluation, per_customer, split

CUTOFF = Cutoff.parse("2026-02-01")


def purchases(*rows: tuple[str | None, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "sku", "bought_at"])
    return table.assign(bought_at=pd.to_datetime(table["bought_at"], format="ISO8601"))


def lists(**skus: str) -> pd.DataFrame:
    """Lists written as words: ann="milk tea" puts milk first."""
    rows = [(who, sku, rank) for who, line in skus.items() for rank, sku in enumerate(line.split(), start=1)]
    return pd.DataFrame(rows, columns=["customer_id", "sku", "rank"]).astype({"customer_id": "str", "sku": "str"})


@pytest.fixture
def tables():
    """Ann knows milk and tea, and buys milk and rice; Bob knows tea and buys it; Cat is new; Dan stays away."""
    return split(
        purchases(
            ("ann", "milk", "2026-01-03"),
            ("ann", "tea", "2026-01-04"),
            ("bob", "tea", "2026-01-31 23:59:59.999999"),
            ("dan", "figs", "2026-01-10"),
            (None, "salt", "2026-01-10"),
            ("ann", "milk", "2026-02-01"),
            ("ann", "milk", "2026-02-02"),
            ("ann", "rice", "2026-02-02"),
            ("bob", "tea", "2026-02-07 23:59:59.999999"),
            ("cat", "tea", "2026-02-03"),
            (None, "tea", "2026-02-03"),
            ("bob", "rice", "2026-02-08"),
        ),
        CUTOFF,
        window_days=7,
    )


def test_the_window_includes_its_start_and_excludes_its_end(tables):
    before, window = tables
    assert len(before) == 5
    assert len(window) == 6


def test_figures_of_one_list(tables):
    figures, coverage = per_customer(lists(ann="tea milk salt rice", bob="milk tea"), *tables)
    ann, bob = figures.loc["ann"], figures.loc["bob"]
    ideal = 1 + 1 / log2(3)
    assert ann["ndcg_at_10"] == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)
    assert ann["map_at_12"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert ann["recall_at_10"] == 1
    assert bob["ndcg_at_10"] == pytest.approx(1 / log2(3))
    assert bob["map_at_12"] == pytest.approx(1 / 2)
    assert coverage == 4 / 4, "milk, tea, salt, rice are shown; milk, tea, figs, salt were sold"


def test_task_new_takes_bought_skus_out_before_it_counts_places(tables):
    figures, coverage = per_customer(lists(ann="tea milk rice", bob="rice"), *tables, task="new")
    assert figures.index.tolist() == ["ann"], "Bob buys nothing new within the window"
    assert figures.loc["ann"].tolist() == [1.0] * len(METRICS)
    assert coverage == 1 / 4


@pytest.mark.parametrize(
    ("customers", "judged"), [("warm", ["ann", "bob"]), ("cold", ["cat"]), ("all", ["ann", "bob", "cat"])]
)
def test_customers_by_what_is_known_of_them(tables, customers, judged):
    figures, _ = per_customer(lists(cat="tea"), *tables, customers=customers)
    assert figures.index.tolist() == judged
    assert figures["hit_at_10"].tolist() == [float(who == "cat") for who in judged]


def test_a_customer_without_a_list_scores_zero(tables):
    figures, coverage = per_customer(lists(stranger="milk"), *tables)
    assert (figures.to_numpy() == 0).all()
    assert figures.shape == (2, len(METRICS))
    assert coverage == 0


def test_ties_go_by_sku_and_of_duplicates_the_better_rank_counts(tables):
    tied = pd.DataFrame(
        [("ann", "tea", 1), ("ann", "rice", 1), ("ann", "milk", 9), ("ann", "milk", 1)],
        columns=["customer_id", "sku", "rank"],
    )
    figures, _ = per_customer(tied, *tables)
    assert figures.loc["ann", "ndcg_at_10"] == pytest.approx(1.0), "milk, rice, tea: both hits come first"


def test_places_beyond_a_hundred_are_not_read(tables):
    fillers = " ".join(f"x{n:03d}" for n in range(100))
    figures, _ = per_customer(lists(ann=f"{fillers} milk", bob=f"{fillers[5:]} tea"), *tables)
    assert figures["recall_at_100"].tolist() == [0, 1]


def many(labels: int, listed: str) -> pd.Series:
    """Figures of a customer who buys SKUs s01, s02, … once each and gets a list of words."""
    window = purchases(*(("ann", f"s{nth:02d}", "2026-02-01") for nth in range(1, labels + 1)))
    figures, _ = per_customer(lists(ann=listed), window.iloc[:0], window, customers="cold")
    return figures.loc["ann"]


def hits(count: int, start: int = 1) -> str:
    return " ".join(f"s{nth:02d}" for nth in range(start, start + count))


@pytest.mark.parametrize(("labels", "divisor"), [(11, 11), (12, 12), (13, 12), (20, 12)])
def test_a_precision_is_divided_by_the_labels_and_by_twelve_at_the_most(labels, divisor):
    assert many(labels, "s01")["map_at_12"] == pytest.approx(1 / divisor)
    assert many(labels, hits(min(labels, 12)))["map_at_12"] == pytest.approx(1.0)


def test_the_twelfth_place_counts_for_the_precision_and_the_thirteenth_does_not():
    eleven = " ".join(f"x{nth}" for nth in range(11))
    assert many(1, f"{eleven} s01")["map_at_12"] == pytest.approx(1 / 12)
    assert many(1, f"{eleven} x11 s01")["map_at_12"] == 0


@pytest.mark.parametrize("labels", [9, 10, 11, 20])
def test_the_perfect_list_has_the_labels_and_ten_at_the_most(labels):
    ideal = sum(1 / log2(place + 1) for place in range(1, min(labels, 10) + 1))
    assert many(labels, "s01")["ndcg_at_10"] == pytest.approx(1 / ideal)
    assert many(labels, hits(labels))["ndcg_at_10"] == pytest.approx(1.0)
    assert many(labels, hits(labels))["recall_at_10"] == pytest.approx(min(labels, 10) / labels)
    assert many(labels, hits(labels - 1))["recall_at_100"] == pytest.approx((labels - 1) / labels)


def test_the_tenth_place_counts_for_what_is_at_ten_and_the_eleventh_does_not():
    nine = " ".join(f"x{nth}" for nth in range(9))
    tenth, eleventh = many(1, f"{nine} s01"), many(1, f"{nine} x9 s01")
    at_ten = ["ndcg_at_10", "recall_at_10", "hit_at_10", "recall_at_100"]
    assert tenth[at_ten].tolist() == pytest.approx([1 / log2(11), 1, 1, 1])
    assert eleventh[at_ten].tolist() == [0, 0, 0, 1]


def test_the_hundredth_place_is_read_and_the_next_is_not():
    fillers = " ".join(f"x{nth:03d}" for nth in range(99))
    assert many(1, f"{fillers} s01")["recall_at_100"] == 1
    assert many(1, f"{fillers} x099 s01")["recall_at_100"] == 0


def test_coverage_looks_at_ten_places_of_judged_customers(tables):
    before, window = tables
    nine = " ".join(f"x{nth}" for nth in range(9))
    for line, shown in ((nine, 9), (f"{nine} milk", 10), (f"{nine} milk tea", 10)):
        assert per_customer(lists(ann=line), before, window)[1] == shown / 4
    _, coverage = per_customer(lists(ann="rice", bob="figs", stranger="salt"), before, window, task="new")
    assert coverage == 1 / 4, "Bob is not judged in this task, and nobody knows the stranger"


def test_strangers_change_nobodys_figures(tables):
    figures, coverage = per_customer(lists(stranger="milk tea", ann="milk rice"), *tables)
    assert figures.loc["ann", "ndcg_at_10"] == pytest.approx(1.0)
    assert coverage == 2 / 4


def test_one_sku_and_several_customers():
    window = purchases(*((who, "milk", "2026-02-01") for who in ("ann", "bob", "cat")))
    evaluation = Evaluation.of(window.iloc[:0], window, "all")
    assert (evaluation.customer.tolist(), evaluation.sku.tolist()) == ([0, 1, 2], [0, 0, 0])
    figures, _ = evaluation.score(lists(bob="milk", cat="tea milk"), "all")
    assert figures["map_at_12"].to_dict() == {"ann": 0, "bob": 1, "cat": 1 / 2}


def test_labels_know_their_customer_and_sku(tables):
    evaluation = Evaluation.of(*tables, "all")
    named = zip(evaluation.customers[evaluation.customer], evaluation.skus[evaluation.sku], strict=True)
    assert set(named) == {("ann", "milk"), ("ann", "rice"), ("bob", "tea"), ("cat", "tea")}


def test_many_customers_with_few_skus_keep_their_own_lists(tables):
    read = Evaluation.of(*tables, "all").read(lists(ann="tea", bob="tea", cat="milk figs x"), "all")
    assert read.customer.tolist() == [0, 1, 2, 2, 2]
    assert read.place.tolist() == [1, 1, 1, 2, 3]
    assert (read.pair == -1).tolist() == [False, False, False, False, True], "nobody ever bought x"
    two = Evaluation.of(*tables, "all").read(lists(ann="tea", cat="milk"), "all")
    assert two.customer.tolist() == [0, 2]


def test_nobody_to_judge(tables):
    before, window = tables
    figures, coverage = Evaluation.of(before, window.iloc[:0]).score(lists(ann="milk tea", bob="salt"), "all")
    assert figures.empty
    assert list(figures.columns) == list(METRICS)
    assert coverage == 0


def test_without_a_past_coverage_is_unknown(tables):
    before, window = tables
    figures, coverage = Evaluation.of(before.iloc[:0], window, "cold").score(lists(ann="milk"), "all")
    assert figures.index.tolist() == ["ann", "bob", "cat"]
    assert np.isnan(coverage)
