"""What each party knows of a person: accounts of the web shop, cards of the chain, made of planted people's records.

A record of `people` becomes an account or a card, or both where somebody joined both at once. People without
any link have neither: they order as guests and show no card.
"""

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from experiments.simulator import people
from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground

WEB_SHOP, STORE_CHAIN = "web-shop", "store-chain"
BOTH_AT_ONCE = 0.25
"""Share of records that are an account and a card, at full fragmentation."""
CARD_ENTERED = 0.5
"""Share of those accounts that name the card."""
_RAW = ("email", "phone", "given_name", "family_name", "birth_date", "street", "postcode")

Indices = npt.NDArray[np.int64]


def plant_holders(ground: Ground) -> None:
    """The tables `account_holders` and `card_holders`, one row an account or card.

    Columns: person; nth (the how-manieth of the person, from 0; that one exists before the first purchase);
    id; raw identifiers; created_at; and of accounts card_id, the card that its holder entered.
    """
    random = np.random.default_rng([ground.seed, 2])
    fragmentation = min(max(ground.dials.fragmentation, 0.0), 1.0)
    planted = people.plant_people(max(ground.people, 1), ground.seed, _difficulty(fragmentation))
    linked = random.random(max(ground.people, 1)) >= ground.dials.unlinked
    owners = np.asarray(planted.truth["person"])
    rows = np.flatnonzero(linked[owners] & (owners < ground.people))
    rows = rows[np.argsort(owners[rows], kind="stable")]
    person = owners[rows]
    nth = _nth(person)
    begins = random.integers(0, 2, max(ground.people, 1))[person]
    both = random.random(len(rows)) >= fragmentation * (1 - BOTH_AT_ONCE)
    is_account, is_card = both | ((nth + begins) % 2 == 1), both | ((nth + begins) % 2 == 0)
    cards = np.full(len(rows), None, dtype=object)
    cards[is_card] = _ids("L", int(is_card.sum()), random)
    entered = both & (random.random(len(rows)) >= fragmentation * (1 - CARD_ENTERED))
    accounts = np.full(len(rows), None, dtype=object)
    accounts[is_account] = _ids("A", int(is_account.sum()), random)
    seen = {name: planted.records[name].take(pa.array(rows)) for name in _RAW}
    for table, ids, chosen in (("account_holders", accounts, is_account), ("card_holders", cards, is_card)):
        which = np.flatnonzero(chosen)
        columns = {name: values.take(pa.array(which)) for name, values in seen.items()}
        about = {"person": pa.array(person[which]), "nth": pa.array(_nth(person[which]))}
        about |= {"id": pa.array(ids[which], pa.string())}
        about |= {
            "card_id": pa.array(np.where(entered, cards, np.full(len(rows), None, dtype=object))[which], pa.string())
        }
        about |= {"created_at": _created(ground, _nth(person[which]), random)}
        _keep(ground, table, pa.table({**about, **columns}))
    ground.tell("records", _truth(), 0)


def _keep(ground: Ground, table: str, rows: pa.Table) -> None:
    ground.connection.register("rows_in", rows)
    ground.run(f"CREATE TABLE {table} AS SELECT *, count(*) OVER (PARTITION BY person) AS holdings FROM rows_in")
    ground.connection.unregister("rows_in")


def _difficulty(fragmentation: float) -> people.Dials:
    """People's dials between none and their defaults; the shape of households stays."""
    most, none = people.Dials(), people.Dials.none()
    shares = {
        field.name: getattr(none, field.name) + fragmentation * (getattr(most, field.name) - getattr(none, field.name))
        for field in fields(people.Dials)
        if field.name not in {"records_per_person", "household_sizes"}
    }
    return replace(most, **shares, records_per_person=1 + fragmentation * (most.records_per_person - 1))


def _nth(person: Indices) -> Indices:
    """The how-manieth row of its person each row is; `person` is sorted."""
    starts = np.flatnonzero(np.diff(person, prepend=-1))
    return np.arange(len(person)) - np.repeat(starts, np.diff(np.append(starts, len(person))))


