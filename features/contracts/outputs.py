"""The tables of the warehouse: what every later stage reads. All four are always there."""

from features.contracts import columns
from features.contracts.inputs import PROMOTIONS as PROMOTIONS_INPUT
from features.contracts.inputs import SKUS as SKUS_INPUT
from features.contracts.inputs import STORES as STORES_INPUT
from features.contracts.table import NOT_NEGATIVE, Check, Column, Kind, Table

_AS_BROUGHT = {columns.PRODUCT, columns.BRAND, columns.CATEGORY_PATH}
_LEVEL = "null where the SKU has no category path"

PURCHASES = Table(
    name="purchases",
    row="one purchased line, online or in a store; sorted by bought_at, basket_id, line",
    columns=(
        Column(columns.CUSTOMER_ID, Kind.ID, "Who bought; null for an anonymous line"),
        Column(columns.BASKET_ID, Kind.ID, "`web:` or `store:` and the order's or receipt's own id", required=True),
        Column(columns.LINE, Kind.WHOLE, "Number of the line in its basket", required=True),
        Column(
            columns.CHANNEL,
            Kind.TEXT,
            "web or store",
            required=True,
            checks=(Check(f"{{value}} IN ('{columns.WEB}', '{columns.STORE}')", "neither web nor store"),),
        ),
        Column(columns.STORE_ID, Kind.ID, "The store that sold it or handed it over"),
        Column(columns.SKU, Kind.ID, "What was bought", required=True),
        Column(columns.BOUGHT_AT, Kind.INSTANT, "When", required=True),
        Column(columns.UNITS, Kind.UNITS, "How many", required=True, unit="units", checks=(NOT_NEGATIVE,)),
        Column(columns.PAID, Kind.MONEY, "For the whole line; null where not known", unit="currency units"),
        Column(columns.LIST_PRICE, Kind.MONEY, "One unit before discounts", unit="currency units per unit"),
        Column(columns.PROMOTION_ID, Kind.ID, "The promotion that it was sold under"),
        Column(columns.PARTY, Kind.ID, "The seller", required=True),
    ),
    key=(columns.BASKET_ID, columns.LINE),
)

SKUS = Table(
    name="skus",
    row="one SKU that was described or bought",
    columns=(
        Column(columns.SKU, Kind.ID, "The SKU", required=True),
        Column(columns.NAME, Kind.TEXT, "What a shopper reads; the SKU itself where it has no name", required=True),
        *(column for column in SKUS_INPUT.columns if column.name in _AS_BROUGHT),
        Column(columns.DEPARTMENT, Kind.TEXT, f"First level of the category path; {_LEVEL}"),
        Column(columns.CATEGORY, Kind.TEXT, f"Second level, or the only one; {_LEVEL}"),
        Column(columns.SUBCATEGORY, Kind.TEXT, f"Last level; {_LEVEL}"),
    ),
    key=(columns.SKU,),
)

STORES = Table(
    name="stores",
    row="one outlet that was described or sold something",
    columns=tuple(column for column in STORES_INPUT.columns if column.name != columns.PARTY),
    key=(columns.STORE_ID,),
)

PROMOTIONS = PROMOTIONS_INPUT

OUTPUTS: tuple[Table, ...] = (PURCHASES, SKUS, STORES, PROMOTIONS)
