"""Purchases under their customers: the same rows, with the resolved customer in place of card and account."""

from features.contracts.columns import BASKET_ID, CUSTOMER_ID, PARTY, WEB
from features.identity.evidence import ACCOUNT, CARD, subject_sql
from features.sql import literal


def attributed(purchases: str, customers: str, paid: str | None = None) -> str:
    """A query of the rows of `purchases`, each once, with `customer_id` resolved.

    `purchases` has the columns of the contract, whose customer_id is what the channel knows: an account or a card.
    Who left no evidence is a customer of their own. With `paid` (see `paid_baskets`) anonymous baskets go to their
    payer. Names of relations stand as they do after FROM.
    """
    shown = (
        f"CASE WHEN channel = {literal(WEB)} THEN {subject_sql(ACCOUNT, CUSTOMER_ID)} "
        f"ELSE {subject_sql(CARD, CUSTOMER_ID)} END"
    )
    payer = f"LEFT JOIN {paid} AS paid ON paid.{PARTY} = lines.{PARTY} AND paid.{BASKET_ID} = lines.{BASKET_ID}"
    chosen = ["known.customer_id", "lines.shown", *(["paid.customer_id"] if paid else [])]
    return f"""
        SELECT lines.* EXCLUDE (shown) REPLACE (coalesce({", ".join(chosen)}) AS {CUSTOMER_ID})
        FROM (SELECT *, {shown} AS shown FROM {purchases}) AS lines
        LEFT JOIN {customers} AS known ON known.subject = lines.shown {payer if paid else ""}
    """
