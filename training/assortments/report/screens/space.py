"""The shelf: facings, days of supply, and profit against the number of SKUs."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import CLUSTER, NAME, SKU, optional

SPACE = Table(
    "space",
    "Shelves",
    "the shelf of a store of a cluster",
    (
        CLUSTER,
        Column("space_cm", Kind.CM, "Shelf, cm", "Width of all shelves of a store"),
        Column("used_now_cm", Kind.CM, "Used now, cm", "What facings take now"),
        Column("used_cm", Kind.CM, "Used, cm", "What the proposed facings take"),
        optional("metre_worth_cents", Kind.CENTS, "One metre more", "What one metre more in each store would be worth"),
    ),
    ("cluster",),
)
FACINGS = Table(
    "facings",
    "Facings",
    "a SKU on the shelf of a cluster",
    (
        CLUSTER,
        SKU,
        NAME,
        Column("facings_now", Kind.COUNT, "Facings now", "Visible fronts now"),
        Column("facings", Kind.COUNT, "Facings", "Visible fronts proposed"),
        Column("width_cm", Kind.CM, "Width, cm", "Of one facing"),
        Column("capacity_units", Kind.UNITS, "Holds", "Units that the proposed facings hold"),
        Column("days_of_supply", Kind.DAYS, "Days of supply", "How long they last at the expected rate of sale"),
        optional("asked_days", Kind.DAYS, "Asked", "How long they have to last at the high end of demand"),
        optional("pack_units", Kind.UNITS, "Pack", "Units in a case of the supplier"),
        optional(
            "packs_on_shelf", Kind.NUMBER, "Packs on shelf", "Cases that the facings hold; below 1 a case does not fit"
        ),
    ),
    ("cluster", "sku"),
)
SKU_CURVE = Table(
    "sku_curve",
    "Profit against the number of SKUs",
    "a number of SKUs in a cluster",
    (
        CLUSTER,
        Column("skus", Kind.COUNT, "SKUs", "So many SKUs"),
        Column("profit_cents", Kind.CENTS, "Profit", "Profit of the best list with so many"),
        optional("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval"),
        optional("high_cents", Kind.CENTS, "High", "High end of that interval"),
    ),
    ("cluster", "skus"),
)
