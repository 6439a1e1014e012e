"""What is sold, where, and on which occasions."""

from features.contracts.shared_columns import ANY_CHANNEL, FROM, OWN, SOLD, STORE, TO, TO_AFTER_FROM, price
from features.contracts.table import LATITUDE, LONGITUDE, POSITIVE, Check, Column, Kind, Table

LEVEL_SEPARATOR = " > "
"""Joins the levels of a category path, widest first."""

SKUS = Table(
    name="skus",
    row="one SKU",
    columns=(
        OWN,
        SOLD,
        Column("name", Kind.TEXT, "What a shopper reads"),
        Column("product", Kind.TEXT, "The product that the SKU is a size or colour of"),
        Column("brand", Kind.TEXT, "Brand"),
        Column("category_path", Kind.TEXT, "Category levels, widest first, joined by ' > '"),
        Column("attributes", Kind.TEXT, "Anything else that tells SKUs apart: a JSON object"),
        Column("pack", Kind.TEXT, "Size of the pack as a shopper reads it: 6 x 33 cl"),
        Column("width_cm", Kind.NUMBER, "Width of one facing", unit="cm", checks=(POSITIVE,)),
        Column("depth_cm", Kind.NUMBER, "Depth of one unit on the shelf", unit="cm", checks=(POSITIVE,)),
        Column("launched_on", Kind.DATE, "First day of sale"),
        Column("discontinued_on", Kind.DATE, "First day on which it is no longer sold"),
        price("unit_cost", "What one unit costs us, where no supplier's terms say so"),
        Column("image", Kind.TEXT, "Address of a picture"),
    ),
    key=("party", "sku"),
    capability="names, brands and categories",
    checks=(Check("discontinued_on >= launched_on", "discontinued_on is before launched_on"),),
)

STORES = Table(
    name="stores",
    row="one outlet",
    columns=(
        OWN,
        STORE,
        Column("name", Kind.TEXT, "What a shopper reads"),
        Column("province", Kind.TEXT, "Province or state"),
        Column("city", Kind.TEXT, "City"),
        Column("lat", Kind.NUMBER, "Latitude, WGS 84", unit="degrees", checks=(LATITUDE,)),
        Column("lon", Kind.NUMBER, "Longitude, WGS 84", unit="degrees", checks=(LONGITUDE,)),
        Column("format", Kind.TEXT, "Kind of outlet: hypermarket, convenience, …"),
        Column("opened_on", Kind.DATE, "First day of trade"),
        Column("shelf_metres", Kind.TEXT, "Metres of shelf by category: a JSON object, category to metres"),
        Column("store_group", Kind.TEXT, "The stores that the calendar and buyers treat alike"),
    ),
    key=("party", "store_id"),
    capability="store names and distances",
)

CALENDAR = Table(
    name="calendar",
    row="an event such as a shopping festival, over an interval",
    columns=(
        OWN,
        Column("event_id", Kind.ID, "The event; promotions name it", required=True),
        Column("name", Kind.TEXT, "What a buyer reads"),
        FROM,
        TO,
        ANY_CHANNEL,
        Column("store_group", Kind.TEXT, "The stores that take part; null for all"),
    ),
    key=("party", "event_id", "channel", "store_group", "from"),
    capability="festivals known ahead",
    checks=(TO_AFTER_FROM,),
)
