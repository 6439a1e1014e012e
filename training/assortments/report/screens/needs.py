"""Need states: which SKUs stand in for each other, and where the demand of a missing one goes."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import NAME, SKU, optional

NEEDS = Table(
    "needs",
    "Need states",
    "a need state, or a group of them: a node of the tree",
    (
        Column("need_state", Kind.ID, "Need state", "The node"),
        NAME,
        optional("parent", Kind.ID, "Part of", "The node above; null at the top"),
        Column("distance", Kind.NUMBER, "Distance", "Of its parts: 0 stand in for each other, 1 never"),
        Column("skus_now", Kind.COUNT, "SKUs now", "SKUs of it that any cluster carries"),
        Column("skus_proposed", Kind.COUNT, "SKUs proposed", "SKUs of it that any cluster is to carry"),
        Column("demand_percent", Kind.PERCENT, "Demand", "Its share of the demand of the category"),
        optional("sales_cents", Kind.CENTS, "Sales", "Its sales as listed now"),
        Column("walk_percent", Kind.PERCENT, "Walks", "Of its demand, what is lost where its SKUs are missing"),
        optional("duplication_percent", Kind.PERCENT, "Duplication", "Of its demand, what others of it would take"),
        optional("gap", Kind.SENTENCE, "Gap", "What is missing in it; null where nothing is"),
    ),
    ("need_state",),
)
WALKS = "(walks)"
"""Stands for the destination of demand that leaves the category in `transfers.to_sku`."""
TRANSFERS = Table(
    "transfers",
    "Where demand goes",
    "a SKU that is missing and where its demand goes; all rows of a SKU make 100 %",
    (
        SKU,
        Column("to_sku", Kind.ID, "Goes to", f"The SKU that takes it, or {WALKS}"),
        Column("transfer_percent", Kind.PERCENT, "Share", "The share of its demand"),
    ),
    ("sku", "to_sku"),
)
