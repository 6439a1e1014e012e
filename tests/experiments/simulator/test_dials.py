"""Every dial of the planted set goes down to none: at 0 nothing of its part is planted, whatever else is."""

from collections.abc import Callable
from dataclasses import fields

import pandas as pd
import pytest

from experiments.simulator.dials import Dials
from experiments.simulator.plant import Planted
from features.settings import Settings
from tests.helpers.datasets import STORES, ingested, settings_for
from tests.helpers.planted import planted, table, truth

ALL = Dials(
    web_share=0.4,
    guests=0.3,
    cards_forgotten=0.3,
    cards_lent=0.3,
    unlinked=0.3,
    tokens_shared=0.3,
    store_count=5,
    cities=4,
    provinces=2,
    stock_outs=0.2,
    pulled_forward=0.5,
    suppliers=3,
    withdrawn=0.3,
    repeats_changed=0.5,
)
"""Everything, and enough of it to be seen in a small shop."""


def baskets(one: Planted) -> pd.DataFrame:
    """Baskets with a person, the account or card that each was bought under, and the token that it was paid with."""
    of = ["order_id", "holder", "payment_token"]
    web = table(one, "web_orders").rename(columns={"account_id": "holder"})
    till = table(one, "till_receipts").rename(columns={"receipt_id": "order_id", "loyalty_id": "holder"})
    seen = pd.concat([web[of], till[of]]).drop_duplicates("order_id")
    return truth(one, "baskets").dropna(subset="person").merge(seen, on="order_id")


def holders(one: Planted, kind: str) -> pd.DataFrame:
    """Accounts or cards and the person of each."""
    records = truth(one, "records")
    return records[records["kind"] == kind]


def without_name(one: Planted, channel: str, kind: str) -> int:
    """Baskets of a channel by people who have an account (or a card) and did not use it."""
    mine = baskets(one).query("channel == @channel")
    return int((mine["person"].isin(holders(one, kind)["person"]) & mine["holder"].isna()).sum())


def lent(one: Planted) -> int:
    bought = baskets(one).query("channel == 'store'").merge(holders(one, "card"), left_on="holder", right_on="id")
    return int((bought["person_x"] != bought["person_y"]).sum())


def several(rows: pd.DataFrame, key: str, value: str) -> int:
    """How many times a key has another value than it had before."""
    return int(rows[[key, value]].dropna().drop_duplicates().duplicated(key).sum())


def shared_tokens(one: Planted) -> int:
    return several(baskets(one), "payment_token", "person")


def apart(one: Planted) -> int:
    """Accounts and cards that are not one record."""
    named = set(table(one, "accounts")["loyalty_id"])
    return len(named ^ set(table(one, "loyalty_cards")["loyalty_id"]))


def changing_chances(one: Planted) -> int:
    """People who are likelier to order online at one time than at another."""
    return several(truth(one, "baskets"), "person", "web_chance")


def changed_lines(one: Planted) -> int:
    """Lines of a repeated basket that are of another SKU or quantity than in the real one."""
    web = table(one, "web_orders")[["order_id", "line", "sku", "units"]]
    till = table(one, "till_receipts")[["receipt_id", "line", "sku", "units"]].rename(
        columns={"receipt_id": "order_id"}
    )
    whose = truth(one, "baskets").query("origin == 'real'")[["order_id", "real_basket_id"]]
    lines = pd.concat([web, till]).merge(whose, on="order_id")
    real = lines["real_basket_id"] + " " + lines["line"].astype(str)
    return several(lines.assign(real=real, what=lines["sku"] + " x " + lines["units"].astype(str)), "real", "what")


def rows(*names: str) -> Callable[[Planted], int]:
    return lambda one: sum(one.rows.get(name, 0) for name in names)


def told(name: str) -> Callable[[Planted], int]:
    return lambda one: one.counts[name]


def filled(name: str, *columns: str) -> Callable[[Planted], int]:
    return lambda one: int(table(one, name).reindex(columns=list(columns)).notna().to_numpy().sum())


PARTS: dict[str, Callable[[Planted], int]] = {
    "web_share": told("baskets moved online"),
    "customer_spread": lambda one: int(truth(one, "baskets")["bent"].ne(0).sum()),
    "category_spread": lambda one: int(truth(one, "category_affinities")["affinity"].ne(0).sum()),
    "drift": changing_chances,
    "fragmentation": apart,
    "guests": lambda one: without_name(one, "web", "account"),
    "cards_forgotten": lambda one: without_name(one, "store", "card"),
    "cards_lent": lent,
    "unlinked": lambda one: int((~baskets(one)["person"].isin(truth(one, "records")["person"])).sum()),
    "tokens": lambda one: filled("till_receipts", "payment_token", "tender")(one) + rows("payment_instruments")(one),
    "tokens_shared": shared_tokens,
    "store_count": lambda one: one.counts["stores"] - len(STORES),
    "cities": lambda one: int((table(one, "stores")["city"] != "Springfield").sum()),
    "provinces": filled("stores", "province"),
    "metres": lambda one: rows("listings")(one) + filled("stores", "metres")(one),
    "stock_outs": lambda one: rows("stock")(one) + one.counts["lines lost to stock-outs"],
    "festival_lift": told("lines of the festival"),
    "pulled_forward": told("baskets pulled forward"),
    "suppliers": rows("suppliers", "supplier_terms"),
    "browsing": rows("events"),
    "consents": lambda one: rows("consents")(one) + filled("accounts", "consent_id")(one),
    "withdrawn": filled("consents", "withdrawn_at"),
    "repeats_changed": changed_lines,
}
"""Dial -> how much there is of its part."""

MEANWHILE = {"drift": {"category_spread": 0}, "cards_forgotten": {"cards_lent": 0}}
"""What else has to be off for a part to be seen alone."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("real") / "work")
    ingested(settings, customers=16, skus=24, days=100)
    return settings


@pytest.fixture(scope="module")
def full(real: Settings) -> Planted:
    return planted(real, "full", scale=2, dials=ALL)


def test_every_dial_is_tried() -> None:
    assert list(PARTS) == [field.name for field in fields(Dials)]


@pytest.mark.parametrize("dial", PARTS)
def test_at_none_nothing_of_the_part_is_planted(real: Settings, full: Planted, dial: str) -> None:
    assert PARTS[dial](full) > 0
    off = planted(real, f"no-{dial}", scale=2, dials=ALL.turned(MEANWHILE.get(dial, {}) | {dial: 0}))
    assert PARTS[dial](off) == 0
