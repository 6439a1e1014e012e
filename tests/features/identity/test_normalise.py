"""One spelling of each identifier, and silence where it says nothing."""

import pytest

from features.errors import UserError
from features.identity import normalise

DE, US, IT, CN = (normalise.REGIONS[code] for code in ("DE", "US", "IT", "CN"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann.Lee+shop@Example.COM ", "ann.lee+shop@example.com"),
        ("mailto:a@b.de", "a@b.de"),
        ("\uff41@b.de", "a@b.de"),
        ("test@example.com", None),
        ("no-at-sign", None),
        ("a@b", None),
        ("a@b.de, c@d.de", None),
        ("", None),
    ],
)
def test_email(text, expected):
    assert normalise.email(text) == expected


def test_a_mailbox_forgets_provider_tag_and_dots():
    assert normalise.mailbox("Ann.Lee+x@web.de") == normalise.mailbox("annlee@mail.com") == "annlee"
    assert normalise.mailbox("service@shop.de") is None
    assert normalise.mailbox("ann@shop.de") is None


@pytest.mark.parametrize(
    ("text", "home", "expected"),
    [
        ("0151 23456789", DE, "+4915123456789"),
        ("+49 (0)151-23456789", DE, "+4915123456789"),
        ("0049 151 23456789", US, "+4915123456789"),
        ("4915123456789", DE, "+4915123456789"),
        ("(415) 555-2671", US, "+14155552671"),
        ("1 415 555 2671", US, "+14155552671"),
        ("+1 415 555 2671", DE, "+14155552671"),
        ("06 1234 5678", IT, "+390612345678"),
        ("138 1234 5678", CN, "+8613812345678"),
        ("٠١٥١٢٣٤٥٦٧٨٩", DE, "+4915123456789"),
        ("0000000000", US, None),
        ("555", US, None),
        ("call me", US, None),
        ("", US, None),
    ],
)
def test_phone(text, home, expected):
    assert normalise.phone(text, home) == expected


def test_an_unknown_region_is_told_with_those_that_are_known():
    with pytest.raises(UserError, match=r"region: 'XX' is not known.*DE"):
        normalise.region("XX")
    assert normalise.region("de") is DE


def test_names():
    assert normalise.name("  José  O’Brien-Núñez ") == "jose obrien nunez"
    assert normalise.name("王小明") == "王小明"
    assert normalise.name("...") is None
    assert normalise.given_name("Bob") == normalise.given_name("ROBERT James") == "robert"


def test_sounds_forgive_vowels_and_doubled_letters():
    assert normalise.sound("robert") == normalise.sound("rupert") == "R163".lower()
    assert normalise.sound("ashcraft") == "a261"
    assert normalise.sound("tymczak") == "t522"
    assert normalise.sound("王小明") == "王小明"
    assert normalise.family_sound("Meyer") == normalise.family_sound("Maier")
    assert normalise.given_sound("") is normalise.family_sound("1") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1984-02-29", "1984-02-29"),
        ("19840229", "1984-02-29"),
        ("29.2.1984", "1984-02-29"),
        ("1984-02-29 00:00:00", "1984-02-29"),
        ("1985-02-29", None),
        ("03/04/1984", None),
        ("1900-01-01", None),
        ("1970-01-01", None),
        ("1800-05-05", None),
        ("", None),
    ],
)
def test_birth_date(text, expected):
    assert normalise.birth_date(text) == expected


def test_parts_of_a_birth_date():
    parts = (normalise.birth_year, normalise.birth_month, normalise.birth_day)
    assert [part("29.2.1984") for part in parts] == ["1984", "02", "29"]
    assert [part("unknown") for part in parts] == [None, None, None]


def test_addresses():
    assert normalise.street("12, Old Mill Rd.") == normalise.street("12 old mill ROAD") == "12 old mill road"
    assert normalise.street(" , ") is None
    assert normalise.postcode("sw1a 1aa") == "SW1A1AA"
    assert normalise.token("  ") is None
