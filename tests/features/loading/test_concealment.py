"""Identifiers of persons: hashed on entry, never stored as they came, refused without a key."""

from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, UserError
from features.identity.keyed_hash import VARIABLE, KeyedHash
from features.loading import concealment
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import RECEIPTS, load, of_table, rows

KEY = "a key of a test, long enough"
BOUGHT = "receipt_id,line,sku,sold_at,units,paid\nr1,1,milk,2025-05-01,2,3.00\n"
ACCOUNTS = 'region = "US"\n' + RECEIPTS + '[accounts]\nfiles = "accounts.csv"\n'
PEOPLE = """\
account_id,email,phone,given_name,family_name,birth_date,street,city,postcode,loyalty_id,created_at,nickname
a1, Ann.Lee@Example.com ,(212) 555-0100,Annabel,Leeward,1980-02-03,5 Elm St,Springfield,12345,c1,2025-01-01,Nan
a2,ann.lee@example.com,+1 212 555 0100,,,,,,,,2025-01-02,
a3,bob@example.com,,Robert,Brownlow,,,,,,2031-01-01,Bobby
,carol@example.com,,Carol,,,,,,,2025-01-01,
a5,dora@example.com,,Dora,,,,,,,soon,
"""
RAW = ("ann.lee", "Ann.Lee", "555-0100", "555 0100", "5550100", "Annabel", "annabel", "Leeward", "1980-", "Elm")
RAW += ("Springfield", "12345", "Nan")
RAW += ("bob@", "Brownlow", "carol", "Carol", "dora", "Dora")
HASH = KeyedHash(KEY)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv(VARIABLE, KEY)
    return Settings(work=tmp_path / "work", memory_limit="256MB")


def bring(settings: Settings, mapping: str = ACCOUNTS, **files: str) -> object:
    return load(settings, mapping, {"receipts.csv": BOUGHT} | {f"{name}.csv": text for name, text in files.items()})


def stored(settings: Settings, *columns: str, table: str = "accounts") -> list[tuple[object, ...]]:
    return sorted(rows(Warehouse.open(settings).table(table), columns), key=str)


def kept_text(settings: Settings) -> str:
    """Everything that a load leaves in the work folder but the files that were brought: paths, texts and cells."""
    paths = [path for path in settings.work.rglob("*") if path.is_file() and "brought" not in path.parts]
    tables = [pd.read_parquet(path).to_csv() for path in paths if path.suffix == ".parquet"]
    others = [path.read_text() for path in paths if path.suffix != ".parquet"]
    return "\n".join([*map(str, (path.relative_to(settings.work) for path in paths)), *tables, *others])


def test_two_spellings_of_an_address_and_a_number_are_one_hash(settings: Settings) -> None:
    bring(settings, accounts=PEOPLE)
    email, phone = HASH.of("email", "ann.lee@example.com"), HASH.of("phone", "+12125550100")
    assert stored(settings, "account_id", "email_hash", "phone_hash") == [("a1", email, phone), ("a2", email, phone)]
    assert stored(settings, "account_id", "birth_year_hash", "family_name_hash", "loyalty_id")[1] == (
        "a2",
        None,
        None,
        None,
    )


def test_nothing_raw_is_left_in_any_file(settings: Settings) -> None:
    bring(settings, accounts=PEOPLE)
    text = kept_text(settings)
    assert {"a1", HASH.of("email", "ann.lee@example.com"), HASH.of("given_name", "robert")} <= set(
        text.replace(",", " ").split()
    )
    assert [raw for raw in RAW if raw in text] == []


def test_quarantine_has_our_columns_and_the_text_that_could_not_be_read(settings: Settings) -> None:
    bring(settings, accounts=PEOPLE)
    held = rows(settings.quarantine / "accounts.parquet", ("reason", "account_id", "their created_at", "email_hash"))
    assert sorted(held, key=str) == [
        ("account_id is empty", None, "2025-01-01", HASH.of("email", "carol@example.com")),
        ("created_at is in the future", "a3", "2031-01-01", HASH.of("email", "bob@example.com")),
        ("created_at is not an instant", "a5", "soon", HASH.of("email", "dora@example.com")),
    ]


def test_of_a_line_that_is_no_row_only_the_fault_is_kept(settings: Settings) -> None:
    bring(settings, accounts=PEOPLE + "a6,erin@example.com,one,two\n")
    held = rows(settings.quarantine / "accounts.parquet", ("malformed_line",), "reason LIKE 'malformed%'")
    assert held == [(None,)]
    assert "erin" not in kept_text(settings)


@pytest.mark.parametrize("table", ["accounts", "loyalty_cards"])
def test_a_table_with_identifiers_is_refused_without_a_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.delenv(VARIABLE)
    key = "account_id" if table == "accounts" else "loyalty_id"
    mapping = RECEIPTS + f'[{table}]\nfiles = "people.csv"\n'
    with pytest.raises(UserError, match=rf"{table} brings email. {VARIABLE} is not set"):
        bring(settings, mapping, people=f"{key},email\n1,ann@example.com\n")
    assert Warehouse.find(settings) is None


def test_payment_tokens_of_receipts_need_a_key_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    text = BOUGHT.replace("paid\n", "paid,payment_token\n").replace("3.00\n", "3.00,tok-1\n")
    with pytest.raises(UserError, match="till_receipts brings payment_token"):
        load(settings, RECEIPTS, {"receipts.csv": text})


