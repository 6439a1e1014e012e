"""The tables of the warehouse: what every later stage reads. All are always there, those not brought without rows."""

from features.contracts import columns
from features.contracts.inputs import INPUTS, PROMOTIONS, PURCHASE_INPUTS
from features.contracts.inputs import RETURNS as RETURNS_INPUT
from features.contracts.inputs import SKUS as SKUS_INPUT
from features.contracts.inputs import STORES as STORES_INPUT
from features.contracts.table import NOT_NEGATIVE, POSITIVE, Check, Column, Kind, Table

_CATEGORISED = (columns.PRODUCT, columns.BRAND, columns.CATEGORY_PATH)
_MADE = {columns.PARTY, columns.SKU, columns.NAME}
SKUS_AS_BROUGHT = tuple(name for name in SKUS_INPUT.names if name not in _MADE)
"""Columns of a SKU that are what the description says."""
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
        *(SKUS_INPUT.column(name) for name in _CATEGORISED),
        Column(columns.DEPARTMENT, Kind.TEXT, f"First level of the category path; {_LEVEL}"),
        Column(columns.CATEGORY, Kind.TEXT, f"Second level, or the only one; {_LEVEL}"),
        Column(columns.SUBCATEGORY, Kind.TEXT, f"Last level; {_LEVEL}"),
        *(SKUS_INPUT.column(name) for name in SKUS_AS_BROUGHT if name not in _CATEGORISED),
    ),
    key=(columns.SKU,),
)

STORES = Table(
    name="stores",
    row="one outlet that was described or sold something",
    columns=tuple(column for column in STORES_INPUT.columns if column.name != columns.PARTY),
    key=(columns.STORE_ID,),
)

RETURNS = Table(
    name="returns",
    row="what came back of a purchased line at an instant; sorted by returned_at, basket_id, line",
    columns=(
        *(PURCHASES.column(name) for name in (columns.CUSTOMER_ID, columns.BASKET_ID, columns.LINE)),
        *(PURCHASES.column(name) for name in (columns.CHANNEL, columns.STORE_ID, columns.SKU, columns.BOUGHT_AT)),
        Column("returned_at", Kind.INSTANT, "When it came back; features know of it only after", required=True),
        Column(columns.UNITS, Kind.UNITS, "How many came back", required=True, unit="units", checks=(POSITIVE,)),
        Column(columns.PAID, Kind.MONEY, "What was given back; null where not known", unit="currency units"),
        PURCHASES.column(columns.PARTY),
    ),
    key=(columns.BASKET_ID, columns.LINE, "returned_at"),
)

AS_BROUGHT: tuple[Table, ...] = tuple(
    table for table in INPUTS if table not in (*PURCHASE_INPUTS, RETURNS_INPUT, SKUS_INPUT, STORES_INPUT)
)
"""Tables that are passed on as they were merged."""

OUTPUTS: tuple[Table, ...] = (PURCHASES, RETURNS, SKUS, STORES, *AS_BROUGHT)

__all__ = ["AS_BROUGHT", "OUTPUTS", "PROMOTIONS", "PURCHASES", "RETURNS", "SKUS", "SKUS_AS_BROUGHT", "STORES"]
