"""Forecasts of demand: shapes and edges, known truth, and that nothing after the cutoff is seen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.models.totals import entering_shares, totals
from experiments.planted_demand import Plan, Planted, planted
from features.errors import DataError
from tests.helpers.demand_panels import CUTOFF, panel_of
from training.assortments.demand.baselines import moving_average, seasonal_naive
from training.assortments.demand.cube import cube
from training.assortments.demand.features import PAST, as_of, past, rows
from training.assortments.demand.forecast import COLUMNS, DRIFT, forecast, level

HORIZON = 3
WEEK = np.repeat([7, 8, 9], 4)


@pytest.fixture(scope="module")
def shop() -> Planted:
    return planted(Plan(stores=5, skus=6, weeks=44, undelivered=0.15), CUTOFF)


@pytest.fixture(scope="module")
def seen(shop: Planted) -> pd.DataFrame:
    """What is known three weeks before the end of the shop's last week, and what was announced for them."""
    is_ahead = shop.panel["week"] >= CUTOFF.minus_days(21).at
    return shop.panel.assign(**{name: shop.panel[name].mask(is_ahead) for name in ("units", "available_share")})


@pytest.fixture(scope="module")
def made(seen: pd.DataFrame) -> pd.DataFrame:
    return forecast(seen, CUTOFF.minus_days(21), HORIZON, 0)


def test_a_row_per_store_sku_and_week_to_come(made: pd.DataFrame) -> None:
    assert tuple(made.columns) == COLUMNS
    assert len(made) == 5 * 6 * HORIZON
    assert made["week"].min() == pd.Timestamp(CUTOFF.minus_days(21).at)
    assert not made.duplicated(["store_id", "sku", "week"]).any()


def test_quantiles_are_in_order_and_nothing_is_negative(made: pd.DataFrame) -> None:
    assert (made["p10"] <= made["p50"]).all()
    assert (made["p50"] <= made["p90"]).all()
    assert (made[["mean", "p10"]] >= 0).all(axis=None)


def test_demand_is_forecast_not_what_was_left_on_the_shelf(shop: Planted, made: pd.DataFrame) -> None:
    truth = shop.panel.assign(demand=shop.expected, sold=shop.panel["units"])
    both = made.merge(truth, on=["store_id", "sku", "week"])
    plain = both[both["price"] == both["list_price"]]
    assert plain["sold"].sum() < 0.9 * plain["demand"].sum()
    assert plain["mean"].sum() == pytest.approx(plain["demand"].sum(), rel=0.1)
    assert np.corrcoef(both["mean"], both["demand"])[0, 1] > 0.8


def test_the_same_seed_and_any_order_of_rows_give_the_same(seen: pd.DataFrame, made: pd.DataFrame) -> None:
    again = forecast(seen.sample(frac=1, random_state=0), CUTOFF.minus_days(21), HORIZON, 0)
    pd.testing.assert_frame_equal(made, again)


def test_a_panel_that_has_seen_too_much_is_refused(shop: Planted) -> None:
    with pytest.raises(DataError, match="has seen too much"):
        forecast(shop.panel, CUTOFF.minus_days(21), HORIZON, 0)


def test_features_of_an_origin_do_not_change_with_what_comes_later(shop: Planted) -> None:
    known = cube(shop.panel, CUTOFF)
    earlier = cube(shop.panel[shop.panel["week"] < CUTOFF.minus_days(70).at], CUTOFF.minus_days(70))
    pairs = np.arange(len(known.pairs))
    now, then = (rows(past(one), as_of(past(one), earlier.known), 2, pairs) for one in (known, earlier))
    np.testing.assert_array_equal(now, then)


def test_means_add_up_at_every_level(made: pd.DataFrame) -> None:
    by_store, by_sku = totals(made, ["store_id"]), totals(made, ["sku", "week"])
    assert by_store["mean"].sum() == pytest.approx(made["mean"].sum())
    assert by_sku["mean"].sum() == pytest.approx(made["mean"].sum())
    assert len(by_sku) == 6 * HORIZON


def test_a_plan_is_used(seen: pd.DataFrame, made: pd.DataFrame) -> None:
    regular = seen["list_price"].where(seen["units"].isna(), seen["price"])
    nothing = {name: seen[name].where(seen["units"].notna(), 0.0) for name in ("display", "mailer")}
    dull = forecast(seen.assign(price=regular, **nothing), CUTOFF.minus_days(21), HORIZON, 0)
    assert dull["mean"].sum() < 0.95 * made["mean"].sum()