def _ids(letter: str, count: int, random: np.random.Generator) -> npt.NDArray[np.object_]:
    """Ids in an order that tells nothing."""
    return np.asarray([f"{letter}{number:07}" for number in random.permutation(count)], dtype=object)


def _created(ground: Ground, nth: Indices, random: np.random.Generator) -> pa.Array:
    """The first one up to two years before the first purchase, others at any time until the last."""
    first, last = np.datetime64(ground.first, "s"), np.datetime64(ground.last, "s")
    before = first - random.integers(1, 730 * 86_400, len(nth)).astype("timedelta64[s]")
    span = max(int((last - first).astype(int)), 1)
    during = first + random.integers(0, span, len(nth)).astype("timedelta64[s]")
    return pa.array(np.where(nth == 0, before, during).astype("datetime64[us]"))


def _truth() -> str:
    """Account or card -> person."""
    parts = (("account", WEB_SHOP, "account_holders"), ("card", STORE_CHAIN, "card_holders"))
    rows = (f"SELECT '{kind}' AS kind, '{party}' AS party, id, person FROM {table}" for kind, party, table in parts)
    return f"{' UNION ALL '.join(rows)} ORDER BY kind, id"


def sign_in(ground: Ground) -> None:
    """Add to `baskets` what it is bought under: account_id of online ones, loyalty_id of the others, or null.

    Somebody with several uses any that exists by then. A lent card is that of the neighbour in `people`, who
    mostly lives in the same household.
    """
    seed, dials = ground.seed, ground.dials
    lent = f"{uniform(seed, 'lent', 'basket')} < {dials.cards_lent}"
    ground.keep(
        "baskets",
        f"""
        WITH holders AS (
            SELECT *, CASE WHEN is_web THEN {uniform(seed, "guest", "basket")} >= {dials.guests} END AS signed_in,
                CASE WHEN NOT is_web THEN {uniform(seed, "forgotten", "basket")} >= {dials.cards_forgotten} END
                    AS shown,
                CASE WHEN {lent} THEN xor(person, 1) ELSE person END AS card_of
            FROM baskets
        )
        SELECT holders.* EXCLUDE (signed_in, shown, card_of), {_held("account_id", "signed_in", "account")},
            {_held("loyalty_id", "shown", "card")}
        FROM holders
        {_joined(seed, "account", "person", "signed_in")}
        {_joined(seed, "card", "card_of", "shown")}
        """,
    )


def _held(name: str, used: str, kind: str) -> str:
    return f"CASE WHEN {used} THEN coalesce({kind}_then.id, {kind}_first.id) END AS {name}"


def _joined(seed: int, kind: str, person: str, used: str) -> str:
    """The one drawn, if it exists by then, and the person's first."""
    drawn = below(f"{kind}_first.holdings", seed, f"which {kind}", "basket")
    return f"""
        LEFT JOIN {kind}_holders AS {kind}_first
            ON {used} AND {kind}_first.person = holders.{person} AND {kind}_first.nth = 0
        LEFT JOIN {kind}_holders AS {kind}_then
            ON {kind}_then.person = {kind}_first.person AND {kind}_then.nth = {drawn}
            AND {kind}_then.created_at <= bought_at
    """


def write_holders(ground: Ground) -> tuple[int, int]:
    """The contract tables `accounts` and `loyalty_cards`; how many of each.

    consent_id names the consent to pool that was given, also where it was taken back later: consents says so.
    """
    raw = ", ".join(_RAW)
    consent = (
        "LEFT JOIN planted_consents ON holder = '{kind}' AND planted_consents.id = held.id AND purpose = 'pooling'"
    )
    accounts = ground.write(
        "accounts",
        f"SELECT '{WEB_SHOP}' AS party, held.id AS account_id, {raw}, card_id AS loyalty_id, created_at, consent_id "
        f"FROM account_holders AS held {consent.format(kind='account')} ORDER BY account_id",
    )
    cards = ground.write(
        "loyalty_cards",
        f"SELECT '{STORE_CHAIN}' AS party, held.id AS loyalty_id, {raw}, created_at, consent_id "
        f"FROM card_holders AS held {consent.format(kind='loyalty_card')} ORDER BY loyalty_id",
    )
    return accounts, cards
