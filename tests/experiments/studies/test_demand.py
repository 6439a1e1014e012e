"""The two studies of demand, made small: they answer, and tell figures, pictures and goals."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from experiments.definition import Definition
from experiments.planted_demand import Plan, planted
from experiments.studies import censoring, demand
from features.settings import Settings
from tests.helpers.demand_panels import CUTOFF
from tests.helpers.loads import RECEIPTS, load

ENDS = datetime(2025, 6, 1)


def heard(_: str) -> None:
    """Nobody listens."""


def test_planted_shops_have_the_stock_outs_and_the_demand_that_was_planned() -> None:
    shop = planted(Plan(stores=10, skus=10, weeks=40, undelivered=0.25, cover=0), CUTOFF)
    assert abs(shop.out_share - 0.25) < 0.04
    assert abs(shop.demand.sum() / shop.expected.sum() - 1) < 0.03
    assert (shop.panel["units"] <= shop.demand).all()
    again = planted(Plan(stores=10, skus=10, weeks=40, undelivered=0.25, cover=0), CUTOFF)
    assert np.array_equal(shop.demand, again.demand)


def test_a_shopper_who_takes_another_sku_is_sold_something() -> None:
    walks, takes = (
        planted(Plan(stores=4, skus=5, weeks=20, undelivered=0.3, cover=0, outside_share=share), CUTOFF)
        for share in (1.0, 0.2)
    )
    assert takes.panel["units"].sum() / takes.demand.sum() > walks.panel["units"].sum() / walks.demand.sum() + 0.1


def test_censoring() -> None:
    small = ("stores=3", "skus=4", "weeks=30", "seeds=1", "horizon_weeks=2")
    definition = Definition.load("censoring").with_params(small)
    found = censoring.study(Settings(threads=1), definition.params, heard)
    assert [goal.name for goal in found.goals] == ["bias of primary demand", "80 % intervals cover"]
    assert len(found.tables["recovered"]) == 7
    assert {"forecast_against_truth", "coverage"} == set(found.figures)
    assert 0 < found.metrics["out_of_stock"] < 0.5


def test_demand(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["receipt_id,line,store_id,sku,sold_at,units,paid"]
    for week in range(30):
        for store in range(3):
            for sku in range(3):
                at = ENDS - timedelta(days=7 * week + 1 + sku)
                units = rng.poisson(3 + sku)
                lines += [f"{week}-{store}-{sku},1,s{store},sku{sku},{at.isoformat()},{units},{2 * units}"] * (
                    units > 0
                )
    skus = "sku,category_path\n" + "\n".join(f"sku{nth},Food > Tea" for nth in range(3))
    settings = Settings(work=tmp_path / "work", threads=1)
    mapping = RECEIPTS + '\n[skus]\nfiles = "skus.csv"\n'
    load(settings, mapping, {"receipts.csv": "\n".join(lines), "skus.csv": skus})
    chosen = ("categories=Tea", "cutoffs=1", "horizon_weeks=2", f'ends="{ENDS.isoformat()}"', "stores=2")
    found = demand.study(settings, Definition.load("demand").with_params(chosen).params, heard)
    assert set(found.tables["sums"]["model"]) == {"model", "moving average", "seasonal naive", "AutoETS"}
    assert found.tables["store_SKU_weeks"]["weeks"].tolist() == [12, 12, 12]
    assert set(found.tables["by_store_tier"]["tier"]) <= {"small", "middle", "large"}
    assert all(np.isfinite(value) for value in found.metrics.values())
    simple = [found.metrics[f"category.{name}.wmape"] for name in ("AutoETS", "moving_average", "seasonal_naive")]
    assert found.goals[-1].is_met == (found.metrics["category.model.wmape"] <= min(simple))
    assert abs(found.metrics["category.model.bias"]) < 0.5
