"""An event: uplift, what it only moves in time or between channels, and stock for it."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import CLUSTER, HIGH_UNITS, LOW_UNITS, NAME, SKU

FESTIVAL_UPLIFTS = Table(
    "festival_uplifts",
    "Uplift",
    "an event in a channel, at a depth of price cut",
    (
        Column("event", Kind.TEXT, "Event", "The event"),
        Column("channel", Kind.TEXT, "Channel", "Stores or web"),
        Column("depth_percent", Kind.PERCENT, "Price cut", "Off the usual price"),
        Column("uplift", Kind.NUMBER, "Uplift ×", "Sales of an event day as a multiple of a usual day"),
        Column("low", Kind.NUMBER, "Low", "Low end of the 80 % interval"),
        Column("high", Kind.NUMBER, "High", "High end of that interval"),
        Column("events_seen", Kind.COUNT, "Past events", "How many past events it is learned from"),
    ),
    ("event", "channel", "depth_percent"),
)
FESTIVAL_FLOWS = Table(
    "festival_flows",
    "What stays after the dip",
    "an event in a channel",
    (
        Column("event", Kind.TEXT, "Event", "The event"),
        Column("channel", Kind.TEXT, "Channel", "Stores or web"),
        Column("gross_units", Kind.UNITS, "Gross units", "Sold above usual on the days of the event"),
        Column("pulled_forward_units", Kind.UNITS, "Pulled forward", "Missing before and after it"),
        Column("transferred_units", Kind.UNITS, "From other channels", "That the other channel lost"),
        Column("net_units", Kind.UNITS, "Net units", "What is left: gross − pulled forward − transferred"),
        LOW_UNITS,
        HIGH_UNITS,
        Column("net_profit_cents", Kind.CENTS, "Net profit", "At event prices"),
    ),
    ("event", "channel"),
)
FESTIVAL_STOCK = Table(
    "festival_stock",
    "Stock for the event",
    "a SKU in a cluster",
    (
        Column("event", Kind.TEXT, "Event", "The event"),
        CLUSTER,
        SKU,
        NAME,
        Column("expected_units", Kind.UNITS, "Expected", "Demand of a store over the event"),
        LOW_UNITS,
        HIGH_UNITS,
        Column("stock_units", Kind.UNITS, "Stock", "Units a store at the newsvendor quantile"),
        Column("quantile_percent", Kind.PERCENT, "Quantile", "Margin lost against cost of what is left over"),
        Column("stock_out_percent", Kind.PERCENT, "Runs out", "Chance that a store runs out"),
    ),
    ("event", "cluster", "sku"),
)
