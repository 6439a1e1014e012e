"""SKUs without history."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import (
    HIGH_CENTS,
    HIGH_UNITS,
    LOW_CENTS,
    LOW_UNITS,
    NAME,
    SKU,
    optional,
)

NEWCOMERS = Table(
    "newcomers",
    "New SKUs",
    "a SKU without history",
    (
        SKU,
        NAME,
        Column("attributes", Kind.TEXT, "Known by", "The attributes that the forecast rests on"),
        Column("rate_of_sale_units", Kind.UNITS, "Rate of sale", "Expected units a store a week"),
        LOW_UNITS,
        HIGH_UNITS,
        optional("takes_from_1", Kind.ID, "Takes from (1)", "The SKU that it cannibalises most"),
        optional("takes_from_1_percent", Kind.PERCENT, "(1)", "Of its sales, what comes from there"),
        optional("takes_from_2", Kind.ID, "Takes from (2)", "The second"),
        optional("takes_from_2_percent", Kind.PERCENT, "(2)", "Of its sales, what comes from there"),
        optional("takes_from_3", Kind.ID, "Takes from (3)", "The third"),
        optional("takes_from_3_percent", Kind.PERCENT, "(3)", "Of its sales, what comes from there"),
        Column("net_profit_cents", Kind.CENTS, "Net profit", "After what others lose"),
        LOW_CENTS,
        HIGH_CENTS,
        optional("test_stores", Kind.COUNT, "Test stores", "So many, with as many to compare"),
        optional("test_weeks", Kind.COUNT, "Weeks", "How long"),
        Column("plan", Kind.SENTENCE, "Plan", "What to do next"),
    ),
    ("sku",),
)
