"""One spelling of what identifies a person. Everything takes a text and gives a text, or None where it says nothing.

Placeholders (`test@…`, 1900-01-01, a phone of one digit repeated) say nothing: they would join strangers.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from features.errors import UserError


@dataclass(frozen=True, slots=True)
class Region:
    """How phone numbers are written inside a country."""

    calling_code: str
    trunk_prefix: str
    """Dialled before national numbers, left out of E.164; empty where there is none."""
    digits: tuple[int, int]
    """Fewest and most digits of a national number, without its trunk prefix."""


REGIONS = {
    "AT": Region("43", "0", (7, 12)),
    "AU": Region("61", "0", (9, 9)),
    "BE": Region("32", "0", (8, 9)),
    "BR": Region("55", "0", (10, 11)),
    "CA": Region("1", "1", (10, 10)),
    "CH": Region("41", "0", (9, 9)),
    "CN": Region("86", "0", (9, 11)),
    "CZ": Region("420", "", (9, 9)),
    "DE": Region("49", "0", (6, 11)),
    "DK": Region("45", "", (8, 8)),
    "ES": Region("34", "", (9, 9)),
    "FI": Region("358", "0", (5, 11)),
    "FR": Region("33", "0", (9, 9)),
    "GB": Region("44", "0", (9, 10)),
    "IE": Region("353", "0", (7, 9)),
    "IN": Region("91", "0", (10, 10)),
    "IT": Region("39", "", (6, 11)),
    "JP": Region("81", "0", (9, 10)),
    "KR": Region("82", "0", (8, 10)),
    "MX": Region("52", "", (10, 10)),
    "NL": Region("31", "0", (9, 9)),
    "NO": Region("47", "", (8, 8)),
    "PL": Region("48", "", (9, 9)),
    "PT": Region("351", "", (9, 9)),
    "RU": Region("7", "8", (10, 10)),
    "SE": Region("46", "0", (7, 9)),
    "SG": Region("65", "", (8, 8)),
    "TR": Region("90", "0", (10, 10)),
    "US": Region("1", "1", (10, 10)),
    "ZA": Region("27", "0", (9, 9)),
}

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_NOBODY = frozenset(
    [
        "test",
        "none",
        "no",
        "null",
        "na",
        "nomail",
        "noemail",
        "noreply",
        "no-reply",
        "unknown",
        "anonymous",
        "dummy",
        "guest",
    ]
)
_ROLES = frozenset(
    [
        "info",
        "sales",
        "contact",
        "office",
        "mail",
        "admin",
        "hello",
        "service",
        "support",
        "shop",
        "orders",
        "order",
        "team",
    ]
)
_NO_BIRTH = frozenset({"1900-01-01", "1901-01-01", "1970-01-01", "1111-11-11"})
_NICKNAMES = {
    nickname: name
    for name, nicknames in {
        "alexander": "alex sasha xander",
        "andrew": "andy drew",
        "anthony": "tony",
        "barbara": "barb babs",
        "benjamin": "ben benny",
        "catherine": "cathy kate katie katherine kathy cate",
        "charles": "charlie chuck",
        "christine": "chris tina christina",
        "daniel": "dan danny",
        "david": "dave",
        "deborah": "deb debbie",
        "donald": "don donnie",
        "edward": "ed eddie ted",
        "elizabeth": "liz beth betty eliza lizzie",
        "gregory": "greg",
        "james": "jim jimmy jamie",
        "jennifer": "jen jenny",
        "john": "johnny jack",
        "joseph": "joe joey",
        "kenneth": "ken kenny",
        "lawrence": "larry",
        "margaret": "maggie peggy meg",
        "matthew": "matt",
        "michael": "mike mick mikey",
        "nicholas": "nick nicky",
        "patricia": "pat patty trish",
        "peter": "pete",
        "rebecca": "becky becca",
        "richard": "dick rick ricky rich",
        "robert": "bob bobby rob robbie",
        "ronald": "ron ronnie",
        "samuel": "sam sammy",
        "stephen": "steve steven",
        "susan": "sue susie",
        "theodore": "theo",
        "thomas": "tom tommy",
        "timothy": "tim",
        "victoria": "vicky",
        "william": "bill billy will willy liam",
    }.items()
    for nickname in nicknames.split()
}
_STREET_WORDS = {
    "str": "street",
    "st": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "dr": "drive",
    "ln": "lane",
    "blvd": "boulevard",
    "sq": "square",
    "ct": "court",
    "pl": "place",
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
}
_SOUNDS = {
    letter: digit
    for digit, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}


def region(code: str) -> Region:
    """The phone numbering of an ISO 3166 country code; UserError lists those that are known."""
    if code.upper() not in REGIONS:
        known = ", ".join(sorted(REGIONS))
        raise UserError(f"region: '{code}' is not known. Set the default region of phone numbers to one of {known}.")
    return REGIONS[code.upper()]


def email(text: str) -> str | None:
    """Lower case, trimmed; dots and tags of the mailbox stay, since not every provider ignores them."""
    folded = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:").lower()
    if not _EMAIL.fullmatch(folded) or folded.partition("@")[0] in _NOBODY:
        return None
    return folded


def mailbox(text: str) -> str | None:
    """What stands before the @, without tag and punctuation: the habit that a person keeps between providers."""
    address = email(text)
    if address is None:
        return None
    local = re.sub(r"[\W_]", "", address.partition("@")[0].partition("+")[0])
    return local if len(local) >= 6 and local not in _ROLES else None


def phone(text: str, home: Region) -> str | None:
    """E.164: + and the calling code. A number without a calling code is one of `home`."""
    folded = unicodedata.normalize("NFKC", text).strip().replace("(0)", "")
    digits = "".join(str(unicodedata.decimal(sign)) for sign in folded if sign.isdecimal())
    if folded.startswith("+"):
        return _e164(digits)
    if digits.startswith("00"):
        return _e164(digits[2:])
    if home.trunk_prefix and digits.startswith(home.trunk_prefix) and len(digits) > home.digits[0]:
        digits = digits.removeprefix(home.trunk_prefix)
    fewest, most = home.digits
    if len(digits) > most and digits.startswith(home.calling_code):
        digits = digits.removeprefix(home.calling_code)
    return _e164(home.calling_code + digits) if fewest <= len(digits) <= most else None


def name(text: str) -> str | None:
    """Letters only, without accents and case; words stand apart by one blank."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        sign if sign.isalpha() else "" if unicodedata.combining(sign) or sign in "'’." else " " for sign in folded
    )
    return unicodedata.normalize("NFC", " ".join(kept.split())) or None


