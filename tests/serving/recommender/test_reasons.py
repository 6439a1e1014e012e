"""Every reason's evidence, counted again in the purchase history by other means."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.clock import EPOCH
from features.facts.facts import NEVER_DAYS, Columns
from features.vector.shopper import Shopper
from serving.bundle.bundle import Bundle
from serving.recommender.answers import Query, Reason
from serving.recommender.reasons import MOST, reasons
from tests.helpers.trained import CUTOFF, TrainedShop

Evidence = dict[str, object]


NOTHING = pd.Series(dtype=float)


class History:
    """The lines before the cutoff, and how often what happened in them."""

    def __init__(self, lines: pd.DataFrame, skus: pd.DataFrame) -> None:
        self.names = dict(zip(skus["sku"], skus["name"], strict=True))
        self.shelf = dict(zip(skus["sku"], skus["subcategory"], strict=True))
        self.mine = dict(list(lines[lines["customer_id"].notna()].groupby("customer_id")))
        self.sold = dict(list(lines.groupby("sku")))
        self.recent = {days: set(lines.loc[lines["age_days"] <= days, "basket_id"]) for days in (28, 182)}
        self.visited = {pair: ages.sort_values() for pair, ages in visits(lines).groupby(["customer_id", "sku"])}

    def baskets(self, sku: str, days: float, store: str | None = None) -> int:
        lines = self.sold[sku]
        lines = lines[lines["age_days"] <= days]
        return int((lines if store is None else lines[lines["store_id"] == store])["basket_id"].nunique())

    def visits(self, customer: str, sku: str) -> pd.Series:
        """Days before the cutoff of the customer's baskets with the SKU, ascending."""
        return self.visited.get((customer, sku), NOTHING)

    def together(self, sku: str, other: str, days: int) -> int:
        """Baskets that held both."""
        return len(set(self.sold[sku]["basket_id"]) & set(self.sold[other]["basket_id"]) & self.recent[days])

    def buyers(self, sku: str) -> set[str]:
        return set(self.sold[sku]["customer_id"].dropna())


def visits(lines: pd.DataFrame) -> pd.Series:
    """Days before the cutoff of each customer's baskets with a SKU."""
    return lines.groupby(["customer_id", "sku", "basket_id"])["age_days"].min()


@pytest.fixture(scope="module")
def history(trained_shop: TrainedShop) -> History:
    return History(trained_shop.before, pd.read_parquet(trained_shop.warehouse.skus))


def confirm(history: History, customer: str | None, sku: str, reason: Reason) -> None:
    """The history says what the reason says."""
    found = reason.evidence
    text, mine = reason.text, history.visits(str(customer), sku)
    if reason.code in {"BUY_AGAIN", "BOUGHT_BEFORE"}:
        assert found["baskets"] == len(mine)
        last = CUTOFF.at - timedelta(days=float(mine.iloc[0]))
        assert found["last_bought_on"] == (last + timedelta(milliseconds=1)).date().isoformat()
        assert (reason.code == "BOUGHT_BEFORE") == (len(mine) == 1)
        assert (f"{last:%-d %B}" if len(mine) == 1 else f"{len(mine)} times") in text
        if "interval_days" in found:
            assert found["interval_days"] == pytest.approx((mine.iloc[-1] - mine.iloc[0]) / (len(mine) - 1), abs=0.06)
    elif reason.code == "BOUGHT_TOGETHER":
        other = found["item_id"]
        assert len(history.visits(str(customer), other)), "the customer knows the other one"
        assert found["baskets"] == history.together(sku, other, found["days"]) >= 5
        assert text == f"Often bought with {history.names[other]}"
    elif reason.code == "FAVOURITE_CATEGORY":
        lines = history.mine[str(customer)]
        lines = lines[lines["sku"].map(history.shelf) == found["category"]]
        assert found["lines"] == len(lines[["sku", "basket_id"]].drop_duplicates()) >= 3
        assert history.shelf[sku] == found["category"]
        assert text == f"You often buy {found['category']}"
    elif reason.code == "POPULAR_IN_STORE":
        assert found["baskets"] == history.baskets(sku, found["days"], found["store_id"]) >= 2
    elif reason.code == "POPULAR":
        assert found["baskets"] == history.baskets(sku, found["days"]) >= 1
    elif reason.code == "SIMILAR_ITEM":
        assert found["customers_of_both"] == len(history.buyers(sku) & history.buyers(found["item_id"]))
        assert text == f"Similar to {history.names[found['item_id']]}"
    else:
        assert reason.code == "TRENDING"
        assert found["baskets_7_days"] == history.baskets(sku, 7) >= 10
        assert found["baskets_28_days"] == history.baskets(sku, 28) <= 4 * history.baskets(sku, 7) / 1.5


def asked(customer: str | None, nth: int) -> Query:
    """Questions of all kinds, so that all kinds of reasons appear."""
    placement = ("home", "buy-again", "pdp-similar")[nth % 3]
    items = (f"sku-{nth % 60:03d}",) if placement == "pdp-similar" else ()
    return Query(placement=placement, customer_id=customer, item_ids=items, size=60, new_only=nth % 2 == 1)


