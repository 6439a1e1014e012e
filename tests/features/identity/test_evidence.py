"""Evidence is appended once, kept whole, and holds nothing raw."""

from datetime import datetime

import duckdb
import pytest

from features.errors import StateError
from features.identity.evidence import CARD, Origin, empty, gather, load, save, subject
from features.identity.resolve import resolve
from tests.helpers.identities import KEY, add, evidence_of, hashed, named

RAW = {
    "email": "ann.lee@x.de",
    "phone": "(415) 555-2671",
    "given_name": "Annabel",
    "family_name": "Leighton",
    "birth_date": "1980-02-03",
    "street": "12 Windmill Rd",
    "postcode": "10001",
    "city": "Springfield",
    "member_number": "MEMBER-77",
}
SPELLED = ("ann.lee", "annlee", "5552671", "annabel", "leighton", "1980-02", "windmill", "springfield", "member-77")


def rows_of(connection, columns="*"):
    return connection.execute(f"SELECT {columns} FROM evidence ORDER BY ALL").fetchall()


def test_a_row_says_who_had_what_from_when():
    connection = evidence_of([{"account_id": "a", "email": "Ann@x.de", "consent_id": "k"}])
    columns = "subject, type, value, source, party, consent, valid_from, valid_to, method, score"
    assert rows_of(connection, columns) == [
        (
            named("a"), "email", KEY.of("email", "ann@x.de"), "accounts", "own", "k", datetime(2020, 1, 1), None,
            "declared", 1.0,
        )
    ]  # fmt: skip


def test_the_same_rows_again_change_nothing():
    rows = [{"account_id": "a", **RAW}, {"account_id": "b", "email": "b@x.de", "twin_id": "a"}]
    connection = evidence_of(rows)
    before = rows_of(connection)
    assert add(connection, rows) == 0
    assert add(connection, rows[::-1]) == 0
    assert rows_of(connection) == before


def test_a_new_value_is_added_and_the_old_one_stays():
    connection = evidence_of([{"account_id": "a", "phone": "4155552671"}])
    moved = {"account_id": "a", "phone": "4155552672", "created_at": datetime(2022, 1, 1)}
    assert add(connection, [moved]) == 1
    assert {value for (value,) in rows_of(connection, "value")} == {
        KEY.of("phone", "+14155552671"),
        KEY.of("phone", "+14155552672"),
    }


def test_tables_may_lack_columns():
    connection = duckdb.connect()
    empty(connection, "evidence")
    connection.execute("CREATE TABLE cards AS SELECT 'L1' AS loyalty_id, 'own' AS party, 'h' AS phone_hash").fetchall()
    origin = Origin("loyalty_cards", CARD, "loyalty_id", "created_at", links=(("account_id", "account"),))
    assert gather(connection, "cards", origin, "evidence") == 1
    assert rows_of(connection, "subject, valid_from") == [(subject(CARD, "own", "L1"), None)]


def test_it_is_read_back_as_it_was_written(tmp_path):
    connection = evidence_of([{"account_id": "a", **RAW}])
    save(connection, "evidence", tmp_path / "evidence.parquet")
    other = duckdb.connect()
    load(other, tmp_path / "evidence.parquet", "evidence")
    assert rows_of(other) == rows_of(connection)
    assert [path.name for path in tmp_path.iterdir()] == ["evidence.parquet"]


def test_no_file_is_no_evidence(tmp_path):
    connection = duckdb.connect()
    load(connection, tmp_path / "evidence.parquet", "evidence")
    assert rows_of(connection) == []


def test_a_file_of_something_else_is_told(tmp_path):
    connection = duckdb.connect()
    connection.execute(f"COPY (SELECT 1 AS x) TO '{tmp_path / 'evidence.parquet'}'").fetchall()
    with pytest.raises(StateError, match=r"evidence\.parquet: column consent is missing"):
        load(connection, tmp_path / "evidence.parquet", "evidence")


def test_nothing_raw_is_written_anywhere(tmp_path):
    rows = [{"account_id": "a", **RAW}, {"account_id": "b", **RAW}]
    connection = evidence_of(rows)
    resolve(connection, "evidence")
    connection.execute(
        f"CREATE TABLE stored AS SELECT * FROM read_parquet('{_write(hashed(rows), tmp_path)}')"
    ).fetchall()
    for (table,) in connection.execute("SELECT DISTINCT table_name FROM duckdb_tables()").fetchall():
        connection.execute(f"COPY {table} TO '{tmp_path / table}.csv'").fetchall()
    save(connection, "evidence", tmp_path / "evidence.parquet")
    files = list(tmp_path.iterdir())
    assert len(files) > 8
    for path in files:
        text = path.read_bytes().lower()
        assert not [word for word in SPELLED if word.encode() in text], path.name


def _write(table, folder):
    import pyarrow.parquet as pq

    pq.write_table(table, folder / "accounts.parquet", compression="none")
    return folder / "accounts.parquet"
