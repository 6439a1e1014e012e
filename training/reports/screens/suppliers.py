"""Suppliers: the tier reached, what is missing to the next, who saves what, what to order."""

from training.reports.columns import Column, Kind, Table
from training.reports.screens.shared_columns import NAME, SKU, optional

SUPPLIERS = Table(
    "suppliers",
    "suppliers",
    "Suppliers",
    "a supplier",
    (
        Column("supplier", Kind.ID, "Supplier", "The supplier"),
        NAME,
        Column("skus", Kind.COUNT, "SKUs", "SKUs bought from it as proposed"),
        Column("spend_cents", Kind.CENTS, "Spend", "What is bought from it, by all parties, at list cost"),
        Column("tier", Kind.COUNT, "Tier", "The tier reached; 0 is the first"),
        Column("discount_percent", Kind.PERCENT, "Discount", "At that tier"),
        optional("next_tier_cents", Kind.CENTS, "To the next tier", "What is missing to it; null at the last"),
        optional("next_saving_cents", Kind.CENTS, "Would save", "What the next tier would save on this spend"),
        optional("minimum_short_units", Kind.UNITS, "Short of minimum", "Units short of minimum orders, all its SKUs"),
        optional("alone_cents", Kind.CENTS, "Cost alone", "What it costs where each party buys alone"),
        optional("pooled_cents", Kind.CENTS, "Cost pooled", "What it costs where they buy together"),
        Column("ask", Kind.SENTENCE, "What to ask for", "The next thing to negotiate"),
    ),
    ("supplier",),
)
PARTIES = Table(
    "parties",
    "suppliers",
    "Who saves what",
    "a party that buys",
    (
        Column("party", Kind.ID, "Party", "The party"),
        Column("alone_cents", Kind.CENTS, "Alone", "What it would pay alone"),
        Column("pooled_cents", Kind.CENTS, "Pooled", "What it pays after the split"),
        Column("saving_cents", Kind.CENTS, "Saves", "Its share of the saving (Shapley value)"),
    ),
    ("party",),
)
ORDERS = Table(
    "orders",
    "suppliers",
    "Orders",
    "a SKU that a party buys from a supplier",
    (
        Column("party", Kind.ID, "Party", "Who buys"),
        Column("supplier", Kind.ID, "Supplier", "From whom"),
        SKU,
        NAME,
        Column("units", Kind.UNITS, "Units", "Units ordered over the horizon"),
        Column("cost_cents", Kind.CENTS, "Cost", "What they cost at the tier reached"),
        optional("pack_units", Kind.UNITS, "Pack", "Units in a case"),
        optional("minimum_units", Kind.UNITS, "Minimum", "The least that is delivered"),
        optional("short_units", Kind.UNITS, "Short", "Demand that is missing to the minimum"),
    ),
    ("party", "supplier", "sku"),
)
