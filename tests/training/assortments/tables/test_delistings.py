"""Real removals on the Evidence screen, on a tiny shop that stopped to sell a tea."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from features.clock import Cutoff
from features.past import Past
from tests.helpers.pasts import past_of
from training.assortments.choice.transfer import Transfer
from training.assortments.stages.scope import Scope
from training.assortments.tables.delistings import TOO_FEW, tables

MONDAY = pd.Timestamp("2017-01-02 12:00")
SKUS = pd.DataFrame(
    [("gone", "Tea, 6 oz, maker 1", "M1"), ("kept", "Tea, 8 oz, maker 2", "M2")], columns=["sku", "name", "brand"]
).assign(department="GROCERY", category="TEA", subcategory="BLACK", pack=None)
CHAIN = Transfer(np.array([3.0, 1.0]), np.zeros((2, 2)), np.array([0.2, 0.6]))
SCOPE = Scope(
    "TEA", Cutoff(datetime(2017, 11, 6)), SKUS, pd.DataFrame(), pd.DataFrame(), np.zeros((0, 2), dtype=bool),
    np.zeros((0, 2), dtype=np.int64), (), 0.0, counted=False,
)  # fmt: skip


def shop(folder, moves_on, weeks=40, cutoff=SCOPE.cutoff) -> Past:
    """Fourteen households buy `gone` until week 20; then `moves_on` of them buy `kept`, and the rest other things."""
    rows = [
        (f"h{nth}", week, "gone" if week <= 20 else "kept" if nth < moves_on else "bread")
        for week in range(1, weeks + 1)
        for nth in range(14)
    ]
    rows += [(f"o{nth}", week, "kept") for week in range(1, weeks + 1) for nth in range(14)]
    lines = pd.DataFrame(rows, columns=["customer_id", "week", "sku"]).reset_index(names="basket_id")
    lines = lines.assign(line=1, store_id="north", units=1.0, paid=2.5, basket_id=lines["basket_id"].astype(str))
    lines["bought_at"] = MONDAY + pd.to_timedelta(7 * (lines["week"] - 1), unit="D")
    bread = SKUS.iloc[[1]].assign(sku="bread", name="Bread", brand="B", category="BREAD", subcategory="SLICED")
    promoted = pd.DataFrame({"sku": ["kept"], "store_id": ["north"], "from": [MONDAY.normalize()]})
    tables = {"purchases": lines, "skus": pd.concat([SKUS, bread]), "promotions": promoted}
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return past_of(folder, cutoff)


def test_all_of_its_demand_stayed(tmp_path):
    (row,) = tables(shop(tmp_path, 14), SCOPE, CHAIN).tables["removals"].to_dict("records")
    assert (row["sku"], row["gone_on"], row["buyers"]) == ("gone", "2017-05-22", 14)
    assert (row["observed_percent"], row["low_percent"], row["high_percent"]) == (100, 100, 100)
    assert row["predicted_percent"] == pytest.approx(70)  # walks: 0.2 of three quarters of demand, 0.6 of the rest
    assert row["note"] == "More stayed than the plan assumes."


def test_too_few_stayed_to_conclude(tmp_path):
    (row,) = tables(shop(tmp_path, 1), SCOPE, CHAIN).tables["removals"].to_dict("records")
    assert row["low_percent"] <= 0 < row["high_percent"]
    assert row["note"] == TOO_FEW


def test_what_ended_after_the_cutoff_is_not_seen(tmp_path):
    early = replace(SCOPE, cutoff=Cutoff(datetime(2017, 7, 1)))
    part = tables(shop(tmp_path, 14, cutoff=early.cutoff), early, CHAIN)
    assert not part.tables
    assert part.missing["removals"].startswith("No SKU of this category ended its sales sharply")


def test_a_short_history_says_so(tmp_path):
    assert "delistings need 24" in tables(shop(tmp_path, 14, weeks=12), SCOPE, CHAIN).missing["removals"]
