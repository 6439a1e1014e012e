"""The first screen: what the proposal brings, how sure it is, and what the buyer's overrides cost."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.decisions import DECISIONS
from training.assortments.report.screens.shared_columns import CLUSTER, NAME, NOTE, SKU, optional

MONEY_MEASURES = {
    "sales": "Sales",
    "profit": "Profit",
    "listing_costs": "Listing costs",
    "working_capital": "Working capital",
}
"""`profit` is what all decisions earn together; costs of listing a SKU in the chain stand apart."""

OTHER_MEASURES = {
    "units": "Units",
    "gmroi": "GMROI",
    "skus": "SKUs in the chain",
    "listings": "SKU × cluster listings",
    "space": "Shelf used, cm",
}

SUMMARY_MONEY = Table(
    "summary_money",
    "Money",
    "one amount, now and as proposed",
    (
        Column("measure", Kind.CHOICE, "Measure", "What is measured", choices=tuple(MONEY_MEASURES)),
        Column("now_cents", Kind.CENTS, "Now", "As listed now"),
        Column("proposed_cents", Kind.CENTS, "Proposed", "As proposed"),
        optional("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval of the proposal"),
        optional("high_cents", Kind.CENTS, "High", "High end of that interval"),
        optional("change_low_cents", Kind.CENTS, "Change, low", "Low end of the 80 % interval of proposed − now"),
        optional("change_high_cents", Kind.CENTS, "Change, high", "High end of that interval"),
    ),
    ("measure",),
    required=True,
)
SUMMARY_MEASURES = Table(
    "summary_measures",
    "Units, shelf and return",
    "one measure that is no amount of money, now and as proposed",
    (
        Column("measure", Kind.CHOICE, "Measure", "What is measured", choices=tuple(OTHER_MEASURES)),
        Column("now", Kind.NUMBER, "Now", "As listed now"),
        Column("proposed", Kind.NUMBER, "Proposed", "As proposed"),
        optional("low", Kind.NUMBER, "Low", "Low end of the 80 % interval of the proposal"),
        optional("high", Kind.NUMBER, "High", "High end of that interval"),
    ),
    ("measure",),
    required=True,
)
OVERRIDES = Table(
    "overrides",
    "What your overrides cost",
    "one thing that the buyer asked for in the workbook, and what it costs against the best plan without it",
    (
        CLUSTER,
        SKU,
        NAME,
        Column("asked", Kind.CHOICE, "Asked", "What the buyer wrote", choices=("keep", "add", "delist")),
        Column("instead_of", Kind.CHOICE, "Instead of", "What was proposed without it", choices=DECISIONS),
        Column("cost_cents", Kind.CENTS, "Costs", "Profit of the best plan without this override − with it"),
        optional("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval of the cost"),
        optional("high_cents", Kind.CENTS, "High", "High end of that interval"),
        NOTE,
    ),
    ("cluster", "sku"),
)
