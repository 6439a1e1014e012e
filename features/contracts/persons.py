"""What each channel knows of a person, and what the person permits.

Identifiers are brought raw (`email`, `phone`, …) and stored as keyed hashes alone (`email_hash`, …);
`made_from` names what a hash is made from. A party that has hashed under the same key may bring the
hash itself.
"""

from features.contracts.shared_columns import OWN
from features.contracts.table import NOT_FUTURE, Check, Column, Kind, Otherwise, Table


def _hash(name: str, made_from: str, meaning: str) -> Column:
    return Column(f"{name}_hash", Kind.ID, f"Keyed hash of {meaning}", made_from=made_from)


PERSON: tuple[Column, ...] = (
    _hash("email", "email", "the e-mail address in lower case"),
    _hash("mailbox", "email", "what stands before the @"),
    _hash("phone", "phone", "the phone number in E.164"),
    _hash("given_name", "given_name", "the first given name"),
    _hash("given_sound", "given_name", "how the given name sounds"),
    _hash("family_name", "family_name", "the family name"),
    _hash("family_sound", "family_name", "how the family name sounds"),
    _hash("birth_date", "birth_date", "the date of birth"),
    _hash("birth_year", "birth_date", "the year of birth"),
    _hash("birth_month", "birth_date", "the month of birth"),
    _hash("birth_day", "birth_date", "the day of the month of birth"),
    _hash("street", "street", "street and house number"),
    _hash("postcode", "postcode", "the postcode"),
    _hash("city", "city", "the city"),
    _hash("member_number", "member_number", "a number that one person has one of"),
)
"""What accounts and loyalty cards say of their holder."""

_CREATED_AT = Column("created_at", Kind.INSTANT, "When the channel first knew it", checks=(NOT_FUTURE,))
_CONSENT_ID = Column("consent_id", Kind.ID, "The consent to pool it with what other parties know; null for none")

ACCOUNTS = Table(
    name="accounts",
    row="one account of an online shop",
    columns=(
        OWN,
        Column("account_id", Kind.ID, "The account, as web_orders name it", required=True),
        *PERSON,
        Column("loyalty_id", Kind.ID, "The loyalty card that its holder entered"),
        _CREATED_AT,
        _CONSENT_ID,
    ),
    key=("party", "account_id"),
    capability="one customer, by account",
)

LOYALTY_CARDS = Table(
    name="loyalty_cards",
    row="one loyalty card",
    columns=(
        OWN,
        Column("loyalty_id", Kind.ID, "The card, as till_receipts name it", required=True),
        *PERSON,
        Column("account_id", Kind.ID, "The account that its holder entered"),
        _CREATED_AT,
        _CONSENT_ID,
    ),
    key=("party", "loyalty_id"),
    capability="one customer, by card",
)

PAYMENT_INSTRUMENTS = Table(
    name="payment_instruments",
    row="a means of payment seen with an account or a loyalty card, or with neither",
    columns=(
        OWN,
        Column(
            "payment_token",
            Kind.ID,
            "A keyed hash of the means of payment, as in orders and receipts",
            required=True,
            made_from="payment_token",
        ),
        Column("account_id", Kind.ID, "The account that it is stored in"),
        Column("loyalty_id", Kind.ID, "The loyalty card that it was registered with"),
        Column("tender", Kind.TEXT, "What it is: card, wallet, …"),
        _CREATED_AT,
    ),
    key=("party", "payment_token", "account_id", "loyalty_id"),
    capability="one customer, by who pays",
)

CONSENTS = Table(
    name="consents",
    row="a permission for one purpose",
    columns=(
        OWN,
        Column(
            "holder",
            Kind.TEXT,
            "What `id` is: account or loyalty_card",
            required=True,
            checks=(Check("{value} IN ('account', 'loyalty_card')", "neither account nor loyalty_card"),),
            otherwise=(Otherwise("'account'"),),
        ),
        Column("id", Kind.ID, "The account or the loyalty card of the person who permits", required=True),
        Column("consent_id", Kind.ID, "Names the consent, where others refer to it"),
        Column("purpose", Kind.TEXT, "What for: recommendations, training, pooling, …", required=True),
        Column("granted_at", Kind.INSTANT, "When it was given", required=True, checks=(NOT_FUTURE,)),
        Column("withdrawn_at", Kind.INSTANT, "When it was taken back; null where it stands"),
    ),
    key=("party", "holder", "id", "purpose", "granted_at"),
    capability="what each person permits",
    checks=(Check("withdrawn_at >= granted_at", "withdrawn_at is before granted_at"),),
)
