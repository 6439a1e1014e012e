"""Customers of a load: who they are, now and as of a cutoff, whose purchases teach, and what a killed load leaves."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import ingest as loading
from features.clock import Cutoff
from features.doctor import people
from features.errors import StateError, UserError
from features.identity import resolve
from features.identity.customers import customers_as_of, has_consents, has_identifiers, resolution
from features.identity.keyed_hash import VARIABLE
from features.identity.ledger import resolved
from features.identity.person import find, subject_named
from features.identity.resolution import describe, separate
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import load, rows

MAPPING = """
region = "US"
[till_receipts]
files = "receipts.csv"
[web_orders]
files = "orders.csv"
"""
ACCOUNTS, CARDS, CONSENTS = (f'[{name}]\nfiles = "{name}.csv"\n' for name in ("accounts", "loyalty_cards", "consents"))
FILES = {
    "receipts.csv": """\
        receipt_id,line,sku,sold_at,units,paid,loyalty_id,payment_token
        r1,1,milk,2025-03-01,1,1.00,L1,
        r2,1,milk,2025-03-02,2,1.00,L2,t-2
        r3,1,milk,2025-03-03,4,1.00,,t-2
        r4,1,milk,2025-04-20,8,1.00,L1,
        r5,1,milk,2025-04-21,16,1.00,L9,
        r6,1,milk,2025-04-22,32,1.00,,
        """,
    "orders.csv": """\
        order_id,line,account_id,sku,ordered_at,units,paid
        o1,1,a1,milk,2025-03-05,64,1.00
        o2,1,a2,milk,2025-04-25,128,1.00
        """,
    "accounts.csv": """\
        account_id,email,created_at,loyalty_id
        a1,ann@example.com,2025-01-01,L1
        a2,Ann@Example.com,2025-04-01,
        """,
    "loyalty_cards.csv": """\
        loyalty_id,email,created_at
        L1,,2025-01-02
        L2,bob@example.com,2025-01-03
        """,
}
ANN, BOB, NINE = "account:own:a1", "card:own:L2", "card:own:L9"
EARLY, LATE = Cutoff.parse("2025-03-20"), Cutoff.parse("2025-05-01")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Strong keys are enough here: Splink takes its seconds."""
    monkeypatch.setenv(VARIABLE, "a key of a test, long enough")
    monkeypatch.setattr(resolve, "probable_links", lambda *_: None)
    return Settings(work=tmp_path / "work", memory_limit="256MB")


def bring(settings: Settings, *tables: str, **more: str):
    files = FILES | {name.replace("_csv", ".csv"): text for name, text in more.items()}
    return load(settings, MAPPING + "".join(tables), files)


def bought(settings: Settings, cutoff: Cutoff) -> dict[str | None, float]:
    """Units by customer, of all purchases, as attributed at the cutoff."""
    known = customers_as_of(settings, Warehouse.open(settings), cutoff)
    totals: Counter[str | None] = Counter()
    for customer, units in rows(known.purchases, ("customer_id", "units")):
        totals[customer] += units
    return dict(totals)


def test_without_tables_of_persons_ids_stay_what_the_source_says(settings: Settings) -> None:
    receipts = FILES["receipts.csv"].replace(",t-2", ",")
    report = bring(settings, receipts_csv=receipts)
    warehouse = Warehouse.open(settings)
    assert (report.subjects, report.customers, people(settings)) == (None, None, None)
    known = customers_as_of(settings, warehouse, LATE)
    assert (known.purchases, known.folder) == (warehouse.purchases, None)
    assert set(bought(settings, LATE)) == {"L1", "L2", "L9", "a1", "a2", None}
    assert not (settings.work / "identity").exists()
    with pytest.raises(StateError, match="Nothing that was loaded speaks of persons"):
        describe(settings)