@pytest.mark.parametrize("plan", ["silent", "missing"])
def test_a_plan_that_is_not_known_is_not_one_without_promotions(plan: str) -> None:
    rng = np.random.default_rng(0)
    promoted = rng.random((40, 34)) < 0.4
    panel = panel_of(rng.poisson(np.where(promoted, 8.0, 2.0))).assign(display=promoted.ravel().astype(np.float32))
    cutoff = CUTOFF.minus_days(28)
    is_ahead = panel["week"] >= cutoff.at
    seen = panel.assign(units=panel["units"].mask(is_ahead), display=panel["display"].mask(is_ahead, 0))
    made = forecast(seen if plan == "silent" else seen[~is_ahead], cutoff, 4, 0)
    assert made["mean"].mean() == pytest.approx(0.4 * 8 + 0.6 * 2, rel=0.1)


def test_one_sku_without_prices_or_stock_and_a_store_without_sales() -> None:
    rng = np.random.default_rng(0)
    sold = np.vstack([rng.poisson(3.0, (4, 30)), np.zeros((1, 30))])
    panel = panel_of(sold).assign(price=np.float32(np.nan), list_price=np.float32(np.nan))
    made = forecast(panel, CUTOFF, 2, 0)
    assert len(made) == 10
    assert np.isfinite(made[["mean", "p10", "p50", "p90"]]).all(axis=None)
    by_store = made.groupby("store_id", observed=True)["mean"].mean()
    assert by_store.iloc[:4].mean() == pytest.approx(3, rel=0.25)
    assert by_store.iloc[4] < 1


def test_too_little_history_says_how_much_is_needed() -> None:
    with pytest.raises(DataError, match="14 weeks before the cutoff; a forecast of 4 weeks needs 16"):
        forecast(panel_of(np.ones((2, 14))), CUTOFF, 4, 0)
    with pytest.raises(DataError, match="horizon_weeks is 0"):
        forecast(panel_of(np.ones((2, 30))), CUTOFF, 0, 0)


def test_what_is_not_listed_is_not_forecast() -> None:
    panel = panel_of(np.ones((3, 30)))
    gone = (panel["store_id"] == "001") & (panel["week"] >= CUTOFF.minus_days(28).at)
    made = forecast(panel.assign(is_listed=~gone, units=panel["units"].where(~gone, 0)), CUTOFF, 1, 0)
    assert set(made["store_id"]) == {"000", "002"}


def test_a_sku_that_only_just_came_spoils_no_forecast() -> None:
    """Its first week is left out, so that it was on no shelf yet: it has the category's rate."""
    rng = np.random.default_rng(0)
    parts = [panel_of(rng.poisson(4.0, (6, 30)), one_store=True).assign(store_id=store) for store in ("a", "b", "c")]
    panel = pd.concat(parts, ignore_index=True)
    is_early = panel["week"] < CUTOFF.minus_days(7).at
    only_in_c = (panel["sku"] == "005") & (panel["store_id"] != "c")
    panel = panel[~(is_early & (only_in_c | (panel["sku"] == "004")))]
    known = cube(panel, CUTOFF)
    assert np.isfinite(as_of(past(known), known.known).base).all()
    made = forecast(panel, CUTOFF, 2, 0)
    assert made[["mean", "p10", "p50", "p90"]].notna().all(axis=None)
    assert made["mean"].sum() == pytest.approx(4 * len(made), rel=0.15)
    assert made[made["sku"] == "004"]["mean"].mean() == pytest.approx(4, rel=0.3)


def test_a_sku_that_left_long_ago_spoils_no_forecast() -> None:
    rng = np.random.default_rng(0)
    panel = panel_of(rng.poisson(4.0, (6, 30)), one_store=True)
    left = (panel["sku"] == "003") & (panel["week"] >= CUTOFF.minus_days(7 * 15).at)
    made = forecast(panel.assign(is_listed=~left, units=panel["units"].where(~left, 0)), CUTOFF, 2, 0)
    assert set(made["sku"]) == {"000", "001", "002", "004", "005"}
    assert made["mean"].mean() == pytest.approx(4, rel=0.2)


def test_shelves_that_stood_empty_of_late_say_nothing_of_the_level() -> None:
    rng = np.random.default_rng(0)
    share = np.ones((6, 30))
    share[:, 19:23] = 0
    panel = panel_of(rng.poisson(4.0, (6, 30)) * share, share)
    assert forecast(panel, CUTOFF, 2, 0)["mean"].mean() == pytest.approx(4, rel=0.25)


def test_sales_that_rise_are_followed() -> None:
    rng = np.random.default_rng(0)
    level = np.concatenate([np.full(20, 2.0), np.linspace(2.2, 6, 10)])
    panel = panel_of(rng.poisson(level, (40, 30)))
    made = forecast(panel, CUTOFF, 2, 0)
    assert 4.5 < made["mean"].mean() < 8


