"""What shoppers are offered: prices and promotions over intervals."""

from features.contracts.shared_columns import (
    ANY_CHANNEL,
    ANY_STORE,
    FROM,
    OPEN_TO,
    OWN,
    SKU,
    SOLD,
    TO,
    TO_AFTER_FROM,
    price,
)
from features.contracts.table import SHARE, Column, Kind, Table

PRICES = Table(
    name="prices",
    row="the shelf price of a SKU over an interval",
    columns=(
        OWN,
        SKU,
        ANY_STORE,
        ANY_CHANNEL,
        FROM,
        OPEN_TO,
        price("price", "Price of one unit before promotions", required=True),
    ),
    key=("party", "sku", "store_id", "channel", "from"),
    capability="shelf prices over time",
    checks=(TO_AFTER_FROM,),
    apart=("party", "sku", "store_id", "channel"),
)

PROMOTIONS = Table(
    name="promotions",
    row="a promotion of one SKU over an interval; several may run at once",
    columns=(
        OWN,
        SOLD,
        ANY_STORE,
        ANY_CHANNEL,
        FROM,
        TO,
        price("price", "Price of one unit while it runs"),
        Column("display", Kind.TEXT, "Where in the store it is displayed"),
        Column("mailer", Kind.TEXT, "Where in the mailer it is shown"),
        Column("depth", Kind.NUMBER, "Discount as a share of the list price", unit="share", checks=(SHARE,)),
        Column("event_id", Kind.ID, "The event that it belongs to"),
    ),
    key=("party", "sku", "store_id", "channel", "from", "display", "mailer", "event_id"),
    capability="features of promotion",
    checks=(TO_AFTER_FROM,),
)
