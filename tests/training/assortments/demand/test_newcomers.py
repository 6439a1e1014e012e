"""SKUs without history: attributes tell what they may sell, and an interval how surely."""

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError
from tests.helpers.demand_panels import CUTOFF, panel_of
from training.assortments.demand.newcomers import newcomers

BRANDS = {"Leaf": 8.0, "Bean": 2.0}


def category(skus: int = 24, weeks: int = 20, noise: float = 0.2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A panel of SKUs in two stores, the second twice the first, and their descriptions; Leaf sells four times Bean."""
    rng = np.random.default_rng(3)
    brand = [("Leaf", "Bean")[nth % 2] for nth in range(skus)]
    rate = np.array([BRANDS[name] for name in brand]) * np.exp(rng.normal(0, noise, skus))
    parts = []
    for store, level in (("s1", 2 / 3), ("s2", 4 / 3)):
        part = panel_of(rng.poisson(rate[:, None] * level, (skus, weeks)), one_store=True)
        parts.append(part.assign(store_id=store))
    described = pd.DataFrame({"sku": [f"{nth:03}" for nth in range(skus)], "brand": brand, "pack": "6 x 33 cl"})
    return pd.concat(parts, ignore_index=True), described


def test_a_newcomer_sells_like_its_brand_and_its_store() -> None:
    panel, described = category()
    new = pd.DataFrame({"sku": ["new"], "brand": ["Leaf"], "pack": ["6 x 33 cl"], "list_price": [2.0]})
    made = newcomers(panel, CUTOFF, described).forecast(new)
    assert made["store_id"].tolist() == ["s1", "s2"]
    assert made["mean"].to_numpy() == pytest.approx([8 * 2 / 3, 8 * 4 / 3], rel=0.25)
    assert (made["p10"] < made["p50"]).all()
    assert (made["p50"] < made["p90"]).all()


def test_intervals_hold_for_skus_that_were_left_out() -> None:
    panel, described = category(skus=60, noise=0.5)
    is_new = described.index % 3 == 0
    learned = newcomers(panel[~panel["sku"].isin(described[is_new]["sku"])], CUTOFF, described[~is_new])
    made = learned.forecast(described[is_new].assign(list_price=2.0))
    came = panel.groupby(["store_id", "sku"])["units"].mean().reset_index()
    both = made.merge(came, on=["store_id", "sku"])
    covered = both["units"].between(both["p10"], both["p90"]).mean()
    assert 0.6 <= covered <= 0.95
    assert both["mean"].sum() == pytest.approx(both["units"].sum(), rel=0.2)


def test_a_newcomer_of_an_unknown_brand_is_an_average_one() -> None:
    panel, described = category()
    learned = newcomers(panel, CUTOFF, described)
    stranger = learned.forecast(pd.DataFrame({"sku": ["new"], "brand": ["Other"]}))
    assert stranger["mean"].between(1, 9).all()


def test_too_few_skus_to_compare_with() -> None:
    panel, described = category(skus=3)
    with pytest.raises(DataError, match="3 SKUs of the category"):
        newcomers(panel, CUTOFF, described)
    panel, described = category()
    with pytest.raises(DataError, match="0 of 24 SKUs are described"):
        newcomers(panel, CUTOFF, described.assign(sku="x"))
