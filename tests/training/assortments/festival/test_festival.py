"""A festival in a made-up shop whose truth is known: uplift, dips, channels, stock; and what is said without one."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import Cutoff
from features.errors import DataError
from tests.helpers.pasts import past_of
from training.assortments.festival.events import AFTER_DAYS, BEFORE_DAYS, Event, past_events, windows
from training.assortments.festival.experience import experience
from training.assortments.festival.plan import Ask, festival_plan
from training.assortments.festival.pull_forward import pull_forward
from training.assortments.festival.stock import newsvendor_stock, shares, substitution
from training.assortments.festival.transfer import channel_transfer
from training.assortments.festival.uplift import between_variance, observed, pooled
from training.assortments.festival.usual import usual

START = datetime(2024, 6, 3)
EVENT = Event("f", "Big days", START, START + timedelta(days=3))
CUTOFF = datetime(2024, 9, 1)


def daily(times=3.0, missing=0.2, moved=0.0):
    """100 lines a day in stores and 50 online, more on Saturdays; the festival sells `times` as much."""
    rows = []
    for day in pd.date_range("2024-03-01", "2024-08-31", freq="D"):
        since = (day - pd.Timestamp(START)).days
        factor = times if 0 <= since < 3 else 1 - missing if 3 <= since < 3 + AFTER_DAYS else 1.0
        factor *= 1.5 if day.day_of_week == 5 else 1.0
        online = 50 * factor * (1 + moved if 0 <= since < 3 else 1)
        for channel, lines in (("store", 100 * factor), ("web", online)):
            for category, share in (("tea", 0.4), ("jam", 0.6)):
                rows.append((day, channel, category, "not told", lines * share, lines * share))
    return pd.DataFrame(rows, columns=["day", "channel", "category", "depth", "units", "lines"])


def test_days_around_an_event():
    days = pd.date_range(START - timedelta(days=60), EVENT.end + timedelta(days=70), freq="D")
    window = windows(EVENT, (EVENT,), days)
    assert (window == "event").sum() == 3
    assert (window == "before").sum() == BEFORE_DAYS
    assert (window == "after").sum() == AFTER_DAYS
    assert window[pd.Timestamp(START) - pd.Timedelta(days=8)] == "reference"
    assert window.iloc[0] == "other"
    other = Event("g", "Other", START + timedelta(days=30), START + timedelta(days=31))
    assert windows(EVENT, (EVENT, other), days)[pd.Timestamp(other.start)] == "other"


def test_usual_sales_follow_the_weekday():
    sales = daily(times=1, missing=0)
    total = sales.groupby("day")["lines"].sum()
    found = usual(total, windows(EVENT, (EVENT,), pd.DatetimeIndex(total.index)), "event")
    assert found is not None
    reference = total[(windows(EVENT, (EVENT,), pd.DatetimeIndex(total.index)) == "reference")].sum()
    # Monday to Wednesday: 3 × 150
    assert found.ratio * reference == pytest.approx(450, rel=1e-6)


def test_too_few_usual_days_say_nothing():
    total = daily().groupby("day")["lines"].sum().loc["2024-06-01":"2024-06-10"]
    assert usual(total, windows(EVENT, (EVENT,), pd.DatetimeIndex(total.index)), "event") is None


def test_the_uplift_comes_back():
    found = pooled([observed(daily(times=3), EVENT, (EVENT,))])
    assert found.overall["times"].tolist() == pytest.approx([3, 3], rel=0.01)
    assert found.cells["times"].tolist() == pytest.approx([3] * 4, rel=0.02)
    assert (found.cells["low"] < 3.05).all()
    assert (found.cells["high"] > 2.95).all()
    assert (found.events, np.isnan(found.between_events)) == (1, True)


def test_events_that_differ_widen_the_next_one():
    logs = [observed(daily(times=times), EVENT, (EVENT,)) for times in (2, 4)]
    one, two = pooled(logs[:1]), pooled(logs)
    assert two.events == 2
    assert two.between_events > 0.1
    assert two.overall["times"].tolist() == pytest.approx([np.sqrt(8)] * 2, rel=0.05)
    assert (two.overall["log_variance"].to_numpy() > one.overall["log_variance"].to_numpy() + 0.1).all()


def test_a_cell_never_seen_has_its_channels_uplift():
    found = pooled([observed(daily(), EVENT, (EVENT,))])
    assert found.of("store", "soap", "not told")[0] == pytest.approx(np.log(3), abs=0.01)
    assert found.of("kiosk", "tea", "not told") == (0.0, float("inf"))


def test_an_event_of_one_channel_says_nothing_of_the_other():
    rows = observed(daily(), Event("f", "Web days", EVENT.start, EVENT.end, "web"), ())
    assert set(rows["channel"]) == {"web"}


def test_between_variance_by_hand():
    # weights 1: Q = 2, less 1 degree of freedom, over 2 − 2/2
    assert between_variance(np.array([0.0, 2.0]), np.array([1.0, 1.0])) == pytest.approx(1.0)
    assert between_variance(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0
    assert between_variance(np.array([1.0]), np.array([1.0])) == 0


def test_what_was_pulled_forward_is_netted_off():
    found = pull_forward(daily(times=3, missing=0.2), EVENT, (EVENT,))
    after = found.dips[found.dips["window"] == "after"].set_index("channel")
    assert after["missing"].tolist() == pytest.approx([0.2] * 3, abs=0.01)
    # gained: 2 × 450; missing: a fifth of two weeks of 150 a day and two Saturdays of 75 more
    net = found.net.set_index("channel").loc["all"]
    assert net["gained"] == pytest.approx(900, rel=0.02)
    assert net["missing around it"] == pytest.approx(0.2 * (14 * 150 + 2 * 75), rel=0.05)
    assert net["low"] < net["net"] < net["high"]


def test_what_moved_online_is_counted():
    found = channel_transfer(daily(moved=0.3), EVENT, (EVENT,)).iloc[0]
    assert found["usual share"] == pytest.approx(1 / 3, abs=1e-3)
    assert found["share"] == pytest.approx(65 / 165, abs=1e-3)
    assert found["low"] <= found["moved"] <= found["high"]
    still = channel_transfer(daily(), EVENT, (EVENT,)).iloc[0]
    assert still["moved"] == pytest.approx(0, abs=1e-6)
    only_stores = daily()[lambda table: table["channel"] == "store"]
    assert channel_transfer(only_stores, EVENT, (EVENT,)).empty


def test_stock_is_the_critical_quantile():
    made = {"log_mean": np.zeros(1), "log_variance": np.zeros(1), "loss": np.array([1.0])}
    even = newsvendor_stock(np.array([[100.0]]), margin=np.array([1.0]), **made)
    dear = newsvendor_stock(np.array([[100.0]]), margin=np.array([9.0]), **made)
    assert even.demand[0, 0] == pytest.approx(100)
    assert even.risk[0, 0] == pytest.approx(0.5, abs=0.02)
    assert dear.risk[0, 0] == pytest.approx(0.1, abs=0.01)
    assert even.low[0, 0] < 100 < even.high[0, 0]
    assert newsvendor_stock(np.zeros((1, 1)), margin=np.array([1.0]), **made).units[0, 0] == 0


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 500), st.floats(0, 1), st.floats(0.05, 20), st.floats(0.05, 20))
def test_stock_against_draws_of_what_it_assumes(mean, variance, margin, loss):
    found = newsvendor_stock(
        np.array([[mean]]), np.zeros(1), np.array([variance]), np.array([margin]), np.array([loss])
    )
    expected = mean * np.exp(variance / 2)
    spread = expected + expected**2 * (np.expm1(variance) + 0.15**2)
    sigma = np.sqrt(np.log1p(spread / expected**2))
    draws = np.exp(np.log(expected) - sigma**2 / 2 + sigma * np.random.default_rng(0).standard_normal(40_000))
    units = found.units[0, 0]
    assert (draws > units).mean() == pytest.approx(found.risk[0, 0], abs=0.02)
    scale = max(expected, units)
    assert np.maximum(units - draws, 0).mean() == pytest.approx(found.left_over[0, 0], abs=0.05 * scale)
    # whole units: the risk is at most that of the critical ratio
    assert found.risk[0, 0] <= loss / (margin + loss) + 1e-6


def test_substitution_keeps_the_category_and_moves_shares():
    weights = np.array([[1.0, 1.0]])
    assert shares(weights).tolist() == pytest.approx(np.array([[1 / 3, 1 / 3]]))
    assert substitution(weights, np.array([[3.0, 1.0]])).tolist() == pytest.approx(np.array([[1.5, 0.5]]))
    assert substitution(weights, weights).tolist() == pytest.approx(np.array([[1.0, 1.0]]))
    assert substitution(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])).tolist() == pytest.approx(np.ones((1, 2)))


@pytest.mark.parametrize(
    ("usual_units", "margin", "loss", "said"),
    [
        ([[-1.0]], [1.0], [1.0], "usual units"),
        ([[1.0]], [np.nan], [1.0], "margins"),
        ([[1.0]], [0.0], [0.0], "neither a margin nor a loss"),
    ],
)
def test_amounts_that_make_no_stock_are_told(usual_units, margin, loss, said):
    with pytest.raises(DataError, match=said):
        newsvendor_stock(np.array(usual_units), np.zeros(1), np.zeros(1), np.array(margin), np.array(loss))


@pytest.fixture
def shop(tmp_path):
    """The daily sales as purchases of one unit, 2 SKUs; a calendar with the festival; promotions with a depth."""
    sales = daily()
    sales["sku"] = sales["category"].map({"tea": "t", "jam": "j"})
    sales = sales.loc[sales.index.repeat(np.round(sales["lines"]).astype(int))]
    purchases = pd.DataFrame(
        {"bought_at": sales["day"], "channel": sales["channel"], "sku": sales["sku"], "units": 1.0, "list_price": 10.0}
    )
    purchases.to_parquet(tmp_path / "purchases.parquet")
    pd.DataFrame({"sku": ["t", "j"], "category": ["tea", "jam"]}).to_parquet(tmp_path / "skus.parquet")
    promotions = {"sku": ["t"], "depth": [None], "price": [8.0], "from": [EVENT.start], "to": [EVENT.end]}
    pd.DataFrame(promotions).astype({"depth": float}).to_parquet(tmp_path / "promotions.parquet")
    calendar = {
        "event_id": ["f", "f", "later"],
        "name": ["Big days", "Big days", "Next"],
        "from": [EVENT.start, EVENT.start, datetime(2024, 11, 11)],
        "to": [EVENT.end, EVENT.end, datetime(2024, 11, 12)],
        "channel": [None, None, None],
    }
    pd.DataFrame(calendar).astype({"channel": "string"}).to_parquet(tmp_path / "calendar.parquet")
    return lambda cutoff: past_of(tmp_path, Cutoff(cutoff))


def _ask(**changed):
    asked = {
        "stores": ("s1", "s2"),
        "skus": ("t", "j"),
        "category": ("tea", "jam"),
        "depth": ("10 to 25 %", "none to 10 %"),
        "days": 3.0,
        "usual_units": np.array([[30.0, 60.0], [np.nan, 20.0]]),
        "margin": np.array([3.0, 3.0]),
        "loss": np.array([1.0, 1.0]),
    }
    return Ask(**(asked | changed))


def test_a_plan_from_the_warehouse(shop):
    assert [event.event_id for event in past_events(shop(CUTOFF))] == ["f"]
    known = experience(shop(CUTOFF))
    assert set(known.uplift.cells["depth"]) == {"10 to 25 %", "none to 10 %"}
    made = festival_plan(known, _ask(usual_weights=np.ones((2, 2)), event_weights=np.array([[2.0, 1.0]] * 2)))
    stock = made.tables["stock"]
    assert len(stock) == 3
    # 30 × 3 × (2/3 over 1/2)
    assert stock["expected units"].iloc[0] == pytest.approx(120, rel=0.05)
    assert ((stock["low"] < stock["expected units"]) & (stock["expected units"] < stock["high"])).all()
    assert made.tables["pull_forward"]["less units"].tolist() == pytest.approx([0.2 * 140, 0.2 * 80 / 3 * 14], rel=0.05)
    assert made.tables["risk"]["stores"].tolist() == [1, 2]
    assert any("One past event only" in note for note in made.notes)


def test_nothing_after_the_cutoff_is_known(shop):
    early = experience(shop(datetime(2024, 6, 10)))
    assert any("have not passed yet" in note for note in early.notes) or early.dips.dips["window"].eq("after").any()
    none = experience(shop(datetime(2024, 6, 1)))
    assert none.events == ()


def test_without_a_past_event_stock_is_for_usual_demand(shop):
    made = festival_plan(experience(shop(datetime(2024, 6, 1))), _ask())
    assert made.tables["uplift"].empty
    assert made.tables["pull_forward"].empty
    assert made.tables["stock"]["expected units"].tolist() == pytest.approx([30, 60, 20])
    assert "No past event" in made.notes[0]


def test_arrays_that_do_not_fit_are_told(shop):
    with pytest.raises(DataError, match="margins have shape"):
        festival_plan(experience(shop(CUTOFF)), _ask(margin=np.ones(3)))
