"""Erasure and export on loaded tables: nothing of the person is left in any file, others keep what is theirs."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features.clock import Cutoff
from features.errors import StateError, UserError
from features.identity import resolve
from features.identity.customers import customers_as_of
from features.identity.keyed_hash import VARIABLE, KeyedHash
from features.ingest import ingest
from features.privacy import erasure, suppression
from features.settings import Settings
from features.warehouse.warehouse import Warehouse, only_load
from serving.storefront.suppressed import Suppressed
from tests.helpers.loads import RECEIPTS, load, rows
from tests.helpers.traces import traces
from training.privacy import erase as erasing
from training.privacy.erase import erase
from training.privacy.export import export

TABLES = ("web_orders", "returns", "events", "accounts", "loyalty_cards", "payment_instruments", "consents")
MAPPING = 'region = "US"\n' + RECEIPTS + "".join(f'[{name}]\nfiles = "{name}.csv"\n' for name in TABLES)
FILES = {
    "receipts.csv": """\
        receipt_id,line,sku,sold_at,units,paid,loyalty_id,payment_token
        r-ann-1,1,milk,2025-03-01,1,1.00,card-ann,tok-ann
        r-any-2,1,milk,2025-03-02,2,1.00,,tok-ann
        r-bob-3,1,milk,2025-03-03,4,1.00,card-bob,tok-both
        r-ann-4,1,milk,2025-03-04,8,1.00,card-ann,tok-both
        r-ann-5,x,milk,never,1,1.00,card-ann,
        """,
    "web_orders.csv": """\
        order_id,line,account_id,sku,ordered_at,units,paid
        o-ann-1,1,acc-ann,milk,2025-03-05,16,1.00
        o-bob-2,1,acc-bob,milk,2025-03-06,32,1.00
        """,
    "returns.csv": """\
        order_id,receipt_id,line,sku,returned_at,units
        o-ann-1,,1,milk,2025-03-07,1
        ,r-bob-3,1,milk,2025-03-08,1
        """,
    "events.csv": """\
        event_id,type,at,visitor_id,account_id,sku
        e1,view,2025-03-01,vis-ann,acc-ann,milk
        e2,view,2025-03-01,vis-ann,,milk
        e3,view,2025-03-01,vis-shared,acc-ann,milk
        e4,view,2025-03-01,vis-shared,acc-bob,milk
        e5,view,2025-03-01,vis-shared,,milk
        """,
    "accounts.csv": """\
        account_id,email,phone,given_name,created_at,loyalty_id
        acc-ann,ann@example.com,(212) 555-0100,Annabel,2025-01-01,card-ann
        acc-bob,bob@example.com,,Robert,2025-01-01,
        """,
    "loyalty_cards.csv": """\
        loyalty_id,email,created_at
        card-ann,,2025-01-02
        card-bob,bob@example.com,2025-01-03
        """,
    "payment_instruments.csv": """\
        payment_token,account_id,created_at
        tok-ann,acc-ann,2025-01-01
        tok-bob,acc-bob,2025-01-01
        """,
    "consents.csv": """\
        holder,id,consent_id,purpose,granted_at
        account,acc-ann,con-ann,training,2025-01-01
        loyalty_card,card-ann,con-ann-2,training,2025-01-01
        account,acc-bob,con-bob,training,2025-01-01
        """,
}
LONG_KEY = "a key of a test, long enough"
KEY = KeyedHash(LONG_KEY)
AT = datetime(2025, 6, 1)
HERS = {
    "acc-ann",
    "card-ann",
    "r-ann-1",
    "r-ann-4",
    "r-ann-5",
    "o-ann-1",
    "vis-ann",
    "con-ann",
    "con-ann-2",
    "e1",
    "e3",
}
HERS |= {"account:own:acc-ann", "card:own:card-ann", "tok-ann", KEY.of("payment_token", "tok-ann")}
HERS |= {KEY.of("email", "ann@example.com"), KEY.of("phone", "+12125550100"), KEY.of("given_name", "annabel")}
OTHERS = {"acc-bob", "card-bob", "r-bob-3", "o-bob-2", "vis-shared", "con-bob", "r-any-2"}
OTHERS |= {KEY.of("email", "bob@example.com"), KEY.of("payment_token", "tok-both")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with everything loaded, and customers as of a cutoff."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, LONG_KEY)
        patched.setattr(resolve, "probable_links", lambda *_: None)
        settings = Settings(work=tmp_path_factory.mktemp("loaded") / "work", memory_limit="256MB")
        load(settings, MAPPING, FILES)
        customers_as_of(settings, Warehouse.open(settings), Cutoff.parse("2025-05-01"))
        (settings.work / "snapshots").mkdir()
        (settings.work / "snapshots" / "old.npy").write_bytes(b"card-ann")
        shutil.move(settings.work / "brought", settings.work.parent / "brought")
    return settings.work


@pytest.fixture
def settings(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv(VARIABLE, LONG_KEY)
    monkeypatch.setattr(resolve, "probable_links", lambda *_: None)
    shutil.copytree(loaded, tmp_path / "work")
    return Settings(work=tmp_path / "work", memory_limit="256MB")


def load_again(settings: Settings, loaded: Path, *, replace: bool = False) -> None:
    ingest(settings, "tables", loaded.parent / "brought" / "dataset.toml", loaded_at=AT, replace=replace)


def texts_found(settings: Settings, texts: set[str]) -> set[str]:
    return {text for _, text in traces(settings.work, texts)}


def test_everything_of_hers_goes_and_what_is_others_stays(settings: Settings) -> None:
    assert texts_found(settings, HERS) == HERS - {"tok-ann"}  # raw tokens were never stored
    receipt = erase(settings, "card-ann", AT)
    assert traces(settings.work, HERS) == set()
    assert texts_found(settings, OTHERS) == OTHERS
    assert receipt.removed == {
        "till_receipts": 2,
        "web_orders": 1,
        "returns": 1,
        "events": 3,
        "accounts": 1,
        "loyalty_cards": 1,
        "payment_instruments": 1,
        "consents": 2,
        "quarantine": 1,
        "identity: accounts and cards": 2,
    }
    kept = rows(Warehouse.open(settings).purchases, ("basket_id", "customer_id", "units"))
    assert kept == [("store:r-any-2", None, 2.0), ("store:r-bob-3", "card-bob", 4.0), ("web:o-bob-2", "acc-bob", 32.0)]
    stored = settings.work / "erased" / "receipts" / f"{receipt.receipt}.json"
    assert json.loads(stored.read_text()) == json.loads(receipt.text())


def test_a_later_load_of_the_same_rows_does_not_bring_her_back(settings: Settings, loaded: Path) -> None:
    erase(settings, "acc-ann", AT)
    before = Warehouse.open(settings).digest
    for replace in (False, True):
        load_again(settings, loaded, replace=replace)
        assert traces(settings.work, HERS) == set()
        assert Warehouse.open(settings).digest == before


def test_her_names_are_suppressed_for_the_service(settings: Settings) -> None:
    erase(settings, "account:own:acc-ann", AT)
    listed = Suppressed(settings.suppressed)
    names = ["acc-ann", "account:acc-ann", "account:own:acc-ann", "card-ann", "card:card-ann", "acc-bob", None]
    assert [name for name in names if listed.holds(name, 0.0)] == names[:5]


def test_an_interrupted_erasure_is_finished_by_the_next_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((erasure, "_renew_ledger"), (erasing, "scrub")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                erase(settings, "acc-ann", AT)
    erase(settings, "acc-ann", AT)
    assert traces(settings.work, HERS) == set()
    assert texts_found(settings, OTHERS) == OTHERS


@pytest.mark.parametrize(
    ("name", "message"), [("zoe", "No account, card or customer is named 'zoe'"), ("r-ann-1", "No account, card")]
)
def test_who_is_not_there_cannot_be_erased(settings: Settings, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        erase(settings, name, AT)
    assert not (settings.work / "erased").exists()


def test_without_the_key_nothing_is_erased_and_nothing_loaded_after(
    settings: Settings, loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.delenv(VARIABLE)
        with pytest.raises(UserError, match=f"{VARIABLE} is not set"):
            erase(settings, "acc-ann", AT)
    erase(settings, "acc-ann", AT)
    with monkeypatch.context() as patched:
        patched.delenv(VARIABLE)
        with pytest.raises(UserError, match="Somebody was erased here"):
            load_again(settings, loaded)
        patched.setenv(VARIABLE, "another key, just as long")
        with pytest.raises(UserError, match="is not the key under which"):
            load_again(settings, loaded)


def test_a_running_load_is_told(settings: Settings) -> None:
    with only_load(settings), pytest.raises(StateError, match="Another load"):
        erase(settings, "acc-ann", AT)
    assert suppression.find(settings) is not None  # what was begun is finished by the next one
    erase(settings, "acc-ann", AT)
    assert traces(settings.work, HERS) == set()


def test_an_export_has_every_row_of_hers_and_none_of_others(settings: Settings, tmp_path: Path) -> None:
    counts = export(settings, "acc-ann", tmp_path / "out", AT)
    assert {name: counts[name] for name in ("till_receipts", "web_orders", "events", "accounts", "consents")} == {
        "till_receipts": 2,
        "web_orders": 1,
        "events": 3,
        "accounts": 1,
        "consents": 2,
    }
    person = json.loads((tmp_path / "out" / "person.json").read_text())
    assert person["accounts_and_cards"] == ["account:own:acc-ann", "card:own:card-ann"]
    tables = {path.stem: pd.read_csv(path) for path in (tmp_path / "out" / "tables").iterdir()}
    assert {name: len(table) for name, table in tables.items()} == counts
    assert set(tables["till_receipts"]["receipt_id"]) == {"r-ann-1", "r-ann-4"}
    exported = {
        text for _, text in traces(tmp_path / "out", OTHERS - {"vis-shared", KEY.of("payment_token", "tok-both")})
    }
    assert exported == {"r-any-2"}  # a receipt that they paid
    with pytest.raises(UserError, match="is there already"):
        export(settings, "acc-ann", tmp_path / "out", AT)
