"""Whom we buy from, and on what terms."""

from features.contracts.shared_columns import OWN, SKU, price
from features.contracts.table import NOT_NEGATIVE, POSITIVE, Column, Kind, Otherwise, Table

_SUPPLIER = Column("supplier", Kind.ID, "The supplier", required=True)
_BUYING_GROUP = Column("buying_group", Kind.ID, "The buying group that may order so; null for everybody")
_FIXED_COST = Column(
    "fixed_cost", Kind.MONEY, "Cost of an order, whatever it holds", unit="currency units", checks=(NOT_NEGATIVE,)
)
_LEAD_DAYS = Column("lead_days", Kind.NUMBER, "From order to delivery", unit="days", checks=(NOT_NEGATIVE,))
_CAPACITY = Column(
    "capacity",
    Kind.UNITS,
    "The most that is delivered in an order; null for no limit",
    unit="units",
    checks=(NOT_NEGATIVE,),
)
_LEAST = Column(
    "min_order_units", Kind.UNITS, "The least that is delivered in an order", unit="units", checks=(NOT_NEGATIVE,)
)

SUPPLIERS = Table(
    name="suppliers",
    row="one supplier, and what holds for its orders as a whole",
    columns=(
        OWN,
        _SUPPLIER,
        Column("name", Kind.TEXT, "What a buyer reads"),
        _BUYING_GROUP,
        _LEAST,
        _FIXED_COST,
        _LEAD_DAYS,
        _CAPACITY,
    ),
    key=("party", "supplier", "buying_group"),
    capability="orders by supplier",
)

SUPPLIER_TERMS = Table(
    name="supplier_terms",
    row="an offer of a supplier: one SKU at one cost, from a number of units up (a tier)",
    columns=(
        OWN,
        _SUPPLIER,
        SKU,
        _BUYING_GROUP,
        Column(
            "tier_units",
            Kind.UNITS,
            "The cost holds for orders of at least so many units of the SKU",
            required=True,
            unit="units",
            checks=(NOT_NEGATIVE,),
            otherwise=(Otherwise("0.0"),),
        ),
        price("unit_cost", "What one unit costs", required=True),
        _LEAST,
        Column("pack_units", Kind.UNITS, "Orders are multiples of so many units", unit="units", checks=(POSITIVE,)),
        _FIXED_COST,
        _LEAD_DAYS,
        _CAPACITY,
    ),
    key=("party", "supplier", "sku", "buying_group", "tier_units"),
    capability="costs, tiers, minimum orders",
)