def given_name(text: str) -> str | None:
    """The first given name; a nickname becomes the name that it stands for."""
    folded = name(text)
    if folded is None:
        return None
    first = folded.split()[0]
    return _NICKNAMES.get(first, first)


def sound(normalised: str) -> str:
    """Soundex of a normalised name (US patent 1,261,167), which forgives vowels and doubled letters.

    A name that has other letters than a to z is its own sound.
    """
    letters = normalised.replace(" ", "")
    if not letters.isascii():
        return letters
    code, last = letters[0], _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return code[:4].ljust(4, "0")


def given_sound(text: str) -> str | None:
    folded = given_name(text)
    return None if folded is None else sound(folded)


def family_sound(text: str) -> str | None:
    folded = name(text)
    return None if folded is None else sound(folded)


def birth_date(text: str) -> str | None:
    """ISO 8601, from 1990-12-31, 19901231 or 31.12.1990. A date with slashes may be read two ways: it says nothing."""
    trimmed = text.strip()[:10]
    if turned := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", trimmed):
        trimmed = f"{turned[3]}-{int(turned[2]):02}-{int(turned[1]):02}"
    try:
        born = date.fromisoformat(trimmed)
    except ValueError:
        return None
    return None if born.isoformat() in _NO_BIRTH or born.year < 1900 else born.isoformat()


def birth_year(text: str) -> str | None:
    born = birth_date(text)
    return None if born is None else born[:4]


def birth_month(text: str) -> str | None:
    born = birth_date(text)
    return None if born is None else born[5:7]


def birth_day(text: str) -> str | None:
    """The day of the month."""
    born = birth_date(text)
    return None if born is None else born[8:]


def street(text: str) -> str | None:
    """Street and house number, without accents, case and punctuation; abbreviations written out."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign if sign.isalnum() else "" if unicodedata.combining(sign) else " " for sign in folded)
    return " ".join(_STREET_WORDS.get(word, word) for word in kept.split()) or None


def postcode(text: str) -> str | None:
    return "".join(sign for sign in text.upper() if sign.isalnum()) or None


def token(text: str) -> str | None:
    """An opaque id (a payment token, a member number): trimmed, otherwise as it is."""
    return text.strip() or None


def _e164(digits: str) -> str | None:
    if not 7 <= len(digits) <= 15 or len(set(digits[-7:])) == 1:
        return None
    return f"+{digits}"
