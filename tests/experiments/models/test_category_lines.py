"""Reading a category from a warehouse, and delistings by their rules, on a tiny shop written as one."""

import json
from datetime import datetime

import pandas as pd
import pytest

from experiments.models.category_lines import NO_WORD, read
from features.errors import DataError
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import SCHEMA
from training.assortments.choice.delistings import REASONS, DelistingRule, delistings, diversion

MONDAY = pd.Timestamp("2017-01-02 12:00")
BEGIN = datetime(2017, 1, 2)
SKUS = pd.DataFrame(
    [
        ("gone", "Tea, 6 oz, maker 1", "M1", "TEA", "BLACK"),
        ("kept", "Tea, 8 oz, maker 2", "M2", "TEA", "BLACK"),
        ("swapped", "Tea, maker 3", "M3", "TEA", "GREEN"),
        ("barcode", "Tea, 6 oz, maker 3", "M3", "TEA", "GREEN"),
    ],
    columns=["sku", "name", "brand", "category", "subcategory"],
).assign(department="GROCERY", pack=None)


def warehouse(folder, rows) -> Settings:
    """(customer, week, sku) as a loaded warehouse; every row is a basket of its own with one unit for 2.50."""
    lines = pd.DataFrame(rows, columns=["customer_id", "week", "sku"]).reset_index(names="basket_id")
    lines = lines.assign(line=1, store_id="north", units=1.0, paid=2.5, basket_id=lines["basket_id"].astype(str))
    lines["bought_at"] = MONDAY + pd.to_timedelta(7 * (lines["week"] - 1), unit="D")
    told = pd.DataFrame(
        {"sku": ["kept"], "store_id": ["north"], "from": [MONDAY.normalize()], "display": ["1"], "mailer": [None]}
    )
    place = folder / "warehouse" / "tiny"
    place.mkdir(parents=True)
    for name, table in (("purchases", lines), ("skus", SKUS), ("promotions", told.astype({"mailer": "str"}))):
        table.to_parquet(place / f"{name}.parquet", index=False)
    manifest = {"schema": SCHEMA, "rows": {"purchases": len(lines)}, "last": str(lines["bought_at"].max())}
    (place / "manifest.json").write_text(json.dumps(manifest))
    (folder / "warehouse" / "current").write_text("tiny")
    return Settings(work=folder, threads=1)


def _rows():
    """Twelve households buy `gone` and `swapped` until week 12, one after the other, then `kept` and `barcode`."""
    rows = []
    for week in range(1, 25):
        for nth in range(12):
            rows.append((f"h{nth}", week, "gone" if week <= 12 else "kept"))
            rows.append((f"h{nth}", week, "swapped" if week <= 12 else "barcode"))
        rows += [(f"o{nth}", week, "kept") for nth in range(12)]
    return rows


RULE = DelistingRule(BEGIN, ("GROCERY",), window_weeks=4, silent_weeks=4)


def test_a_category_is_read(tmp_path):
    found = read(Past.to_date(warehouse(tmp_path, _rows())), "GROCERY", ["TEA"], BEGIN, 10)["TEA"]
    assert found.lines["week"].tolist()[:3] == [1, 1, 1]
    assert found.lines["week"].max() == 24
    assert set(found.lines["unit_price"]) == {2.5}
    assert found.promotions["week"].tolist() == [1]
    assert found.skus.loc["gone"].tolist() == ["M1", "6 oz", "BLACK"]
    assert found.skus.loc["swapped", "size"] == NO_WORD
    assert found.stores.tolist() == ["north"]


def test_a_category_that_nobody_bought_is_told(tmp_path):
    with pytest.raises(DataError, match="category 'COFFEE' of 'GROCERY'"):
        read(Past.to_date(warehouse(tmp_path, _rows())), "GROCERY", ["COFFEE"], BEGIN, 10)


def test_a_delisting_and_a_new_barcode_are_told_apart(tmp_path):
    found = delistings(Past.to_date(warehouse(tmp_path, _rows())), RULE)
    told = found.registry.set_index("sku")
    assert told["reason"].to_dict() == {"gone": REASONS[3], "swapped": REASONS[2]}
    assert told.loc["gone", ["last_week", "repeat_buyers", "continuing_buyers"]].tolist() == [12, 12, 12]


def test_all_that_was_lost_moved(tmp_path):
    found = delistings(Past.to_date(warehouse(tmp_path, _rows())), RULE)
    moved = diversion(found, "gone", RULE, resamples=100, seed=0)
    # each household bought one `gone` and one `swapped` a week, then one `kept` and one `barcode`
    assert (moved.buyers, moved.lines_before) == (12, 48)
    assert (moved.to_category, moved.low, moved.high) == pytest.approx((1.0, 1.0, 1.0))


def test_buyers_who_left_make_no_delisting(tmp_path):
    rows = [row for row in _rows() if row[1] <= 12 or row[0].startswith("o")]
    told = delistings(Past.to_date(warehouse(tmp_path, rows)), RULE).registry.set_index("sku")
    assert told.loc["gone", "reason"] == REASONS[1]


def test_a_short_history_is_told(tmp_path):
    with pytest.raises(DataError, match="8 weeks; delistings need 12"):
        delistings(Past.to_date(warehouse(tmp_path, [row for row in _rows() if row[1] <= 8])), RULE)
