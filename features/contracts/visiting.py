"""What visitors of a site or a store did, bought or not."""

from features.contracts.shared_columns import ANY_CHANNEL, OWN
from features.contracts.table import NOT_FUTURE, Check, Column, Kind, Table

_AT_LEAST_FIRST = Check("{value} >= 1", "less than 1")

EVENTS = Table(
    name="events",
    row="one thing a visitor did",
    columns=(
        OWN,
        Column("event_id", Kind.ID, "Names the event: sent twice, it counts once", required=True),
        Column(
            "type",
            Kind.TEXT,
            "view, search, add-to-cart, impression, click, … as the storefront calls it",
            required=True,
        ),
        Column("at", Kind.INSTANT, "When", required=True, checks=(NOT_FUTURE,)),
        Column("visitor_id", Kind.ID, "The browser, app or in-store token that did it", required=True),
        Column("account_id", Kind.ID, "The account that was signed in"),
        Column("loyalty_id", Kind.ID, "The loyalty card that was shown"),
        ANY_CHANNEL,
        Column("store_id", Kind.ID, "The store that the visitor was in or looked at"),
        Column("sku", Kind.ID, "The SKU that it was about; null for none, such as a search"),
        Column("query", Kind.TEXT, "What was searched for"),
        Column("recommendation_id", Kind.ID, "The answer of ours that it followed"),
        Column("position", Kind.WHOLE, "Place in that answer, from 1", checks=(_AT_LEAST_FIRST,)),
    ),
    key=("party", "event_id"),
    capability="browsing before a purchase",
)