def test_a_token_is_one_hash_in_orders_receipts_and_instruments(settings: Settings) -> None:
    """So a receipt without a card meets the account that the means of payment is stored in."""
    mapping = "".join(
        f'[{name}]\nfiles = "{name}.csv"\n' for name in ("till_receipts", "web_orders", "payment_instruments")
    )
    files = {
        "till_receipts.csv": "receipt_id,line,sku,sold_at,payment_token\nr1,1,milk,2025-05-01, tok-1\n",
        "web_orders.csv": "order_id,line,sku,ordered_at,account_id,payment_token\no1,1,milk,2025-05-01,a1,tok-1\n",
        "payment_instruments.csv": "payment_token,account_id\ntok-1,a1\n,a2\n",
    }
    report = load(settings, mapping, files)
    tokens = [
        rows(Warehouse.open(settings).input(table), ("payment_token",))
        for table in ("till_receipts", "web_orders", "payment_instruments")
    ]
    assert tokens == [[(HASH.of("payment_token", "tok-1"),)]] * 3
    assert of_table(report, "payment_instruments").quarantined == {"payment_token is empty": 1}
    assert "tok-1" not in kept_text(settings)


def test_rows_that_are_read_in_parts_have_the_hashes_of_their_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concealment, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(concealment, "_HASHES_KEPT", 1)
    tokens = ["a", "b", "a", "", "c", "a", "b"]
    text = "receipt_id,line,sku,sold_at,payment_token\n"
    text += "".join(f"r{nth},1,milk,2025-05-01,{token}\n" for nth, token in enumerate(tokens))
    load(settings, RECEIPTS, {"receipts.csv": text})
    found = sorted(rows(Warehouse.open(settings).input("till_receipts"), ("receipt_id", "payment_token")))
    assert found == [(f"r{nth}", HASH.of("payment_token", one) if one else None) for nth, one in enumerate(tokens)]


def test_tokens_that_are_whole_numbers_are_texts(settings: Settings) -> None:
    frame = pd.DataFrame({"payment_token": [7, 8], "account_id": ["a1", "a2"]})
    mapping = RECEIPTS + '[payment_instruments]\nfiles = "tools.parquet"\n'
    load(settings, mapping, {"receipts.csv": BOUGHT, "tools.parquet": frame})
    assert {row[0] for row in stored(settings, "payment_token", table="payment_instruments")} == {
        HASH.of("payment_token", "7"),
        HASH.of("payment_token", "8"),
    }


def test_the_same_rows_again_change_nothing_and_a_corrected_address_replaces_the_older(settings: Settings) -> None:
    good = "account_id,email\na1,ann@example.com\na2,bob@example.com\n"
    first = load(settings, ACCOUNTS, {"receipts.csv": BOUGHT, "accounts.csv": good})
    again = load(settings, ACCOUNTS, {"receipts.csv": BOUGHT, "accounts.csv": good + "\n"})
    assert (again.changed, again.digest) == (False, first.digest)
    corrected = load(settings, ACCOUNTS, {"receipts.csv": BOUGHT, "accounts.csv": good.replace("bob", "robert")})
    counts = of_table(corrected, "accounts")
    assert (counts.corrected, counts.unchanged) == (1, 1)


def test_another_key_is_refused_until_everything_is_loaded_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"receipts.csv": BOUGHT, "accounts.csv": "account_id,email\na1,ann@example.com\n"}
    first = load(settings, ACCOUNTS, files)
    monkeypatch.setenv(VARIABLE, "another key, long enough")
    with pytest.raises(UserError, match="under another key"):
        load(settings, ACCOUNTS, files)
    assert Warehouse.open(settings).digest == first.digest
    assert load(settings, RECEIPTS, {"receipts.csv": BOUGHT.replace("3.00", "4.00")}).changed
    with pytest.raises(UserError, match="under another key"):
        load(settings, ACCOUNTS, files)
    assert load(settings, ACCOUNTS, files, replace=True).digest != first.digest


def test_phone_numbers_need_a_country(settings: Settings) -> None:
    without = ACCOUNTS.replace('region = "US"\n', "")
    with pytest.raises(UserError, match=r'accounts brings phone numbers. Next: .*region = "CN"'):
        bring(settings, without, accounts="account_id,phone\na1,5550100\n")
    with pytest.raises(UserError, match="region: 'XX' is not known"):
        bring(settings, ACCOUNTS.replace("US", "XX"), accounts="account_id,phone\na1,5550100\n")
    bring(settings, without, accounts="account_id,email\na1,ann@example.com\n")
    assert stored(settings, "phone_hash") == [(None,)]


def test_a_hash_that_a_party_brings_is_kept_and_no_key_is_needed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    bring(settings, accounts="account_id,email_hash\na1,0123abcd\n")
    assert stored(settings, "account_id", "email_hash") == [("a1", "0123abcd")]


def test_identifiers_are_mapped_like_any_column(settings: Settings) -> None:
    columns = '[accounts.columns]\naccount_id = "member"\nemail = { sql = "lower(mail)" }\n'
    bring(settings, ACCOUNTS + columns, accounts="member,mail\n7,Ann@Example.com\n")
    assert stored(settings, "account_id", "email_hash") == [("7", HASH.of("email", "ann@example.com"))]
    with pytest.raises(UserError, match=r"'emial', which means nothing here. Nearest: 'email'"):
        bring(settings, ACCOUNTS + '[accounts.columns]\nemial = "mail"\n', accounts="member,mail\n7,a@b.com\n")


def test_an_account_without_its_id_column_is_refused(settings: Settings) -> None:
    with pytest.raises(DataError, match=r"accounts: no column for account_id.* has: member, email\.") as caught:
        bring(settings, accounts="member,email\n7,ann@example.com\n")
    assert "ann@" not in str(caught.value)


def test_instruments_without_a_token_are_refused(settings: Settings) -> None:
    mapping = RECEIPTS + '[payment_instruments]\nfiles = "tools.csv"\n'
    with pytest.raises(DataError, match="payment_instruments: no column for payment_token"):
        bring(settings, mapping, tools="account_id\na1\n")