def test_the_history_confirms_every_reason(trained_shop: TrainedShop, history: History) -> None:
    recommender, seen = trained_shop.recommender, Counter[str]()
    customers = [None, "nobody", *(f"c-{nth:03d}" for nth in range(0, 110, 9))]
    for nth, customer in enumerate(customers):
        query = asked(customer, nth)
        for item in recommender.recommend(query).items:
            assert 1 <= len(item.reasons) <= MOST, "every SKU here was sold before"
            for reason in item.reasons:
                confirm(history, customer if customer in history.mine else None, item.sku, reason)
                seen[reason.code] += 1
    everything = {"BUY_AGAIN", "BOUGHT_BEFORE", "BOUGHT_TOGETHER", "FAVOURITE_CATEGORY", "POPULAR_IN_STORE", "POPULAR"}
    assert seen.keys() == everything | {"SIMILAR_ITEM", "TRENDING"}
    assert seen.total() > 500


def test_strangers_are_told_nothing_personal(trained_shop: TrainedShop) -> None:
    answer = trained_shop.recommender.recommend(Query(customer_id="nobody", store_id="store-1", size=60))
    codes = {reason.code for item in answer.items for reason in item.reasons}
    assert codes <= {"POPULAR_IN_STORE", "TRENDING", "POPULAR"}
    assert "POPULAR_IN_STORE" in codes


def changed(bundle: Bundle, sku: int, **columns: float) -> Bundle:
    """The bundle with other facts of one SKU."""
    values = bundle.facts.sku.values.copy()
    for name, value in columns.items():
        values[sku, bundle.facts.sku.names.index(name)] = value
    return replace(bundle, facts=replace(bundle.facts, sku=Columns(bundle.facts.sku.names, values)))


@pytest.mark.parametrize(
    ("week", "month", "first"),
    [(15, 40, "TRENDING"), (15, 41, "POPULAR"), (10, 26, "TRENDING"), (9, 9, "POPULAR"), (1200, 1200, "TRENDING")],
)
def test_trending_is_half_as_much_again_and_no_accident(
    trained_shop: TrainedShop, week: int, month: int, first: str
) -> None:
    bundle = changed(trained_shop.bundle, 0, sku_baskets_7=week, sku_baskets_28=month)
    told = reasons(bundle, Shopper(), 0)[0]
    assert told.code == first
    if first == "TRENDING":
        assert told.evidence == {"baskets_7_days": week, "baskets_28_days": month}
        assert f"In {week:,} baskets this week" in told.text


def test_what_sold_in_the_year_but_not_lately_still_has_a_reason(trained_shop: TrainedShop) -> None:
    quiet = {"sku_baskets_7": 0, "sku_baskets_28": 0}
    (told,) = reasons(changed(trained_shop.bundle, 0, **quiet, sku_baskets_364=1), Shopper(), 0)
    assert told == Reason("POPULAR", "Bought once in a year", {"baskets": 1, "days": 364})
    (told,) = reasons(changed(trained_shop.bundle, 0, **quiet, sku_baskets_364=1_234), Shopper(), 0)
    assert told.text == "In 1,234 baskets in a year"
    assert reasons(changed(trained_shop.bundle, 0, **quiet, sku_baskets_364=0), Shopper(), 0) == ()


def own_history(bundle: Bundle, customer: int, cutoff_days: float, **columns: float) -> Reason:
    """The first reason for a customer's first SKU, with other facts of the pair and another cutoff."""
    history = bundle.facts.pairs["customer_sku"]
    row = history.rows(customer).start
    values = history.columns.values.copy()
    for name, value in columns.items():
        values[row, history.columns.names.index(name)] = value
    pairs = replace(history, columns=Columns(history.columns.names, values))
    facts = replace(bundle.facts, pairs=bundle.facts.pairs | {"customer_sku": pairs}, cutoff_days=cutoff_days)
    return reasons(replace(bundle, facts=facts), Shopper(customer), int(history.keys[row]))[0]


@pytest.mark.parametrize("cutoff", ["2025-05-18T00:00", "2025-05-18T07:31:05.000001", "2025-05-18T23:59:59.999999"])
@pytest.mark.parametrize("days", [1, 30, 298, 301, 1000])
def test_a_purchase_known_by_its_day_is_told_of_that_day(trained_shop: TrainedShop, cutoff: str, days: int) -> None:
    """At midnight, where an age kept in single precision may come out on the day before."""
    at = replace(CUTOFF, at=CUTOFF.at.fromisoformat(cutoff))
    midnight = date(2025, 5, 18) - timedelta(days=days)
    since = at.days - (midnight - EPOCH.date()).days
    told = own_history(
        trained_shop.bundle, 3, at.days, baskets=1, days_since=np.float32(since), interval_days=NEVER_DAYS
    )
    assert told.evidence == {"baskets": 1, "last_bought_on": midnight.isoformat()}
    assert told.text == f"You bought this on {midnight:%-d %B}" + ("" if days < 300 else f" {midnight:%Y}")


@pytest.mark.parametrize(
    ("interval", "said"),
    [(12.34, ", about every 12 days"), (1.2, ", almost daily"), (0.4, ""), (NEVER_DAYS, "")],
)
def test_the_interval_is_told_where_it_says_something(trained_shop: TrainedShop, interval: float, said: str) -> None:
    told = own_history(trained_shop.bundle, 3, CUTOFF.days, baskets=4, days_since=8.0, interval_days=interval)
    assert told.text == f"You bought this 4 times{said}"
    assert told.evidence.get("interval_days") == (round(interval, 1) if said else None)
    assert told.evidence["last_bought_on"] == "2025-05-10"
