"""The tables that a user brings. Only one of `web_orders` and `till_receipts` is needed.

What may be left out, and what then stands in its place:

- `units` is 1 where a table has no such column;
- `paid` is null (not known) where a table has no such column, and features of price stay empty;
- an order or receipt that has no id is all that one customer bought on one local day;
- `line` may be missing: a line is then named by its SKU and by the how-manieth of this SKU it is in
  its order, so that loading the same rows again, in any order, names them as before;
- `party` is `own` for a retailer that loads only what is its own.
"""

from features.contracts.table import (
    LATITUDE,
    LONGITUDE,
    NOT_FUTURE,
    NOT_NEGATIVE,
    SHARE,
    Check,
    Column,
    Kind,
    Otherwise,
    Table,
)

OWN_PARTY = "own"
LEVEL_SEPARATOR = " > "
"""Joins the levels of a category path, widest first."""

_PARTY = Column(
    "party", Kind.ID, "The seller whose rows these are", required=True, otherwise=(Otherwise(f"'{OWN_PARTY}'"),)
)
_SKU = Column("sku", Kind.ID, "What was sold", required=True)
_UNITS = Column(
    "units",
    Kind.UNITS,
    "How many were sold; 0 is legal (a coupon, a corrected line)",
    required=True,
    unit="units",
    checks=(NOT_NEGATIVE,),
    otherwise=(Otherwise("1.0"),),
)
_PAID = Column(
    "paid",
    Kind.MONEY,
    "What the customer paid for the whole line, after every discount; null where not known",
    unit="currency units",
    checks=(NOT_NEGATIVE,),
)
_LIST_PRICE = Column(
    "list_price",
    Kind.MONEY,
    "The price of one unit before any discount",
    unit="currency units per unit",
    checks=(NOT_NEGATIVE,),
)
_CURRENCY = Column("currency", Kind.TEXT, "ISO 4217 code")
_PAYMENT_TOKEN = Column("payment_token", Kind.ID, "A keyed hash of the means of payment")
_PROMOTION_ID = Column("promotion_id", Kind.ID, "The promotion that the line was sold under")
_LINE = Column("line", Kind.WHOLE, "Number of the line in its order or receipt")
_LINE_IS_NAMED = Check("line_key IS NOT NULL", "line is empty")


def _order_id(name: str, customer: str, instant: str) -> Column:
    local_day = f"strftime(timezone({{zone}}, timezone('UTC', {instant})), '%Y-%m-%d')"
    by_day = Otherwise(f"{customer} || '@' || {local_day}", given=(customer, instant))
    return Column(name, Kind.ID, "The order or receipt that the line belongs to", required=True, otherwise=(by_day,))


def _line_key(order: str, content: str) -> Column:
    nth = f"row_number() OVER (PARTITION BY _file, party, {order}, sku ORDER BY {content})"
    return Column(
        "line_key",
        Kind.ID,
        "Names the line within its order: its number, or its SKU and a count",
        otherwise=(Otherwise("CAST(line AS VARCHAR)", given=("line",)), Otherwise(f"sku || '#' || {nth}")),
    )


WEB_ORDERS = Table(
    name="web_orders",
    row="one line of an online order",
    columns=(
        _PARTY,
        _order_id("order_id", "account_id", "ordered_at"),
        _LINE,
        Column("account_id", Kind.ID, "The customer's account; null for a guest"),
        _SKU,
        Column("ordered_at", Kind.INSTANT, "When the order was placed", required=True, checks=(NOT_FUTURE,)),
        _UNITS,
        _PAID,
        _LIST_PRICE,
        _CURRENCY,
        Column("fulfilment", Kind.TEXT, "ship, pick-up or same-day"),
        Column("store_id", Kind.ID, "The store that the order is picked up from or sent from"),
        _PAYMENT_TOKEN,
        _PROMOTION_ID,
        Column("province", Kind.TEXT, "Where the order goes to"),
        _line_key(
            "order_id",
            "ordered_at, units, paid, list_price, account_id, store_id, currency, fulfilment, payment_token, "
            "promotion_id, province",
        ),
    ),
    key=("party", "order_id", "line_key"),
    capability="recommendations that learn from online orders",
    checks=(_LINE_IS_NAMED,),
)

