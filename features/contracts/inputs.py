"""The tables that a user brings, each declared in the file of its subject.

Only one of `web_orders` and `till_receipts` is needed; every other table switches something on.
"""

from features.contracts.catalogue import CALENDAR, LEVEL_SEPARATOR, SKUS, STORES
from features.contracts.offers import PRICES, PROMOTIONS
from features.contracts.persons import ACCOUNTS, CONSENTS, LOYALTY_CARDS, PAYMENT_INSTRUMENTS
from features.contracts.selling import RETURNS, TILL_RECEIPTS, WEB_ORDERS
from features.contracts.shared_columns import OWN_PARTY
from features.contracts.shelves import LISTINGS, STOCK
from features.contracts.supplying import SUPPLIER_TERMS, SUPPLIERS
from features.contracts.table import Table
from features.contracts.visiting import EVENTS

__all__ = [
    "ACCOUNTS",
    "CALENDAR",
    "CONSENTS",
    "EVENTS",
    "INPUTS",
    "LEVEL_SEPARATOR",
    "LISTINGS",
    "LOYALTY_CARDS",
    "OWN_PARTY",
    "PAYMENT_INSTRUMENTS",
    "PRICES",
    "PROMOTIONS",
    "PURCHASE_INPUTS",
    "RETURNS",
    "SKUS",
    "STOCK",
    "STORES",
    "SUPPLIERS",
    "SUPPLIER_TERMS",
    "TILL_RECEIPTS",
    "WEB_ORDERS",
]

INPUTS: tuple[Table, ...] = (
    WEB_ORDERS,
    TILL_RECEIPTS,
    RETURNS,
    EVENTS,
    SKUS,
    STORES,
    STOCK,
    PRICES,
    PROMOTIONS,
    LISTINGS,
    CALENDAR,
    SUPPLIERS,
    SUPPLIER_TERMS,
    ACCOUNTS,
    LOYALTY_CARDS,
    PAYMENT_INSTRUMENTS,
    CONSENTS,
)
PURCHASE_INPUTS: tuple[Table, ...] = (WEB_ORDERS, TILL_RECEIPTS)
