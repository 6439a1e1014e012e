"""Purchases under their customers: the same rows, with the resolved customer in place of card and account."""

from features.contracts.columns import BASKET_ID, CUSTOMER_ID, PARTY, WEB
from features.identity.evidence import ACCOUNT, CARD, subject_sql
from features.sql import literal

SHOWN = (
    f"CASE WHEN channel = {literal(WEB)} THEN {subject_sql(ACCOUNT, CUSTOMER_ID)} "
    f"ELSE {subject_sql(CARD, CUSTOMER_ID)} END"
)
"""The subject that a line of the contract `purchases` names; null where it is anonymous."""


def attributed(purchases: str, customers: str | None, paid: str | None = None, teaching: str | None = None) -> str:
    """A query of the rows of `purchases`, each once, with `customer_id` resolved.

    `purchases` has the columns of the contract, whose customer_id is what the channel knows: an account or a card.
    Who left no evidence is a customer of their own. With `paid` (see `paid_baskets`) anonymous baskets go to their
    payer. Without `customers` each customer_id stays as it is. `teaching` (party, subject, customer_id) are subjects
    that permit to learn from them: a line of any other, or of a payer without any in its party, becomes anonymous.
    Names of relations stand as they do after FROM.
    """
    known = f"LEFT JOIN {customers} AS known ON known.subject = lines.shown" if customers else ""
    payer = f"LEFT JOIN {paid} AS paid ON paid.{PARTY} = lines.{PARTY} AND paid.{BASKET_ID} = lines.{BASKET_ID}"
    own = f"coalesce({'known.customer_id, ' if customers else ''}lines.shown)" if customers else f"lines.{CUSTOMER_ID}"
    paying = "paid.customer_id" if paid else "NULL"
    asked = ""
    if teaching:
        own = f"CASE WHEN taught.subject IS NOT NULL THEN {own} END"
        asked = f"LEFT JOIN (SELECT DISTINCT subject FROM {teaching}) AS taught ON taught.subject = lines.shown"
        if paid:
            asked += (
                f" LEFT JOIN (SELECT DISTINCT party, customer_id FROM {teaching}) AS giving"
                f" ON giving.party = lines.{PARTY} AND giving.customer_id = paid.customer_id"
            )
            paying = "giving.customer_id"
    return f"""
        SELECT lines.* EXCLUDE (shown)
            REPLACE (CASE WHEN lines.shown IS NULL THEN {paying} ELSE {own} END AS {CUSTOMER_ID})
        FROM (SELECT *, {SHOWN} AS shown FROM {purchases}) AS lines
        {known} {payer if paid else ""} {asked}
    """
