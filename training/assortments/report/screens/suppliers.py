"""Suppliers: the tier reached, what is missing to the next, who saves what, what to order."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import NAME, NOTE, SKU, optional

TURNS = Table(
    "turns",
    "Lists and orders in turn",
    "lists, the order that they need, and what both earn together",
    (
        Column("turn", Kind.ID, "Turn", "Lists are planned at the unit costs that the order before reached"),
        Column("listings", Kind.COUNT, "Listings", "SKU × cluster"),
        Column("margin_cents", Kind.CENTS, "Sales less known costs", "What is sold, before the order is paid"),
        Column("order_cents", Kind.CENTS, "Order", "The whole order: packs, minimums, fixed costs"),
        Column("left_over_units", Kind.UNITS, "Beyond demand", "Units ordered that the weeks planned do not sell"),
        Column("left_over_cents", Kind.CENTS, "Worth of these", "What they are still worth afterwards"),
        Column("profit_cents", Kind.CENTS, "Profit", "Sales less order, with what is left over"),
        Column("bound_cents", Kind.CENTS, "No more than", "Proven: no lists with any order earn more"),
        NOTE,
    ),
    ("turn",),
)
SUPPLIERS = Table(
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
        optional("next_saving_cents", Kind.CENTS, "Would save", "What it would save if the ask beside it were granted"),
        optional("minimum_short_units", Kind.UNITS, "Beyond demand", "Units ordered for minimums, packs and tiers"),
        optional("alone_cents", Kind.CENTS, "Cost alone", "What it costs where each party buys alone"),
        optional("pooled_cents", Kind.CENTS, "Cost pooled", "What it costs where they buy together"),
        Column("ask", Kind.SENTENCE, "What to ask for", "The next thing to negotiate"),
    ),
    ("supplier",),
)
PARTIES = Table(
    "parties",
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
