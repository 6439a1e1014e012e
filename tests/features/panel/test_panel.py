"""The panel: tiny tables worked by hand, and what happens where tables are missing."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.clock import Cutoff
from features.errors import DataError
from features.panel.panel import COLUMNS, panel
from tests.helpers.pasts import past_of

CUTOFF = Cutoff(datetime(2025, 3, 3))


def day(days_before: float) -> datetime:
    return CUTOFF.at - timedelta(days=days_before)


def purchase(store: str | None, sku: str, days_before: float, units: float = 1, **more: object) -> dict[str, object]:
    basket = f"store:{store}-{sku}-{days_before}"
    row = {"basket_id": basket, "line": 1, "channel": "store", "store_id": store, "sku": sku, "units": units}
    return row | {"bought_at": day(days_before), "paid": 2.0 * units, "list_price": 2.5, "party": "own"} | more


PURCHASES = [
    purchase("s1", "tea", 28),
    purchase("s1", "tea", 20, 3, paid=4.5),
    purchase("s1", "tea", 1),
    purchase("s2", "tea", 13, 2),
    purchase("s1", "gin", 10),
    purchase(None, "tea", 10, 9),
    purchase("s1", "tea", -1, 50),
]
SKUS = [{"sku": "tea", "category": "Hot drinks"}, {"sku": "gin", "category": "Spirits"}]


def write(folder: Path, **tables: list[dict[str, object]]) -> Path:
    for name, rows in ({"purchases": PURCHASES, "skus": SKUS} | tables).items():
        frame = pd.DataFrame(rows)
        for column in frame.select_dtypes("datetime"):
            frame[column] = frame[column].astype("datetime64[us]")
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def made(folder: Path, cutoff: Cutoff = CUTOFF, **more: object) -> pd.DataFrame:
    table = panel(past_of(folder, cutoff), **({"category": "Hot drinks"} | more))
    assert tuple(table.columns) == COLUMNS
    return table.astype({"store_id": object, "sku": object, "event": object})


def of(table: pd.DataFrame, column: str, store: str = "s1") -> list[object]:
    values = table[table["store_id"] == store][column]
    return [None if pd.isna(value) else pytest.approx(value) if isinstance(value, float) else value for value in values]


def test_weeks_end_at_the_cutoff_and_begin_with_the_first_sale(tmp_path: Path) -> None:
    table = made(write(tmp_path))
    assert of(table, "units") == [1, 3, 0, 1]
    assert of(table, "units", "s2") == [2, 0]
    assert of(table, "week") == [pd.Timestamp(day(28 - 7 * nth)) for nth in range(4)]
    assert set(table["sku"]) == {"tea"}


def test_what_nobody_brought_is_not_known(tmp_path: Path) -> None:
    table = made(write(tmp_path))
    assert table["available_share"].isna().all()
    assert table["event"].isna().all()
    assert table["is_listed"].all()
    assert not table[["display", "mailer"]].to_numpy().any()


def test_prices_are_what_was_paid_then_elsewhere_then_the_last_one(tmp_path: Path) -> None:
    table = made(write(tmp_path))
    assert of(table, "price") == [2.0, 1.5, 2.0, 2.0]  # the third: paid in s2 that week
    assert of(table, "list_price") == [2.5, 2.5, 2.5, 2.5]


def test_without_any_price(tmp_path: Path) -> None:
    rows = [row | {"paid": None, "list_price": None} for row in PURCHASES]
    frame = pd.DataFrame(rows).astype({"paid": float, "list_price": float})
    table = made(write(tmp_path, purchases=frame.to_dict("records")))
    assert table[["price", "list_price"]].isna().all(axis=None)


def test_returns_count_once_they_are_known(tmp_path: Path) -> None:
    back = {"basket_id": "store:s1-tea-20", "line": 1, "units": 2.0, "paid": 3.0, "sku": "tea", "store_id": "s1"}
    folder = write(tmp_path, returns=[back | {"returned_at": day(3)}])
    assert of(made(folder), "units") == [1, 1, 0, 1]
    assert of(made(folder, Cutoff(day(7))), "units") == [1, 3, 0]


def test_stock_is_the_share_of_the_week_with_units_on_hand(tmp_path: Path) -> None:
    counts = [(21, 5), (17.5, 0), (14, 8), (3.5, 0)]
    stock = [{"party": "own", "store_id": "s1", "sku": "tea", "as_of": day(at), "units": float(n)} for at, n in counts]
    table = made(write(tmp_path, stock=stock))
    assert of(table, "available_share") == [None, 0.5, 1.0, 0.5]
    assert of(table, "available_share", "s2") == [None, None]


def test_promotions_of_a_store_and_of_all_and_those_of_the_web(tmp_path: Path) -> None:
    def shown(store: str | None, begins: float, ends: float, **more: object) -> dict[str, object]:
        row = {"party": "own", "sku": "tea", "store_id": store, "channel": None, "from": day(begins), "to": day(ends)}
        return row | {"price": None, "display": None, "mailer": None, "depth": None} | more

    rows = [
        shown("s1", 21, 14, display="end"),
        shown(None, 10.5, 7, mailer="page 1"),
        shown(None, 7, 0, channel="web", display="top"),
    ]
    table = made(write(tmp_path, promotions=rows))
    assert of(table, "display") == [0, 1, 0, 0]
    assert of(table, "mailer") == [0, 0, 0.5, 0]


def test_a_plan_says_what_is_announced(tmp_path: Path) -> None:
    row = {"party": "own", "sku": "tea", "store_id": None, "channel": None}
    prices = [row | {"from": day(60), "to": None, "price": 3.0}]
    promotions = [row | {"from": day(0), "to": day(-7), "price": None, "display": "end", "mailer": None, "depth": 0.2}]
    calendar = [{"party": "own", "event_id": "e1", "name": "Big days", "from": day(-7), "to": day(-10)}]
    frame = pd.DataFrame(prices).astype({"to": "datetime64[us]"})
    folder = write(tmp_path, prices=frame.to_dict("records"), promotions=promotions, calendar=calendar)
    table = made(folder, plan_weeks=2)
    assert of(table, "units")[-2:] == [None, None]
    assert of(table, "price")[-2:] == [2.4, 3.0]
    assert of(table, "display")[-2:] == [1, 0]
    assert of(table, "event")[-3:] == [None, None, "Big days"]
    assert len(made(folder)) == len(table) - 4


def test_listings_say_what_a_store_carries(tmp_path: Path) -> None:
    row = {"party": "own", "store_id": "s3", "sku": "tea", "must_carry": False}
    listings = [row | {"from": day(21), "to": day(7)}]
    table = made(write(tmp_path, listings=listings))
    assert of(table, "is_listed", "s3") == [True, True, False]
    assert of(table, "units", "s3") == [0, 0, 0]
    assert of(table, "is_listed", "s2") == [True, True]  # a store without listings


def test_listings_that_are_only_announced_say_nothing_of_the_past(tmp_path: Path) -> None:
    row = {"party": "own", "store_id": "s1", "must_carry": False}
    listings = [row | {"sku": "gin", "from": day(0), "to": day(-14)}]
    folder, asked = write(tmp_path, listings=listings), {"category": None, "skus": ["tea", "gin"]}
    planned = made(folder, plan_weeks=1, **asked)
    assert of(planned[planned["sku"] == "tea"], "is_listed") == [True, True, True, True, False]
    past = planned[planned["week"] < CUTOFF.at].reset_index(drop=True)
    pd.testing.assert_frame_equal(past, made(folder, **asked))


def test_a_history_begins_with_the_first_line_that_was_kept(tmp_path: Path) -> None:
    early = purchase("s2", "gin", 42, basket_id="early")
    back = {"basket_id": "early", "line": 1, "units": 1.0, "paid": 2.0, "sku": "gin", "returned_at": day(35)}
    row = {"party": "own", "store_id": "s3", "sku": "tea", "must_carry": False, "from": day(60), "to": day(-60)}
    tables = {"purchases": [early, *PURCHASES], "listings": [row]}
    (tmp_path / "kept").mkdir()
    assert len(of(made(write(tmp_path / "kept", **tables)), "units", "s3")) == 6
    assert len(of(made(write(tmp_path, returns=[back], **tables)), "units", "s3")) == 4


def test_stores_and_skus_can_be_named(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert set(made(folder, stores=["s2", "unknown"])["store_id"]) == {"s2"}
    assert set(made(folder, category=None, skus=["gin"])["sku"]) == {"gin"}
    assert made(folder, history_weeks=2)["week"].nunique() == 2


def test_nothing_after_the_cutoff_changes_the_panel(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    late = [purchase("s1", "tea", at) for at in (-0.001, -3, -20)]
    before, after = made(write(tmp_path / "a")), made(write(tmp_path / "b", purchases=[*PURCHASES[::-1], *late]))
    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"category": "Tea"}, "skus.category_path: no SKU belongs to the category 'Tea'"),
        ({"stores": ["nowhere"]}, "purchases: none of the 1 SKUs"),
        ({"category": None}, "needs a category or a list of SKUs"),
        ({"category": None, "skus": []}, "no SKU belongs to 0 SKUs"),
        ({"cutoff": Cutoff(datetime(2024, 1, 1))}, "choose a later cutoff"),
    ],
)
def test_what_cannot_be_made(tmp_path: Path, more: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        made(write(tmp_path), **more)


def test_small_columns(tmp_path: Path) -> None:
    table = panel(past_of(write(tmp_path), CUTOFF), category="Hot drinks")
    assert isinstance(table["store_id"].dtype, pd.CategoricalDtype)
    assert table["units"].dtype == np.float32
