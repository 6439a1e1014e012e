"""Evaluation: its figures are those of the metrics on the lists that are served, its tables hang together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError
from features.facts.facts import Codes, Facts
from features.past import InHand, Past
from features.vector.shopper import Shopper
from tests.helpers.trained import CUTOFF, TrainedShop
from training.recommendations.baselines import BASELINES
from training.recommendations.bulk import recommend_all
from training.recommendations.evaluate import NobodyToJudgeError, evaluate, source_recall
from training.recommendations.metrics.ranking import METRICS, TASKS, Task, per_customer, split
from training.recommendations.record import RANKER

MODELS = {RANKER, *BASELINES}


@pytest.fixture(scope="module")
def halves(trained_shop: TrainedShop) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases before the cutoff, and in the week after it."""
    return split(trained_shop.purchases, CUTOFF, 7)


@pytest.mark.parametrize("task", TASKS)
def test_the_rankers_figures_are_those_of_its_lists(
    trained_shop: TrainedShop, halves: tuple[pd.DataFrame, pd.DataFrame], task: Task
) -> None:
    judged = trained_shop.evaluated
    customers = sorted(set(halves[0]["customer_id"].dropna()) & set(halves[1]["customer_id"].dropna()))
    lists = recommend_all(trained_shop.recommender, customers, 100, new_only=task == "new")
    pd.testing.assert_frame_equal(judged.lists[task], lists)
    figures, coverage = per_customer(lists, *halves, task)
    mine = judged.per_customer[(judged.per_customer["model"] == RANKER) & (judged.per_customer["task"] == task)]
    pd.testing.assert_frame_equal(mine.set_index("customer_id")[list(METRICS)], figures[list(METRICS)])
    for metric in METRICS:
        assert judged.metrics[f"{task}.{metric}"] == pytest.approx(figures[metric].mean(), abs=1e-12)
    assert judged.metrics[f"{task}.coverage_at_10"] == coverage
    assert judged.customers == len(customers)


def test_every_model_is_judged_on_the_same_customers(trained_shop: TrainedShop) -> None:
    table = trained_shop.evaluated.per_customer
    assert list(table.columns) == ["customer_id", *METRICS, "model", "task"]
    for task in TASKS:
        of_task = table[table["task"] == task]
        assert set(of_task["model"]) == MODELS
        customers = {model: rows["customer_id"].tolist() for model, rows in of_task.groupby("model")}
        assert all(each == customers[RANKER] for each in customers.values())


def test_the_comparison_has_a_row_a_model_task_and_metric(trained_shop: TrainedShop) -> None:
    table = trained_shop.evaluated.comparison
    numbers = ["mean", "low", "high", "difference", "difference_low", "difference_high"]
    assert sorted(table.columns) == sorted(["model", "task", "metric", *numbers])
    rows = table.set_index(["model", "task", "metric"])
    assert rows.index.is_unique
    assert set(rows.index) == {(model, task, metric) for model in MODELS for task in TASKS for metric in METRICS}
    assert ((table["low"] <= table["mean"]) & (table["mean"] <= table["high"])).all()
    assert ((table["difference_low"] <= table["difference"]) & (table["difference"] <= table["difference_high"])).all()


def test_a_difference_is_to_the_best_baseline_of_its_task_and_metric(trained_shop: TrainedShop) -> None:
    judged = trained_shop.evaluated
    means = judged.per_customer.groupby(["task", "model"])[list(METRICS)].mean()
    for row in judged.comparison.itertuples():
        of_task = means.loc[row.task][row.metric]
        assert row.mean == pytest.approx(of_task[row.model])
        assert row.difference == pytest.approx(of_task[row.model] - of_task[list(BASELINES)].max())


def test_baselines_are_logged_under_their_names(trained_shop: TrainedShop) -> None:
    metrics = trained_shop.evaluated.metrics
    expected = {
        f"{name}.{task}.{metric}" for name in BASELINES for task in TASKS for metric in (*METRICS, "coverage_at_10")
    }
    expected |= {f"{task}.{metric}" for task in TASKS for metric in (*METRICS, "coverage_at_10")}
    expected |= {f"told.all.{metric}" for metric in METRICS}
    assert metrics.keys() == expected
    assert all(0 <= value <= 1 for value in metrics.values())


def test_baselines_know_the_shop(trained_shop: TrainedShop) -> None:
    """Customers here buy their staples again: frequency must beat popularity, and the ranker learns at least that."""
    metrics = trained_shop.evaluated.metrics
    assert metrics["personal_frequency.all.ndcg_at_10"] > metrics["popularity.all.ndcg_at_10"] + 0.1
    assert metrics["all.ndcg_at_10"] > metrics["popularity.all.ndcg_at_10"] + 0.1