def test_a_load_says_how_many_customers_accounts_and_cards_are(settings: Settings) -> None:
    report = bring(settings, ACCOUNTS, CARDS)
    assert (report.subjects, report.customers) == (4, 2)
    assert people(settings).sentence.startswith("4 accounts and cards are 2 customers;")
    again = bring(settings, ACCOUNTS, CARDS)
    assert (again.changed, again.subjects, again.customers) == (False, 4, 2)
    found = describe(settings)
    assert (found.links, found.sizes, found.paid_baskets) == ({"email": 1, "linked": 1}, {1: 1, 3: 1}, 1)


def test_a_link_that_was_learned_later_does_not_reach_back(settings: Settings) -> None:
    bring(settings, ACCOUNTS, CARDS)
    # a2 is Ann's from April on; r3 shows no card and was paid as Bob pays; L9 left no evidence
    assert bought(settings, LATE) == {ANN: 1 + 8 + 64 + 128, BOB: 2 + 4, NINE: 16, None: 32}
    assert bought(settings, EARLY) == {ANN: 1 + 8 + 64, "account:own:a2": 128, BOB: 2 + 4, NINE: 16, None: 32}
    raw = rows(Warehouse.open(settings).purchases, "customer_id")
    assert {customer for (customer,) in raw} == {"L1", "L2", "L9", "a1", "a2", None}


def test_what_is_known_as_of_a_cutoff_is_made_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(settings, ACCOUNTS, CARDS)
    first = customers_as_of(settings, Warehouse.open(settings), LATE)
    monkeypatch.setattr("features.identity.customers._make", None)
    assert customers_as_of(settings, Warehouse.open(settings), LATE) == first
    assert {path.name for path in first.folder.iterdir()} == {
        f"{name}.parquet" for name in ("customers", "aliases", "payers", "paid_baskets", "served", "purchases")
    }


CONSENTED = """\
    holder,id,purpose,granted_at,withdrawn_at
    account,a1,training,2025-01-01,
    account,a1,recommendations,2025-01-01,
    loyalty_card,L1,training,2025-01-01,2025-05-05
    loyalty_card,L2,training,2025-04-01,
    loyalty_card,L2,recommendations,2025-01-01,2025-01-05
    """


def test_only_purchases_under_a_consent_to_training_teach(settings: Settings) -> None:
    bring(settings, ACCOUNTS, CARDS, CONSENTS, consents_csv=CONSENTED)
    # L1 took it back, if later; a2 and L9 were never asked; L2's own consent covers the receipt that they paid
    assert bought(settings, LATE) == {ANN: 64, BOB: 2 + 4, None: 1 + 8 + 16 + 32 + 128}
    assert bought(settings, EARLY) == {ANN: 64, None: 1 + 2 + 4 + 8 + 16 + 32 + 128}
    served = customers_as_of(settings, Warehouse.open(settings), LATE).folder / "served.parquet"
    assert dict(rows(served)) == {ANN: True, BOB: False}


def test_a_card_of_which_nothing_else_is_known_permits_for_itself(settings: Settings) -> None:
    given = "".join(f"loyalty_card,L9,{purpose},2025-01-01,\n" for purpose in ("training", "recommendations"))
    bring(settings, ACCOUNTS, CARDS, CONSENTS, consents_csv=f"{CONSENTED.rstrip(' ')}{given}")
    served = customers_as_of(settings, Warehouse.open(settings), LATE).folder / "served.parquet"
    assert dict(rows(served)) == {ANN: True, BOB: False, NINE: True}
    assert bought(settings, LATE) == {ANN: 64, BOB: 2 + 4, NINE: 16, None: 1 + 8 + 32 + 128}


def test_tables_without_rows_say_nothing(tmp_path: Path) -> None:
    said = []
    for count in (0, 1):
        for name, column in (("consents", "id"), ("accounts", "account_id")):
            pq.write_table(pa.table({column: ["a"] * count}), tmp_path / f"{name}.parquet")
        said.append((has_consents(tmp_path), has_identifiers(tmp_path)))
    assert said == [(False, False), (True, True)]


