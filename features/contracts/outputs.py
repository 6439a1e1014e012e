"""The tables of the warehouse: what every later stage reads. All four are always there."""

from features.contracts.inputs import PROMOTIONS as PROMOTIONS_INPUT
from features.contracts.inputs import SKUS as SKUS_INPUT
from features.contracts.inputs import STORES as STORES_INPUT
from features.contracts.table import NOT_NEGATIVE, Check, Column, Kind, Table

_LEVEL = "null where the SKU has no category path"

PURCHASES = Table(
    name="purchases",
    row="one purchased line, online or in a store; sorted by bought_at, basket_id, line",
    columns=(
        Column("customer_id", Kind.ID, "Who bought; null for an anonymous line"),
        Column("basket_id", Kind.ID, "`web:` or `store:` and the order's or receipt's own id", required=True),
        Column("line", Kind.WHOLE, "Number of the line in its basket", required=True),
        Column(
            "channel",
            Kind.TEXT,
            "web or store",
            required=True,
            checks=(Check("{value} IN ('web', 'store')", "neither web nor store"),),
        ),
        Column("store_id", Kind.ID, "The store that sold it or handed it over"),
        Column("sku", Kind.ID, "What was bought", required=True),
        Column("bought_at", Kind.INSTANT, "When", required=True),
        Column("units", Kind.UNITS, "How many", required=True, unit="units", checks=(NOT_NEGATIVE,)),
        Column("paid", Kind.MONEY, "For the whole line; null where not known", unit="currency units"),
        Column("list_price", Kind.MONEY, "One unit before discounts", unit="currency units per unit"),
        Column("promotion_id", Kind.ID, "The promotion that it was sold under"),
        Column("party", Kind.ID, "The seller", required=True),
    ),
    key=("basket_id", "line"),
)

SKUS = Table(
    name="skus",
    row="one SKU that was described or bought",
    columns=(
        Column("sku", Kind.ID, "The SKU", required=True),
        Column("name", Kind.TEXT, "What a shopper reads; the SKU itself where it has no name", required=True),
        *(column for column in SKUS_INPUT.columns if column.name in {"product", "brand", "category_path"}),
        Column("department", Kind.TEXT, f"First level of the category path; {_LEVEL}"),
        Column("category", Kind.TEXT, f"Second level, or the only one; {_LEVEL}"),
        Column("subcategory", Kind.TEXT, f"Last level; {_LEVEL}"),
    ),
    key=("sku",),
)

STORES = Table(
    name="stores",
    row="one outlet that was described or sold something",
    columns=tuple(column for column in STORES_INPUT.columns if column.name != "party"),
    key=("store_id",),
)

PROMOTIONS = PROMOTIONS_INPUT

OUTPUTS: tuple[Table, ...] = (PURCHASES, SKUS, STORES, PROMOTIONS)
