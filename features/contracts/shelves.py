"""What stands in which store: stock at instants, listings over intervals."""

from features.contracts.shared_columns import FROM, OPEN_TO, OWN, SKU, STORE, TO_AFTER_FROM
from features.contracts.table import NOT_FUTURE, NOT_NEGATIVE, Column, Kind, Otherwise, Table

STOCK = Table(
    name="stock",
    row="units of a SKU on hand in a store at an instant",
    columns=(
        OWN,
        STORE,
        SKU,
        Column(
            "as_of",
            Kind.INSTANT,
            "When it was counted; it holds until the next count",
            required=True,
            checks=(NOT_FUTURE,),
        ),
        Column("units", Kind.UNITS, "Units on hand", required=True, unit="units", checks=(NOT_NEGATIVE,)),
    ),
    key=("party", "store_id", "sku", "as_of"),
    capability="what is on hand in a store",
)

LISTINGS = Table(
    name="listings",
    row="a SKU carried by a store over an interval",
    columns=(
        OWN,
        STORE,
        SKU,
        FROM,
        OPEN_TO,
        Column("facings", Kind.WHOLE, "Fronts that are visible on the shelf", checks=(NOT_NEGATIVE,)),
        Column(
            "must_carry",
            Kind.BOOLEAN,
            "Whether the store has to carry it",
            required=True,
            otherwise=(Otherwise("false"),),
        ),
    ),
    key=("party", "store_id", "sku", "from"),
    capability="what each store carries",
    checks=(TO_AFTER_FROM,),
    apart=("party", "store_id", "sku"),
)
