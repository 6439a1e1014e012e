"""Removal: which rows of the contract tables speak of the person to erase, and which only name something of theirs."""

from dataclasses import dataclass

from features.contracts.columns import STORE, WEB
from features.contracts.table import Table
from features.identity.evidence import ACCOUNT, CARD
from features.sql import literal, quoted

TOKEN, VISITOR = "token", "visitor"
GONE = "kind VARCHAR, party VARCHAR, id VARCHAR"
"""A table of these columns names what is to go: accounts, cards, orders (web), receipts (store), tokens, visitors."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Columns by kind of id: a row whose `drop` names somebody goes, cells of `blank` that do are emptied."""

    drop: tuple[tuple[str, str], ...]
    blank: tuple[tuple[str, str], ...] = ()


RULES = {
    "web_orders": Rule((("account_id", ACCOUNT), ("order_id", WEB)), (("payment_token", TOKEN),)),
    "till_receipts": Rule((("loyalty_id", CARD), ("receipt_id", STORE)), (("payment_token", TOKEN),)),
    "returns": Rule((("order_id", WEB), ("receipt_id", STORE))),
    "events": Rule((("account_id", ACCOUNT), ("loyalty_id", CARD), ("visitor_id", VISITOR))),
    "accounts": Rule((("account_id", ACCOUNT),), (("loyalty_id", CARD),)),
    "loyalty_cards": Rule((("loyalty_id", CARD),), (("account_id", ACCOUNT),)),
    "payment_instruments": Rule((("account_id", ACCOUNT), ("loyalty_id", CARD), ("payment_token", TOKEN))),
    "consents": Rule((("id", "holder"),)),
}
"""By contract table; the others speak of no person."""

HOLDER = f"CASE holder WHEN 'account' THEN {literal(ACCOUNT)} ELSE {literal(CARD)} END"


def named(column: str, kind: str, gone: str) -> str:
    """SQL: whether the cell names something of `gone`; never null."""
    sort = HOLDER if kind == "holder" else literal(kind)
    return f"coalesce(({sort}, party, {quoted(column)}) IN (SELECT (kind, party, id) FROM {gone}), FALSE)"


def speaks_of(table: Table, gone: str) -> str:
    """SQL: whether a row speaks of somebody in `gone`."""
    rule = RULES[table.name]
    return "(" + " OR ".join(named(column, kind, gone) for column, kind in rule.drop) + ")"


def names_something(table: Table, gone: str) -> str:
    """SQL: whether a row speaks of somebody in `gone`, or has a cell that is to be emptied."""
    rule = RULES[table.name]
    return "(" + " OR ".join(named(column, kind, gone) for column, kind in (*rule.drop, *rule.blank)) + ")"


def kept_rows(table: Table, rows: str, gone: str) -> str:
    """A query of the rows that stay, in the order in which they lie, with emptied cells."""
    blank = dict(RULES[table.name].blank)
    columns = (
        f"CASE WHEN {named(name, blank[name], gone)} THEN NULL ELSE {quoted(name)} END AS {quoted(name)}"
        if name in blank
        else quoted(name)
        for name in table.names
    )
    return f"SELECT {', '.join(columns)} FROM {rows} WHERE NOT {speaks_of(table, gone)}"


def ids_of(table: Table, rows: str) -> str:
    """A query (kind, party, id) of everything in `rows` that could be somebody's."""
    rule = RULES[table.name]
    parts = (
        f"SELECT DISTINCT {HOLDER if kind == 'holder' else literal(kind)} AS kind, party, {quoted(column)} AS id "
        f"FROM {rows} WHERE {quoted(column)} IS NOT NULL"
        for column, kind in (*rule.drop, *rule.blank)
    )
    return " UNION ".join(parts)
