"""Columns and checks that several input tables have."""

from features.contracts.table import NOT_NEGATIVE, Check, Column, Kind, Otherwise

OWN_PARTY = "own"
OWN = Column(
    "party", Kind.ID, "The seller whose rows these are", required=True, otherwise=(Otherwise(f"'{OWN_PARTY}'"),)
)
SOLD = Column("sku", Kind.ID, "What was sold", required=True)
SKU = Column("sku", Kind.ID, "The SKU", required=True)
STORE = Column("store_id", Kind.ID, "The store", required=True)
ANY_STORE = Column("store_id", Kind.ID, "The store; null for every store")
ANY_CHANNEL = Column(
    "channel",
    Kind.TEXT,
    "web or store; null for both",
    checks=(Check("{value} IN ('web', 'store')", "neither web nor store"),),
)
UNITS = Column(
    "units",
    Kind.UNITS,
    "How many were sold; 0 is legal (a coupon, a corrected line)",
    required=True,
    unit="units",
    checks=(NOT_NEGATIVE,),
    otherwise=(Otherwise("1.0"),),
)
FROM = Column("from", Kind.INSTANT, "First instant", required=True)
TO = Column("to", Kind.INSTANT, "First instant after it", required=True)
OPEN_TO = Column("to", Kind.INSTANT, "First instant after it; null until further notice")
TO_AFTER_FROM = Check('"to" > "from"', "to is not after from")


def price(name: str, meaning: str, *, required: bool = False) -> Column:
    """An amount of money for one unit."""
    unit = "currency units per unit"
    return Column(name, Kind.MONEY, meaning, required=required, unit=unit, checks=(NOT_NEGATIVE,))