def test_slices_begin_with_everyone(trained_shop: TrainedShop) -> None:
    judged = trained_shop.evaluated
    everyone = judged.slices[judged.slices["slice"] == "everyone"].set_index(["task", "metric"])
    for task in TASKS:
        assert everyone.loc[(task, "ndcg_at_10"), "mean"] == pytest.approx(judged.metrics[f"{task}.ndcg_at_10"])
    assert {"everyone", "labels", "history", "channel", "store_size"} == set(judged.slices["slice"])


def labels_of(shop: TrainedShop, facts: Facts) -> tuple[Codes, Codes]:
    return Past(shop.settings, shop.warehouse, CUTOFF).labels_until(facts, CUTOFF.plus_days(7))


def rejudged(shop: TrainedShop, purchases: pd.DataFrame, folder: Path):
    purchases.to_parquet(folder / "purchases.parquet", index=False)
    in_hand = InHand({CUTOFF: folder / "purchases.parquet"}, folder)
    return evaluate(shop.recommender, Past(shop.settings, shop.warehouse, CUTOFF, in_hand=in_hand), 7)


def test_where_nobody_finds_anything_new_there_is_only_one_task(
    trained_shop: TrainedShop, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    before, window = halves
    own = set(zip(before["customer_id"], before["sku"], strict=True))
    repeats = window[[pair in own for pair in zip(window["customer_id"], window["sku"], strict=True)]]
    judged = rejudged(trained_shop, pd.concat([before, repeats]), tmp_path)
    assert judged.lists.keys() == {"all"}
    for table in (judged.comparison, judged.slices, judged.per_customer):
        assert set(table["task"]) == {"all"}
    assert not any("new." in name for name in judged.metrics)
    assert not judged.comparison.isna().to_numpy().any()


def test_a_customer_whose_past_arrived_after_the_training_is_not_judged(
    trained_shop: TrainedShop, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    late = [half.assign(customer_id=half["customer_id"].replace("c-003", "latecomer")) for half in halves]
    assert all("latecomer" in set(half["customer_id"]) for half in late)
    judged = rejudged(trained_shop, pd.concat(late), tmp_path)
    assert judged.customers == trained_shop.evaluated.customers - 1
    assert not {"latecomer", "c-003"} & set(judged.per_customer["customer_id"])


@pytest.mark.parametrize("window", ["nobody bought", "only strangers bought"])
def test_nobody_to_judge_is_told(
    trained_shop: TrainedShop, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path, window: str
) -> None:
    before, after = halves
    after = after.head(0) if window == "nobody bought" else after.assign(customer_id="stranger")
    with pytest.raises(
        NobodyToJudgeError, match=r"Nobody who bought before 2025-05-18T00:00:00 .* Next: choose"
    ) as told:
        rejudged(trained_shop, pd.concat([before, after]), tmp_path)
    assert isinstance(told.value, DataError)


def test_source_recall_by_counting(trained_shop: TrainedShop, halves: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    bundle = trained_shop.bundle
    facts, candidates = bundle.facts, bundle.candidates
    before, window = halves
    own = before.dropna(subset="customer_id").groupby("customer_id")["sku"].agg(set)
    labels = window.dropna(subset="customer_id").groupby("customer_id")["sku"].agg(set)
    labels = labels[labels.index.isin(own.index)]
    found = source_recall(
        facts,
        candidates,
        labels_of(trained_shop, facts),
    )
    for task in TASKS:
        wanted = labels if task == "all" else pd.Series({who: skus - own[who] for who, skus in labels.items()})
        offers: dict[str, list[tuple[str, str]]] = {name: [] for name in ("pool", *candidates.sources)}
        for customer in labels.index:
            code = facts.customers.code(customer)
            codes, scores = candidates.of(Shopper(code, int(facts.home_store[code])))
            for sku, row in zip((facts.skus.text(int(each)) for each in codes), scores, strict=True):
                if task == "all" or sku not in own[customer]:
                    offers["pool"].append((customer, sku))
                    for name, score in zip(candidates.sources, row, strict=True):
                        offers[name] += [(customer, sku)] if score > 0 else []
        asked = {(customer, sku) for customer, skus in wanted.items() for sku in skus}
        rows = found[found["task"] == task].set_index("source")
        assert list(rows.index) == ["pool", *candidates.sources]
        for name, pairs in offers.items():
            assert rows.loc[name, "recall"] == pytest.approx(len(asked & set(pairs)) / len(asked))
            assert rows.loc[name, "share"] == pytest.approx(len(pairs) / len(offers["pool"]))
            assert rows.loc[name, "depth"] == pytest.approx(len(pairs) / len(labels))


def test_source_recall_of_no_labels_is_nothing_found(trained_shop: TrainedShop) -> None:
    none = np.zeros(0, dtype=np.int32)
    found = source_recall(trained_shop.bundle.facts, trained_shop.bundle.candidates, (none, none))
    assert len(found) == 2 * (1 + len(trained_shop.bundle.candidates.sources))
    assert not found[["recall", "share", "depth"]].to_numpy().any()
