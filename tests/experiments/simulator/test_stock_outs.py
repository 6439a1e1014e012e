"""Planted stock-outs: nobody buys in a store what it had run out of that week; what was wanted is told apart."""

import pandas as pd
import pytest

from experiments.simulator.dials import Dials
from experiments.simulator.plant import Planted
from tests.helpers.datasets import ingested, settings_for
from tests.helpers.planted import planted, table, truth

PLACE = ["store_id", "sku"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A fifth of the stores' weeks out of stock, a festival whose baskets move, and repeated customers."""
    settings = settings_for(tmp_path_factory.mktemp("real") / "work")
    ingested(settings, customers=30, days=100)
    return planted(settings, "out", scale=2, dials=Dials(stock_outs=0.2, pulled_forward=0.5))


def on_hand(one: Planted, lines: pd.DataFrame) -> pd.Series:
    """Units on hand by the last count before each line was (or would have been) sold; missing where none was made."""
    counts = table(one, "stock").rename(columns={"units": "on_hand"}).sort_values("as_of")
    sold = lines.dropna(subset="store_id").sort_values("sold_at")
    return pd.merge_asof(sold, counts[[*PLACE, "as_of", "on_hand"]], left_on="sold_at", right_on="as_of", by=PLACE)[
        "on_hand"
    ]


def test_nothing_is_sold_in_a_store_while_it_is_out_of_it(out: Planted) -> None:
    sold = on_hand(out, table(out, "till_receipts"))
    assert len(sold) > 1000
    assert (sold > 0).all()


def test_what_was_lost_was_wanted_while_the_store_was_out_of_it(out: Planted) -> None:
    lost = on_hand(out, truth(out, "suppressed"))
    assert len(lost) == out.counts["lines lost to stock-outs"] > 100
    assert (lost == 0).all()


def test_as_many_weeks_are_out_as_the_dial_says(out: Planted) -> None:
    weeks = pd.DataFrame({"sold_at": pd.date_range("2025-01-01", periods=14, freq="7D", unit="us")})
    shelves = on_hand(out, table(out, "listings")[PLACE].merge(weeks, how="cross"))
    assert len(shelves) > 1000
    assert (shelves == 0).mean() == pytest.approx(0.2, abs=0.03)