def test_baselines_by_hand() -> None:
    panel = panel_of([[9.0, 1, 2, 3], [0, 0, 0, 4]])
    assert seasonal_naive(panel, CUTOFF, 2)["mean"].tolist() == [3, 3, 4, 4]
    assert moving_average(panel, CUTOFF, 1)["mean"].tolist() == pytest.approx([2, 4 / 3])
    year = panel_of([np.arange(60.0)])
    assert seasonal_naive(year, CUTOFF, 2)["mean"].tolist() == [8, 9]


def test_shares_of_pairs_to_come_fall_with_the_root_of_the_history() -> None:
    panel = panel_of([[1.0, 1, 1, 1], [0, 0, 1, 3]])
    late = (panel["store_id"] == "001") & (panel["week"] < CUTOFF.minus_days(14).at)
    shares = entering_shares(panel[~late], CUTOFF, 2)
    assert shares["horizon"].tolist() == [1, 2]
    expected = [np.sqrt(3 / 5) / 7, (np.sqrt(3 / 6) + 3 * np.sqrt(4 / 6)) / 6]
    assert shares["share"].tolist() == pytest.approx(expected)


def test_shares_of_a_group_are_its_own_drawn_to_all() -> None:
    panel = panel_of([[20.0] * 8, [0, 0, 0, 0, 0, 0, 0, 20]])
    late = (panel["store_id"] == "001") & (panel["week"] < CUTOFF.minus_days(7).at)
    overall = float(entering_shares(panel[~late], CUTOFF, 1)["share"].iloc[0])
    by_store = entering_shares(panel[~late], CUTOFF, 1, ["store_id"]).set_index("store_id")["share"]
    assert overall == pytest.approx(20 * np.sqrt(8 / 9) / 160)
    assert by_store["000"] == pytest.approx(20 * overall / (140 + 20))
    assert by_store["001"] == pytest.approx((20 * np.sqrt(8 / 9) + 20 * overall) / (20 + 20))


def test_no_feature_tells_one_week_from_another() -> None:
    """What all pairs of an origin share is the same at every late origin: trees cannot remember weeks by it."""
    units = np.random.default_rng(3).poisson(0.5, (60, 52))
    units[:, 0] = 1
    panel = panel_of(units)
    panel["sku"] = (panel["store_id"].astype(int) % 6).astype(str)
    panel["store_id"] = (panel["store_id"].astype(int) // 6).astype(str)
    history = past(cube(panel, CUTOFF))
    one, other = (as_of(history, origin).columns for origin in (30, 45))
    shared = [name for nth, name in enumerate(PAST) if np.ptp(one[:, nth]) < 1e-5 and np.ptp(other[:, nth]) < 1e-5]
    assert {"weeks_listed", "shelf_share_4"} <= set(shared)
    for name in shared:
        assert one[0, PAST.index(name)] == other[0, PAST.index(name)], name


def test_a_level_that_is_sure_is_the_ratio_of_sums() -> None:
    meant = np.full(12, 1e6)
    assert level(WEEK, 1.3 * meant, meant) == pytest.approx(1.3, abs=1e-3)


def test_a_level_by_hand() -> None:
    week, seen, meant = np.array([0, 0, 1]), np.array([30.0, 30, 90]), np.array([40.0, 40, 80])
    ratio = 150 / 160
    spread = (60 - ratio * 80) ** 2 + (90 - ratio * 80) ** 2
    share = DRIFT**2 / (DRIFT**2 + 2 * spread / 150**2)
    assert level(week, seen, meant) == pytest.approx(1 + share * (ratio - 1))


def test_few_units_say_little() -> None:
    meant = np.full(12, 0.1)
    assert level(WEEK, 2 * meant, meant) == pytest.approx(1 + DRIFT**2 / (DRIFT**2 + 1 / 2.4))
    assert level(WEEK, 2 * meant, meant, copies=4) == pytest.approx(1 + DRIFT**2 / (DRIFT**2 + 4 / 2.4))


def test_what_cannot_be_told_is_one() -> None:
    assert level(WEEK, np.zeros(12), np.ones(12)) == 1
    assert level(np.zeros(5, dtype=np.int64), np.ones(5), np.full(5, 2.0)) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50), st.floats(0.01, 50)), min_size=1, max_size=30))
def test_a_level_lies_between_one_and_the_ratio(rows: list[tuple[int, float, float]]) -> None:
    week, seen, meant = (np.array(column) for column in zip(*rows, strict=True))
    found, ratio = level(week.astype(np.int64), seen, meant), seen.sum() / meant.sum()
    assert min(1, ratio) - 1e-9 <= found <= max(1, ratio) + 1e-9
