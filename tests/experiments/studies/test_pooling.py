"""What pooling adds, worked by hand: figures of a list, lifts by history, and what the headline says of them."""

import math

import pandas as pd
import pytest

from experiments.studies import pooling
from experiments.studies.pooling import ARMS, NDCG, RECALL, compare, headline, judge
from experiments.studies.pooling_figure import figure
from features.errors import DataError

ASKED = pd.DataFrame({"person": [1, 1, 2], "channel": ["web", "store", "web"], "history": ["both channels"] * 3})
TARGETS = pd.DataFrame(
    [(1, "web", "tea"), (1, "web", "milk"), (1, "store", "ale"), (2, "web", "tea"), (3, "web", "gin")],
    columns=["person", "channel", "sku"],
)


def test_a_list_is_judged_by_what_was_bought_in_its_channel():
    judged = judge(ASKED, TARGETS, {"one": [["ale", "milk"], ["tea", "ale"], ["tea"]], "other": [[], [], ["x"] * 3]})
    one = judged[judged["arm"] == "one"]
    best_of_two = 1 + 1 / math.log2(3)
    assert one[NDCG].tolist() == pytest.approx([1 / math.log2(3) / best_of_two, 1 / math.log2(3), 1])
    assert one[RECALL].tolist() == [0.5, 1, 1]
    assert judged[judged["arm"] == "other"][[NDCG, RECALL]].to_numpy().sum() == 0


def test_ndcg_reads_ten_places_and_recall_twenty():
    skus = [f"s{nth}" for nth in range(30)]
    targets = pd.DataFrame({"person": 2, "channel": "web", "sku": [*skus[10:20], skus[25]]})
    judged = judge(ASKED.tail(1).reset_index(drop=True), targets, {"one": [skus]})
    assert judged[[NDCG, RECALL]].iloc[0].tolist() == [0, 10 / 11]


def judged(levels, people=30):
    """Everybody of an arm has its level of both metrics, online; the last third had used one channel."""
    histories = ["both channels"] * (people - people // 3) + ["one channel"] * (people // 3)
    return pd.concat(
        pd.DataFrame(
            {"person": range(people), "channel": "web", "history": histories, "arm": arm, NDCG: at, RECALL: at}
        )
        for arm, at in levels.items()
    )


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(pooling, "FEWEST", 5)


LEVELS = dict(zip(ARMS, (0.1, 0.2, 0.25, 0.3, 0.35), strict=True))


def test_a_lift_is_over_what_the_channel_does_alone(few):
    compared = compare(judged(LEVELS))
    told = compared.set_index(["history", "arm", "metric"])
    assert set(compared["history"]) == {"everybody", "both channels", "one channel"}
    assert told.loc[("everybody", "both, resolved", NDCG), ["mean", "lift", "people"]].tolist() == pytest.approx(
        [0.3, 0.1, 30]
    )
    assert told.loc[("one channel", "online only", RECALL), ["lift", "lift_low", "lift_high"]].tolist() == [0, 0, 0]
    (axes,) = figure(compared).axes
    assert axes.get_ylim()[1] >= compared["high"].max()


@pytest.mark.parametrize(("resolved", "words"), [(0.3, "pooling helps"), (0.2, "no lift is shown"), (0.1, "hurts")])
def test_the_headline_says_what_the_interval_says(few, resolved, words):
    said = headline(compare(judged(LEVELS | {"both, resolved": resolved})))
    assert words in said
    assert said.startswith("Online targets: NDCG@10 0.200 alone")


def test_too_few_people_are_told():
    with pytest.raises(DataError, match="Fewer than 10 people"):
        compare(judged(LEVELS, people=9))