TILL_RECEIPTS = Table(
    name="till_receipts",
    row="one line of a till receipt",
    columns=(
        _PARTY,
        _order_id("receipt_id", "loyalty_id", "sold_at"),
        _LINE,
        Column("store_id", Kind.ID, "The store that sold it"),
        _SKU,
        Column("sold_at", Kind.INSTANT, "When it was sold", required=True, checks=(NOT_FUTURE,)),
        _UNITS,
        _PAID,
        _LIST_PRICE,
        _CURRENCY,
        Column("loyalty_id", Kind.ID, "The loyalty card shown; null for an anonymous receipt"),
        _PAYMENT_TOKEN,
        Column("tender", Kind.TEXT, "How it was paid: card, cash, …"),
        _PROMOTION_ID,
        _line_key(
            "receipt_id",
            "sold_at, units, paid, list_price, loyalty_id, store_id, currency, payment_token, tender, promotion_id",
        ),
    ),
    key=("party", "receipt_id", "line_key"),
    capability="recommendations that learn from purchases in stores",
    checks=(_LINE_IS_NAMED,),
)

SKUS = Table(
    name="skus",
    row="one SKU",
    columns=(
        _PARTY,
        _SKU,
        Column("name", Kind.TEXT, "What a shopper reads"),
        Column("product", Kind.TEXT, "The product that the SKU is a size or colour of"),
        Column("brand", Kind.TEXT, "Brand"),
        Column("category_path", Kind.TEXT, "Category levels, widest first, joined by ' > '"),
    ),
    key=("party", "sku"),
    capability="names in answers, affinity to brand and category, similar products",
)

STORES = Table(
    name="stores",
    row="one outlet",
    columns=(
        _PARTY,
        Column("store_id", Kind.ID, "The store", required=True),
        Column("name", Kind.TEXT, "What a shopper reads"),
        Column("province", Kind.TEXT, "Province or state"),
        Column("city", Kind.TEXT, "City"),
        Column("lat", Kind.NUMBER, "Latitude, WGS 84", unit="degrees", checks=(LATITUDE,)),
        Column("lon", Kind.NUMBER, "Longitude, WGS 84", unit="degrees", checks=(LONGITUDE,)),
        Column("format", Kind.TEXT, "Kind of outlet: hypermarket, convenience, …"),
        Column("opened_on", Kind.DATE, "First day of trade"),
    ),
    key=("party", "store_id"),
    capability="store names, distances and formats",
)

PROMOTIONS = Table(
    name="promotions",
    row="a promotion of one SKU over an interval; several may run at once",
    columns=(
        _PARTY,
        _SKU,
        Column("store_id", Kind.ID, "The store; null for every store"),
        Column("channel", Kind.TEXT, "web or store; null for both"),
        Column("from", Kind.INSTANT, "First instant", required=True),
        Column("to", Kind.INSTANT, "First instant after the promotion", required=True),
        Column(
            "price",
            Kind.MONEY,
            "Price of one unit while it runs",
            unit="currency units per unit",
            checks=(NOT_NEGATIVE,),
        ),
        Column("display", Kind.TEXT, "Where in the store it is displayed"),
        Column("mailer", Kind.TEXT, "Where in the mailer it is shown"),
        Column("depth", Kind.NUMBER, "Discount as a share of the list price", unit="share", checks=(SHARE,)),
        Column("event_id", Kind.ID, "The event that it belongs to"),
    ),
    key=("party", "sku", "store_id", "channel", "from", "display", "mailer", "event_id"),
    capability="features of promotion",
    checks=(Check('"to" > "from"', "to is not after from"),),
)

INPUTS: tuple[Table, ...] = (WEB_ORDERS, TILL_RECEIPTS, SKUS, STORES, PROMOTIONS)
PURCHASE_INPUTS: tuple[Table, ...] = (WEB_ORDERS, TILL_RECEIPTS)
