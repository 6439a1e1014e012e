"""The ledger on real files: contract tables go in, customers come out, and a false merge is undone."""

from datetime import datetime

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import StateError, UserError
from features.identity.ledger import KEPT, TABLES, as_of, current, separate, update
from features.identity.limits import Options
from features.identity.payers import token_baskets
from features.warehouse.purchases import basket_named
from tests.helpers.identities import hashed, named

STRONG_ONLY = Options(is_fuzzy=False)
DAY = datetime(2024, 1, 1)


@pytest.fixture
def inputs(tmp_path):
    """Two accounts of one e-mail address, a card that one of them names, and receipts with and without it."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    accounts = hashed(
        [{"account_id": "a", "email": "x@x.de"}, {"account_id": "b", "email": "x@x.de"}, {"account_id": "c"}]
    )
    cards = pa.array(["L", None, None], pa.string())
    pq.write_table(accounts.append_column("loyalty_id", cards), folder / "accounts.parquet")
    receipts = {
        "party": ["own", "own", "chain"],
        "receipt_id": ["1", "2", "2"],
        "loyalty_id": ["L", None, None],
        "payment_token": ["t", "t", "t"],
        "sold_at": [DAY, DAY, DAY],
    }
    pq.write_table(pa.table(receipts), folder / "till_receipts.parquet")
    return folder


def read(folder, table, columns="*"):
    path = current(folder) / f"{table}.parquet"
    return duckdb.connect().execute(f"SELECT {columns} FROM '{path}' ORDER BY ALL").fetchall()


def test_accounts_cards_and_payers(inputs, tmp_path):
    found = update(tmp_path / "identity", inputs, options=STRONG_ONLY)
    assert (found.subjects, found.customers) == (3, 1)
    one = named("a")
    assert read(tmp_path / "identity", "customers", "subject, customer_id") == [
        (named("a"), one),
        (named("b"), one),
        ("card:own:L", one),
    ]
    assert read(tmp_path / "identity", "paid_baskets", "party, basket_id, customer_id") == [("own", "store:2", one)]
    assert ("card:own:L", "payment_token", "till_receipts", "observed") in read(
        tmp_path / "identity", "evidence", "subject, type, source, method"
    )


def test_baskets_are_named_as_in_purchases(inputs):
    connection = duckdb.connect()
    receipts = f"read_parquet('{inputs / 'till_receipts.parquet'}')"
    rows = connection.execute(token_baskets(connection, {"till_receipts": receipts})).fetchall()
    named_there = basket_named(ibis._.party, "store", ibis._.receipt_id)
    table = ibis.table({"party": "string", "receipt_id": "string"}, name="receipts").select(named_there)
    connection.execute(f"CREATE VIEW receipts AS FROM {receipts}").fetchall()
    in_purchases = connection.execute(str(ibis.to_sql(table, dialect="duckdb"))).fetchall()
    assert (
        {basket for _, basket, *_ in rows}
        == {name for (name,) in in_purchases}
        == {"store:1", "store:2", "chain/store:2"}
    )


def test_customers_as_of_an_instant_publish_nothing(inputs, tmp_path):
    folder, out = tmp_path / "identity", tmp_path / "then"
    update(folder, inputs, options=STRONG_ONLY)
    found = as_of(current(folder), inputs, datetime(2020, 1, 1), out, STRONG_ONLY)
    assert (found.subjects, found.customers) == (0, 0)
    found = as_of(current(folder), inputs, datetime(2023, 1, 1), out, STRONG_ONLY)
    assert (found.subjects, found.customers) == (3, 1)
    assert duckdb.connect().execute(f"SELECT count(*) FROM '{out / 'paid_baskets.parquet'}'").fetchall() == [(0,)]
    assert current(folder).name == "1"
    assert len(read(folder, "paid_baskets")) == 1


def test_the_same_again_changes_nothing_but_the_version(inputs, tmp_path):
    folder = tmp_path / "identity"
    update(folder, inputs, options=STRONG_ONLY)
    before = {table: read(folder, table) for table in TABLES}
    assert current(folder).name == "1"
    update(folder, inputs, options=STRONG_ONLY)
    assert {table: read(folder, table) for table in TABLES} == before
    assert current(folder).name == "2"


def test_old_versions_go(inputs, tmp_path):
    folder = tmp_path / "identity"
    for _ in range(KEPT + 2):
        update(folder, inputs, options=STRONG_ONLY)
    assert {path.name for path in folder.iterdir()} == {"current", "3", "4", "5"}


def test_a_merge_is_undone_and_stays_undone(inputs, tmp_path):
    folder = tmp_path / "identity"
    update(folder, inputs, options=STRONG_ONLY)
    assert separate(folder, (named("b"), named("a")), DAY, "two sisters") == (named("a"), named("b"), "card:own:L")
    customers = dict(read(folder, "customers", "subject, customer_id"))
    assert customers[named("b")] != customers[named("a")] == customers["card:own:L"]
    update(folder, inputs, options=STRONG_ONLY)
    assert dict(read(folder, "customers", "subject, customer_id")) == customers
    with pytest.raises(UserError, match="are two customers already"):
        separate(folder, (named("b"), named("a")), DAY, "again")
    with pytest.raises(UserError, match="no subject 'account:own:zoe'"):
        separate(folder, (named("b"), "account:own:zoe"), DAY, "whoever")


def test_a_failure_leaves_the_version_before(inputs, tmp_path, monkeypatch):
    folder = tmp_path / "identity"
    update(folder, inputs, options=STRONG_ONLY)
    (inputs / "loyalty_cards.parquet").write_bytes(b"not a table")
    with pytest.raises(duckdb.Error):
        update(folder, inputs, options=STRONG_ONLY)
    assert current(folder).name == "1"
    assert {path.name for path in folder.iterdir()} == {"current", "1"}


def test_a_damaged_version_is_told(inputs, tmp_path):
    folder = tmp_path / "identity"
    update(folder, inputs, options=STRONG_ONLY)
    (folder / "1" / "links.parquet").unlink()
    with pytest.raises(StateError, match=r"1/links\.parquet is missing"):
        update(folder, inputs, options=STRONG_ONLY)


def test_nothing_was_resolved_yet(tmp_path):
    assert current(tmp_path) is None


@pytest.mark.parametrize(
    ("consents", "customers"),
    [(("y", "y", "y"), 1), ((None, None, "y"), 2), (("y", None, "y"), 1), (("y", "y", None), 2)],
)
def test_a_card_of_another_party_is_found_by_its_number(tmp_path, consents, customers):
    """Two accounts of a shop name a chain's card: they are one, and the card's, where each side permits it."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    rows = [{"account_id": name, "party": "shop", "consent_id": consents[nth]} for nth, name in enumerate("ab")]
    accounts = hashed(rows).append_column("loyalty_id", pa.array(["L", "L"], pa.string()))
    pq.write_table(accounts, folder / "accounts.parquet")
    cards = hashed([{"account_id": "x", "party": "chain", "phone": "2125550100", "consent_id": consents[2]}])
    cards = cards.drop_columns(["account_id"]).append_column("loyalty_id", pa.array(["L"], pa.string()))
    pq.write_table(cards, folder / "loyalty_cards.parquet")
    found = update(tmp_path / "identity", folder, options=STRONG_ONLY)
    assert (found.subjects, found.customers) == (3, customers)
    borne = dict(read(tmp_path / "identity", "customers", "subject, customer_id"))
    assert set(borne) == {"account:shop:a", "account:shop:b", "card:chain:L"}
    assert borne["account:shop:a"] == borne["account:shop:b"]
