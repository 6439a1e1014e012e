"""How baskets are paid: cash, or a means of payment that leaves a token, one's own or another's of the household."""

from experiments.simulator.accounts import STORE_CHAIN, WEB_SHOP
from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground

TENDERS = ("card", "wallet", "bank")
"""What a token is of; everybody uses up to three, the first most."""


def pay(ground: Ground) -> None:
    """Add payment_token and tender to `baskets`. Nameless baskets and unlinked people leave no token.

    A person's n-th token is one hash, whichever channel it is used in: that is what makes it evidence.
    """
    seed, dials = ground.seed, ground.dials
    nth = f"CAST(floor({len(TENDERS)} * pow({uniform(seed, 'which token', 'basket')}, 2)) AS BIGINT)"
    shared = f"{uniform(seed, 'paid for', 'basket')} < {dials.tokens_shared}"
    payer = f"CASE WHEN {shared} THEN xor(person, 1) ELSE person END"
    known = "person IN (SELECT person FROM account_holders UNION ALL SELECT person FROM card_holders)"
    listed = ", ".join(f"'{tender}'" for tender in TENDERS)
    cash = "CASE WHEN is_web THEN NULL ELSE 'cash' END"
    ground.keep(
        "baskets",
        f"""
        WITH payers AS (
            SELECT *, {nth} AS token_nth, {payer} AS payer,
                {uniform(seed, "tokens", "basket")} < {dials.tokens} AND {known} AS has_token
            FROM baskets
        )
        SELECT * EXCLUDE (token_nth, payer, has_token),
            CASE WHEN has_token THEN {_token(seed)} END AS payment_token,
            CASE WHEN has_token THEN [{listed}][token_nth + 1] WHEN {dials.tokens} > 0 THEN {cash} END AS tender
        FROM payers
        """,
    )


def _token(seed: int) -> str:
    first, second = (f"hash(hash('{seed}:token {half}', payer, token_nth))" for half in (1, 2))
    return f"printf('%016x', {first}) || printf('%016x', {second})"


def note_instruments(ground: Ground) -> None:
    """Add to `instruments` the tokens that the block's baskets were paid with under an account or a card."""
    ground.run(f"""
        INSERT INTO instruments
        SELECT CASE WHEN is_web THEN '{WEB_SHOP}' ELSE '{STORE_CHAIN}' END, payment_token, account_id, loyalty_id,
            tender, min(bought_at) FROM baskets WHERE payment_token IS NOT NULL AND {_stored(ground)} GROUP BY ALL
    """)


def _stored(ground: Ground) -> str:
    """Online every means is stored in the account; at the till one in five cards has one registered."""
    registered = below("5", ground.seed, "registered", "person")
    return f"(account_id IS NOT NULL OR (loyalty_id IS NOT NULL AND {registered} = 0))"


def open_instruments(ground: Ground) -> None:
    """The empty table `instruments`."""
    columns = ("party", "payment_token", "account_id", "loyalty_id", "tender")
    named = ", ".join(f"{name} VARCHAR" for name in columns)
    ground.run(f"CREATE TABLE instruments ({named}, created_at TIMESTAMP)")


def write_instruments(ground: Ground) -> int:
    """The contract table `payment_instruments`; how many rows."""
    if not ground.dials.tokens:
        return 0
    keys = "party, payment_token, account_id, loyalty_id"
    return ground.write(
        "payment_instruments",
        f"SELECT {keys}, any_value(tender) AS tender, min(created_at) AS created_at FROM instruments "
        f"GROUP BY {keys} ORDER BY {keys}",
    )
