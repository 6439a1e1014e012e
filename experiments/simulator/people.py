"""A planted set of people and the records that channels hold of them; the truth is kept apart.

People live in households that share a family name, an address and often a phone. Each person has one or more
records (accounts and loyalty cards), and each record holds what its owner happened to give: one of several e-mail
addresses, the own phone or that of the household, a nickname, an old address, a typing mistake, or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from experiments.simulator.person_names import FAMILY_ENDS, FAMILY_STARTS, GIVEN, NICKNAMES, PROVIDERS, STREETS

Indices = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Dials:
    """How hard it is to tell who is who. Rates are shares of records, or of people where it says so."""

    records_per_person: float = 2.284
    household_sizes: tuple[float, ...] = (0.3, 0.32, 0.16, 0.15, 0.07)
    """Shares of households of one, two, … people."""
    email_given: float = 0.82
    second_email_used: float = 0.2
    phone_given: float = 0.92
    household_phone_used: float = 0.17
    new_phone_used: float = 0.06
    given_missing: float = 0.03
    family_missing: float = 0.02
    birth_missing: float = 0.25
    address_missing: float = 0.3
    nickname_used: float = 0.1
    moved: float = 0.15
    typo: float = 0.03
    """Of each of given name, family name, e-mail, phone, birth date and street."""
    household_email_used: float = 0.0005

    @classmethod
    def none(cls) -> "Dials":
        """Everybody gives everything, correctly, and always the same."""
        return cls(
            email_given=1,
            second_email_used=0,
            phone_given=1,
            household_phone_used=0,
            new_phone_used=0,
            given_missing=0,
            family_missing=0,
            birth_missing=0,
            address_missing=0,
            nickname_used=0,
            moved=0,
            typo=0,
            household_email_used=0,
        )


@dataclass(frozen=True, slots=True)
class Planted:
    """What channels see, and the truth.

    records   account_id, party, created_at and the raw identifiers; a row a record, in no order that tells anything
    truth     account_id, person: who the record belongs to
    """

    records: pa.Table
    truth: pa.Table


def plant_people(people: int, seed: int, dials: Dials | None = None) -> Planted:
    """Plant `people` people and about `records_per_person` times as many records."""
    chosen = dials or Dials()
    random = np.random.default_rng(seed)
    population = _population(people, random, chosen)
    owners = np.repeat(np.arange(people), 1 + random.poisson(chosen.records_per_person - 1, people))
    random.shuffle(owners)
    columns = _seen(population, owners, random, chosen)
    names = pc.binary_join_element_wise("A", pc.cast(pa.array(np.arange(len(owners))), pa.string()), "")
    started = np.datetime64("2020-01-01", "us") + random.integers(0, 5 * 365 * 86_400, len(owners)).astype(
        "timedelta64[s]"
    )
    about = {"account_id": names, "party": pa.array(np.full(len(owners), "own")), "created_at": pa.array(started)}
    return Planted(
        pa.table({**about, **{name: pa.array(values, pa.string()) for name, values in columns.items()}}),
        pa.table({"account_id": names, "person": pa.array(owners)}),
    )


@dataclass(frozen=True, slots=True)
class _Population:
    """What people are and have; arrays of one entry a person."""

    household: Indices
    given: Indices
    family: Texts
    born: npt.NDArray[np.datetime64]
    email: Texts
    second_email: Texts
    phone: Texts
    new_phone: Texts
    household_phone: Texts
    address: Indices
    new_address: Indices
    head: Indices = field(repr=False)
    """The first person of the household."""


def _population(people: int, random: np.random.Generator, dials: Dials) -> _Population:
    sizes = random.choice(np.arange(1, len(dials.household_sizes) + 1), people, p=dials.household_sizes)
    household = np.repeat(np.arange(people), sizes)[:people]
    head = np.unique(household, return_index=True)[1][household]
    families = _family_names()
    own = families[_zipf(len(families), people, random)]
    family = np.where(random.random(people) < 0.12, own, own[head])
    given = _zipf(len(GIVEN), people, random)
    days = random.integers(18 * 365, 85 * 365, people)
    born = np.datetime64("2024-01-01") - days.astype("timedelta64[D]")
    phones = _phones(3 * people, random)
    addresses = random.integers(0, 40 * people, 2 * people)
    return _Population(
        household=household,
        given=given,
        family=family,
        born=born,
        email=_emails(given, family, born, random),
        second_email=_emails(given, family, born, random),
        phone=phones[:people],
        new_phone=phones[people : 2 * people],
        household_phone=phones[2 * people : 3 * people][head],
        address=addresses[:people][head],
        new_address=addresses[people:],
        head=head,
    )


def _seen(who: _Population, owners: Indices, random: np.random.Generator, dials: Dials) -> dict[str, Texts]:
    """What the records say, before and after their owners' habits and mistakes."""
    records = len(owners)

    def chance(share: float) -> npt.NDArray[np.bool_]:
        return random.random(records) < share

    given = np.asarray(GIVEN, dtype=object)[who.given[owners]]
    nicknames = np.asarray([NICKNAMES.get(name, name) for name in GIVEN], dtype=object)[who.given[owners]]
    given = np.where(chance(dials.nickname_used), nicknames, given)
    email = np.where(chance(dials.second_email_used), who.second_email[owners], who.email[owners])
    email = np.where(chance(dials.household_email_used), who.email[who.head[owners]], email)
    phone = np.where(chance(dials.new_phone_used), who.new_phone[owners], who.phone[owners])
    phone = np.where(chance(dials.household_phone_used), who.household_phone[owners], phone)
    address = np.where(chance(dials.moved), who.new_address[owners], who.address[owners])
    born = who.born[owners].astype(str).astype(object)
    number = (address // len(STREETS) % 180 + 1).astype(str).astype(object)
    streets = number + " " + np.asarray(STREETS, dtype=object)[address % len(STREETS)]
    postcode = (10_000 + address // 700 % 30_000).astype(str).astype(object)

    def written(texts: Texts, missing: float, mistakes: Callable[..., Texts] | None) -> Texts:
        wrong = np.flatnonzero(chance(dials.typo)) if mistakes else np.empty(0, np.int64)
        texts = texts.copy()
        if mistakes is not None and len(wrong):
            texts[wrong] = mistakes(texts[wrong], random)
        texts[chance(missing)] = None
        return texts

    street_missing = chance(dials.address_missing)
    streets = written(streets, 0, _letter_wrong)
    streets[street_missing] = None
    postcode[street_missing] = None
    return {
        "given_name": written(given, dials.given_missing, _letter_wrong),
        "family_name": written(who.family[owners], dials.family_missing, _letter_wrong),
        "birth_date": written(born, dials.birth_missing, _digit_wrong),
        "email": written(email, 1 - dials.email_given, _letter_wrong),
        "phone": written(phone, 1 - dials.phone_given, _digit_wrong),
        "street": streets,
        "postcode": postcode,
    }


def _emails(given: Indices, family: Texts, born: npt.NDArray[np.datetime64], random: np.random.Generator) -> Texts:
    """One address a person; some write a dot, some their year of birth, all a number that tells them from namesakes."""
    people = len(given)
    names = np.asarray([name.lower() for name in GIVEN], dtype=object)[given]
    joints = np.asarray([".", "", "_"], dtype=object)[random.integers(0, 3, people)]
    lower = np.asarray([name.lower() for name in family], dtype=object)
    years = born.astype("datetime64[Y]").astype(str).astype(object)
    numbers = random.integers(0, 100_000, people).astype(str).astype(object)
    tails = np.where(random.random(people) < 0.2, years, numbers)
    providers = np.asarray(PROVIDERS, dtype=object)[_zipf(len(PROVIDERS), people, random)]
    return np.asarray(names + joints + lower + tails + "@" + providers, dtype=object)


def _phones(count: int, random: np.random.Generator) -> Texts:
    """Different numbers of ten digits, some written with blanks."""
    digits = np.unique(random.integers(2_120_000_000, 9_890_000_000, count + count // 8 + 16))
    return np.asarray(random.permutation(digits)[:count].astype(str), dtype=object)


def _family_names() -> Texts:
    return np.asarray([start + end for end in FAMILY_ENDS for start in FAMILY_STARTS], dtype=object)


def _zipf(kinds: int, draws: int, random: np.random.Generator) -> Indices:
    """Few kinds are common, most are rare: the share of the n-th falls as 1 / (n + 20)."""
    weights = 1 / (np.arange(kinds) + 20.0)
    return np.searchsorted(np.cumsum(weights / weights.sum()), random.random(draws)).clip(0, kinds - 1)


def _letter_wrong(texts: Texts, random: np.random.Generator) -> Texts:
    """One letter changed, left out, doubled, or two that changed places."""
    kinds, letters = random.integers(0, 4, len(texts)), random.integers(97, 123, len(texts))
    places = (random.random(len(texts)) * [max(len(text) - 1, 1) for text in texts]).astype(int)
    wrong = []
    for text, kind, letter, at in zip(texts, kinds, letters, places, strict=True):
        ways = (
            text[:at] + chr(letter) + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[: at + 1] + text[at:],
            text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
        )
        wrong.append(ways[kind])
    return np.asarray(wrong, dtype=object)


def _digit_wrong(texts: Texts, random: np.random.Generator) -> Texts:
    """One digit changed."""
    digits = random.integers(0, 10, len(texts))
    places = (random.random(len(texts)) * [len(text) for text in texts]).astype(int)
    return np.asarray(
        [
            text if text[at] == "-" else f"{text[:at]}{digit}{text[at + 1 :]}"
            for text, digit, at in zip(texts, digits, places, strict=True)
        ],
        dtype=object,
    )