def test_consents_count_for_plain_ids_too(settings: Settings) -> None:
    receipts = FILES["receipts.csv"].replace(",t-2", ",")
    bring(settings, CONSENTS, consents_csv=CONSENTED, receipts_csv=receipts)
    assert bought(settings, LATE) == {"a1": 64, "L2": 2, None: 1 + 4 + 8 + 16 + 32 + 128}
    served = customers_as_of(settings, Warehouse.open(settings), LATE).folder / "served.parquet"
    assert dict(rows(served)) == {"a1": True, "L2": False}


def test_a_load_that_dies_before_its_warehouse_counts_leaves_customers_as_they_were(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(settings, ACCOUNTS, CARDS)
    before, customers = Warehouse.open(settings), bought(settings, LATE)
    more = FILES["accounts.csv"] + "a3,bob@example.com,2025-01-01,\n"
    with monkeypatch.context() as patched:
        patched.setattr(loading, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bring(settings, ACCOUNTS, CARDS, accounts_csv=more)
    assert Warehouse.open(settings) == before
    assert resolved(resolution(settings, before))["customers"] == 2
    assert bought(settings, LATE) == customers
    report = bring(settings, ACCOUNTS, CARDS, accounts_csv=more)
    assert (report.subjects, report.customers) == (5, 2)


def test_a_lost_identity_folder_is_made_again(settings: Settings) -> None:
    bring(settings, ACCOUNTS, CARDS)
    customers = bought(settings, LATE)
    (settings.work / "identity").rename(settings.work / "lost")
    assert people(settings).sentence.startswith("Customers are not resolved")
    assert bought(settings, LATE) == customers


def test_a_merge_is_undone_by_any_names_and_stays_undone(settings: Settings) -> None:
    bring(settings, ACCOUNTS, CARDS)
    found = separate(settings, "a1", "account:a2", datetime(2025, 5, 2), "two sisters")
    assert found.customers == {ANN: [ANN, "card:own:L1"], "account:own:a2": ["account:own:a2"]}
    later = Cutoff.parse("2025-05-03")
    assert bought(settings, later)["account:own:a2"] == 128
    report = bring(settings, ACCOUNTS, CARDS, receipts_csv=FILES["receipts.csv"] + "r7,1,ale,2025-04-23,1,1,L1,\n")
    assert (report.changed, report.customers) == (True, 3)


@pytest.mark.parametrize(
    ("left", "right", "reason", "message"),
    [
        ("a1", "zoe", "why", "No account, card or customer is named 'zoe'"),
        ("a1", "account:own:a1", "why", "the same account or card"),
        ("a1", "L2", "why", "are two customers already"),
        ("a1", "a2", " ", "The reason is empty"),
    ],
)
def test_what_cannot_be_undone_is_told(settings: Settings, left: str, right: str, reason: str, message: str) -> None:
    bring(settings, ACCOUNTS, CARDS)
    with pytest.raises(UserError, match=message):
        separate(settings, left, right, datetime(2025, 5, 2), reason)


def test_a_name_of_several_is_told(settings: Settings) -> None:
    more = FILES["loyalty_cards.csv"] + "a1,carl@example.com,2025-01-04\n"
    bring(settings, ACCOUNTS, CARDS, loyalty_cards_csv=more)
    warehouse = Warehouse.open(settings)
    with pytest.raises(UserError, match="'a1' is a name of 2 customers: account:own:a1, card:own:a1"):
        find(settings, warehouse, "a1")
    with pytest.raises(UserError, match="'a1' is the name of account:own:a1, card:own:a1"):
        subject_named(settings, warehouse, "a1")
    assert find(settings, warehouse, "card:a1").subjects == ("card:own:a1",)
    assert find(settings, warehouse, "L1").subjects == (ANN, "account:own:a2", "card:own:L1")
    assert find(settings, warehouse, ANN).customer_id == ANN
