"""Identifiers leave their door as keyed hashes only."""

import hashlib
import hmac

import pyarrow as pa
import pytest

from features.errors import UserError
from features.identity.entry import HASH_COLUMNS, RAW_COLUMNS, hash_identifiers
from features.identity.keyed_hash import VARIABLE, KeyedHash
from features.identity.normalise import REGIONS

KEY = KeyedHash("a secret of a test")


def test_without_a_key_the_error_says_how_to_make_one():
    with pytest.raises(UserError, match=rf"{VARIABLE} is not set.*export {VARIABLE}="):
        KeyedHash.load({})
    with pytest.raises(UserError, match="has 5 characters"):
        KeyedHash.load({VARIABLE: "short"})


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, "a secret of a test")
    assert KeyedHash.load().of("email", "a@b.de") == KEY.of("email", "a@b.de")


def test_it_is_hmac_sha256_under_a_key_of_the_purpose():
    key = hmac.new(b"a secret of a test", b"omnishelf identity: phone", hashlib.sha256).digest()
    assert KEY.of("phone", "+1") == hmac.new(key, b"+1", hashlib.sha256).hexdigest()[:32]


def test_purposes_and_secrets_do_not_meet():
    hashes = {KEY.of("phone", "1"), KEY.of("postcode", "1"), KeyedHash("a secret of another").of("phone", "1")}
    assert len(hashes) == 3


def test_columns_keep_their_holes():
    assert KEY.column("city", ["x", None, "x"]) == [KEY.of("city", "x"), None, KEY.of("city", "x")]


def test_the_secret_is_not_shown():
    assert "secret" not in repr(KEY)


def test_raw_columns_go_in_and_only_hashes_come_out():
    rows = pa.table({"id": ["1", "2"], "email": ["Ann@x.de ", "bad"], "phone": ["(415) 555-2671", None]})
    out = hash_identifiers(rows, KEY, REGIONS["US"])
    assert out.column_names == ["id", "email_hash", "mailbox_hash", "phone_hash"]
    assert out["email_hash"].to_pylist() == [KEY.of("email", "ann@x.de"), None]
    assert out["phone_hash"].to_pylist() == [KEY.of("phone", "+14155552671"), None]


def test_hashes_that_a_party_brings_pass():
    rows = pa.table({"id": ["1"], "email_hash": ["abc"]})
    assert hash_identifiers(rows, KEY, REGIONS["US"]) == rows


def test_every_hash_column_can_be_made():
    raw = {"email": "a.long.name@b.de", "phone": "4155552671", "given_name": "Bob", "family_name": "Lee"}
    raw |= {"birth_date": "1980-02-03", "street": "1 High St", "postcode": "1", "city": "X", "member_number": "7"}
    assert set(raw) == set(RAW_COLUMNS)
    out = hash_identifiers(pa.table({name: [text] for name, text in raw.items()}), KEY, REGIONS["US"])
    assert tuple(out.column_names) == HASH_COLUMNS
    assert not any(text in str(out.to_pylist()) for text in ("Lee", "lee", "1980", "high", "415"))
