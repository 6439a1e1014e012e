"""What customers bought, online and in stores, and what they brought back.

What may be left out, and what then stands in its place:

- `units` is 1 where a table has no such column;
- `paid` is null (not known) where a table has no such column, and features of price stay empty;
- an order or receipt that has no id is all that one customer bought on one local day;
- `line` may be missing: a line is then named by its SKU and by the how-manieth of this SKU it is in
  its order, so that loading the same rows again, in any order, names them as before;
- `party` is `own` for a retailer that loads only what is its own.
"""

from features.contracts.shared_columns import OWN, SOLD, UNITS, price
from features.contracts.table import NOT_FUTURE, NOT_NEGATIVE, POSITIVE, Check, Column, Kind, Otherwise, Table

_PAID = Column(
    "paid",
    Kind.MONEY,
    "What the customer paid for the whole line, after every discount; null where not known",
    unit="currency units",
    checks=(NOT_NEGATIVE,),
)
_LIST_PRICE = price("list_price", "The price of one unit before any discount")
_CURRENCY = Column("currency", Kind.TEXT, "ISO 4217 code")
_PAYMENT_TOKEN = Column("payment_token", Kind.ID, "A keyed hash of the means of payment", made_from="payment_token")
_PROMOTION_ID = Column("promotion_id", Kind.ID, "The promotion that the line was sold under")
_LINE = Column("line", Kind.WHOLE, "Number of the line in its order or receipt")
_NTH_RETURNED = (
    "row_number() OVER (PARTITION BY _file, party, order_id, receipt_id, sku, returned_at ORDER BY units, refunded)"
)
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
        OWN,
        _order_id("order_id", "account_id", "ordered_at"),
        _LINE,
        Column("account_id", Kind.ID, "The customer's account; null for a guest"),
        SOLD,
        Column("ordered_at", Kind.INSTANT, "When the order was placed", required=True, checks=(NOT_FUTURE,)),
        UNITS,
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
    capability="learning from online orders",
    checks=(_LINE_IS_NAMED,),
)

TILL_RECEIPTS = Table(
    name="till_receipts",
    row="one line of a till receipt",
    columns=(
        OWN,
        _order_id("receipt_id", "loyalty_id", "sold_at"),
        _LINE,
        Column("store_id", Kind.ID, "The store that sold it"),
        SOLD,
        Column("sold_at", Kind.INSTANT, "When it was sold", required=True, checks=(NOT_FUTURE,)),
        UNITS,
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
    capability="learning from store purchases",
    checks=(_LINE_IS_NAMED,),
)

RETURNS = Table(
    name="returns",
    row="one returned line of an order or a receipt",
    columns=(
        OWN,
        Column("order_id", Kind.ID, "The online order that the line belongs to; null for one of a receipt"),
        Column("receipt_id", Kind.ID, "The till receipt that the line belongs to; null for one of an order"),
        Column("line", Kind.WHOLE, "Number of the line as it was sold; null: the lines of this SKU, the first first"),
        Column("sku", Kind.ID, "What was brought back", required=True),
        Column("returned_at", Kind.INSTANT, "When it was brought back", required=True, checks=(NOT_FUTURE,)),
        Column(
            "units",
            Kind.UNITS,
            "How many came back",
            required=True,
            unit="units",
            checks=(POSITIVE,),
        ),
        Column(
            "refunded",
            Kind.MONEY,
            "What the customer was given back; where not known, the share of what the line cost",
            unit="currency units",
            checks=(NOT_NEGATIVE,),
        ),
        Column(
            "line_key",
            Kind.ID,
            "Names the line: its number, or its SKU and a count",
            required=True,
            otherwise=(Otherwise(f"coalesce(CAST(line AS VARCHAR), sku || '#' || {_NTH_RETURNED})"),),
        ),
    ),
    key=("party", "order_id", "receipt_id", "line_key", "sku", "returned_at"),
    capability="purchases less returns",
    checks=(Check("(order_id IS NULL) <> (receipt_id IS NULL)", "not one of order_id and receipt_id"),),
)
